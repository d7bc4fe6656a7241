import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Analytics } from '#libs/analytics';
import { AuthSeeder, BootstrapAdmin, type BootstrappedAdmin, serveAccountPages } from '#libs/auth';
import { BlueprintSeeder } from '#libs/catalog';
import type { Config } from '#libs/config';
import { buildOpenApiDocument, createHttpApp, serveOpenApi, shutdownGracefully } from '#libs/http';
import { serveQueueBoard } from './admin/queue-board/serve-queue-board.js';
import { loadDtoMetadata } from './emit-openapi.js';
import { type HeldPort, holdFreePort } from './held-port.js';
import { installationSecret } from './installation-keys.js';
import { serveFiles } from './object-storage.js';
import { BaseDocument } from './openapi/base-document.js';
import { API_INFO } from './openapi-info.js';
import { migrateAnalytics, prepareDatabase } from './prepare.js';
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
  await prepareDatabase(options.config, options.database);
  const { server } = options.config;
  const held = server.port === 0 ? await holdFreePort(server.host) : undefined;
  // Links in mails and addresses of redirects name the port, and are made by parts that know the configuration alone.
  const config = held ? { ...options.config, server: { ...server, port: held.port } } : options.config;
  const tracing = await startTracing(config);
  const app = await createHttpApp(ProductModule.forRoot({ ...options, config, http: true }), config, {
    secret: installationSecret(options.keys),
  });
  try {
    const admin = await serve(app, config, held);
    const stop = async () => {
      await shutdownGracefully(app, config.server.shutdownTimeout);
      await tracing.stop();
    };
    return { app, url: addressOf(app), admin, stop };
  } catch (error) {
    // What it has opened would keep the process from ending.
    await app.close();
    await tracing.stop();
    throw error;
  } finally {
    await held?.release();
  }
}

async function serve(
  app: NestFastifyApplication,
  config: Config,
  held: HeldPort | undefined,
): Promise<BootstrappedAdmin | undefined> {
  await loadDtoMetadata();
  const document = app.get(BaseDocument, { strict: false });
  document.madeBy(() => buildOpenApiDocument(app, API_INFO));
  serveOpenApi(app, () => document.get());
  serveQueueBoard(app);
  serveAccountPages(app);
  serveFiles(app);
  if (config.database.autoMigrate) await migrateAnalytics(app.get(Analytics));
  await app.get(AuthSeeder, { strict: false }).seed();
  await app.get(BlueprintSeeder, { strict: false }).seed();
  // Nobody may meet a server that anybody could make themselves the administrator of.
  const admin = await app.get(BootstrapAdmin, { strict: false }).run();
  await held?.release();
  await app.listen({ host: config.server.host, port: config.server.port });
  return admin;
}

function addressOf(app: NestFastifyApplication): string {
  const bound: AddressInfo | string | null = app.getHttpServer().address();
  if (bound === null || typeof bound === 'string') throw new Error('the server listens on no port');
  const host = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
  return `http://${host === '0.0.0.0' || host === '[::]' ? '127.0.0.1' : host}:${bound.port}`;
}
