import type { INestApplication } from '@nestjs/common';
import { SwaggerModule } from '@nestjs/swagger';
import type { OpenApiDocument } from './build-document.js';

/** Serves Swagger UI at /docs and the document at /openapi.json; call it before the application listens. */
export function serveOpenApi(app: INestApplication, document: () => OpenApiDocument): void {
  SwaggerModule.setup('docs', app, document, {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Imbi API',
    swaggerOptions: {
      persistAuthorization: true,
      tryItOutEnabled: true,
      displayRequestDuration: true,
      filter: true,
      docExpansion: 'none',
    },
  });
}
