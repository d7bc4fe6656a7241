import { SwaggerModule } from '@nestjs/swagger';
import { disabledAnalytics } from '#libs/analytics';
import { loadConfig } from '#libs/config';
import { generateKey, KeyRing } from '#libs/crypto';
import { embeddedConnection } from '#libs/database';
import { buildOpenApiDocument, createHttpApp, type OpenApiDocument } from '#libs/http';
import metadata from './metadata.js';
import { API_INFO } from './openapi-info.js';
import { ProductModule } from './product.module.js';

/** Tells the document builder what the comments and types of the DTOs say; generated, because types are gone by now. */
export async function loadDtoMetadata(): Promise<void> {
  await SwaggerModule.loadPluginMetadata(metadata);
}

/** The OpenAPI document of the product, made without opening any engine. */
export async function emitOpenApi(): Promise<OpenApiDocument> {
  const config = loadConfig({});
  const module = ProductModule.forRoot({
    config,
    database: embeddedConnection({ host: '127.0.0.1', port: 1, database: 'none', user: 'none' }),
    analytics: disabledAnalytics(),
    keys: new KeyRing([generateKey()]),
    http: true,
    jobs: false,
  });
  const app = await createHttpApp(module, config, { preview: true });
  await loadDtoMetadata();
  return buildOpenApiDocument(app, API_INFO);
}
