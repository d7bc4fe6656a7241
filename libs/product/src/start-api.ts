import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Analytics } from '#libs/analytics';
import { AuthSeeder, BootstrapAdmin, type BootstrappedAdmin, serveAccountPages } from '#libs/auth';
import {
  buildOpenApiDocument,
  createHttpApp,
  type OpenApiDocument,
  serveOpenApi,
  shutdownGracefully,
} from '#libs/http';
import { serveQueueBoard } from './admin/queue-board/serve-queue-board.js';
import { loadDtoMetadata } from './emit-openapi.js';
import { installationSecret } from './installation-keys.js';
import { API_INFO } from './openapi-info.js';
import { migrateAnalytics, migrateDatabase } from './prepare.js';
import { ProductModule, type ProductOptions } from './product.module.js';
import { startTracing } from './tracing/start-tracing.js';

export interface RunningApi {
  readonly app: NestFastifyApplication;
  /** Where it listens, such as `http://127.0.0.1:8300`. */
  readonly url: string;
  /** The first administrator, where this start made one. */
  readonly admin?: BootstrappedAdmin;
  stop(): Promise<void>;
}

/** Migrates, seeds and serves; with `jobs` the same process also runs the worker. */
export async function startApi(options: Omit<ProductOptions, 'http'>): Promise<RunningApi> {
  const { config, database, keys } = options;
  if (config.database.autoMigrate) await migrateDatabase(database);
  const tracing = await startTracing(config);
  const app = await createHttpApp(ProductModule.forRoot({ ...options, http: true }), config, {
    secret: installationSecret(keys),
  });
  await loadDtoMetadata();
  let document: OpenApiDocument | undefined;
  serveOpenApi(app, () => {
    document ??= buildOpenApiDocument(app, API_INFO);
    return document;
  });
  serveQueueBoard(app);
  serveAccountPages(app);
  if (config.database.autoMigrate) await migrateAnalytics(app.get(Analytics));
  await app.get(AuthSeeder, { strict: false }).seed();
  const admin = await app.get(BootstrapAdmin, { strict: false }).run();
  await app.listen({ host: config.server.host, port: config.server.port });
  const stop = async () => {
    await shutdownGracefully(app, config.server.shutdownTimeout);
    await tracing.stop();
  };
  return { app, url: addressOf(app), admin, stop };
}

function addressOf(app: NestFastifyApplication): string {
  const bound: AddressInfo | string | null = app.getHttpServer().address();
  if (bound === null || typeof bound === 'string') throw new Error('the server listens on no port');
  const host = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
  return `http://${host === '0.0.0.0' || host === '[::]' ? '127.0.0.1' : host}:${bound.port}`;
}
