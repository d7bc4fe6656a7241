import type { INestApplication } from '@nestjs/common';
import { SwaggerModule } from '@nestjs/swagger';
import type { OpenApiDocument } from './build-document.js';

type Parameters = NonNullable<NonNullable<OpenApiDocument['components']>['parameters']>;
type Parameter = Parameters[string];

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** Serves Swagger UI at /docs and the document at /openapi.json; call it before the application listens. */
export function serveOpenApi(app: INestApplication, document: () => OpenApiDocument): void {
  SwaggerModule.setup('docs', app, document, {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Imbi API',
    patchDocumentOnRequest: (request, _response, built) => (isForPage(request) ? documentForForms(built) : built),
    swaggerOptions: {
      persistAuthorization: true,
      tryItOutEnabled: true,
      displayRequestDuration: true,
      filter: true,
      docExpansion: 'none',
    },
  });
}

/** The page has the document within a script below /docs; /openapi.json is answered as it was built. */
function isForPage(request: unknown): boolean {
  if (typeof request !== 'object' || request === null || !('url' in request)) return false;
  return typeof request.url === 'string' && request.url.startsWith('/docs/');
}

/**
 * The document as Swagger UI gets it. The page fills its forms with the examples and sends them: right for what is
 * required, but an `organization` or `sort` that nobody chose changes or fails the request. So the examples of optional
 * parameters move into their descriptions.
 */
function documentForForms(built: OpenApiDocument): OpenApiDocument {
  const document = structuredClone(built);
  const parameters = Object.values(document.components?.parameters ?? {});
  for (const item of Object.values(document.paths)) {
    for (const method of METHODS) parameters.push(...(item[method]?.parameters ?? []));
  }
  for (const parameter of parameters) tellExample(parameter);
  return document;
}

function tellExample(parameter: Parameter): void {
  if ('$ref' in parameter || parameter.required) return;
  const schema = parameter.schema && !('$ref' in parameter.schema) ? parameter.schema : undefined;
  const example = parameter.example ?? schema?.example;
  // An object is left alone: without its example the page would make one up.
  if (example === undefined || typeof example === 'object') return;
  delete parameter.example;
  delete schema?.example;
  parameter.description = `${parameter.description ?? ''} Example: \`${example}\`.`.trimStart();
}
