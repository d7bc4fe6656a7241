import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { Analytics } from '#libs/analytics';
import { configureLogging, createLogger } from '#libs/common';
import { loadConfig } from '#libs/config';
import {
  analyticsConnection,
  databaseConnection,
  installationKeys,
  migrateAnalytics,
  ProductModule,
  prepareDatabase,
  startTracing,
} from '#libs/product';

const logger = createLogger('worker');
const config = loadConfig();
const pretty = config.log.format === 'pretty' || (config.log.format === 'auto' && process.stdout.isTTY === true);
configureLogging({ level: config.log.level, format: pretty ? 'pretty' : 'json' });

const database = databaseConnection(config);
await prepareDatabase(config, database);
const tracing = await startTracing(config);
const app = await NestFactory.createApplicationContext(
  ProductModule.forRoot({
    config,
    database,
    // Without ClickHouse a worker of a developer keeps the history itself; in production its rows wait in the outbox.
    analytics: analyticsConnection(config, { embedded: config.server.environment !== 'production' }),
    keys: installationKeys(config),
    http: false,
    jobs: true,
  }),
  { logger: false, abortOnError: false },
);
if (config.database.autoMigrate) await migrateAnalytics(app.get(Analytics, { strict: false }));
logger.info({}, 'working');

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    logger.info({ signal }, 'stopping');
    app
      .close()
      .then(() => tracing.stop())
      .catch((error: unknown) => {
        logger.error({ reason: String(error) }, 'the shutdown failed');
        process.exitCode = 1;
      });
  });
}
