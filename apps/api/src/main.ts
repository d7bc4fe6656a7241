import 'reflect-metadata';
import { configureLogging, createLogger } from '#libs/common';
import { loadConfig } from '#libs/config';
import { analyticsConnection, databaseConnection, installationKeys, startApi } from '#libs/product';

const logger = createLogger('api');
const config = loadConfig();
const pretty = config.log.format === 'pretty' || (config.log.format === 'auto' && process.stdout.isTTY === true);
configureLogging({ level: config.log.level, format: pretty ? 'pretty' : 'json' });

const api = await startApi({
  config,
  database: databaseConnection(config),
  analytics: analyticsConnection(config, { embedded: false }),
  keys: installationKeys(config),
  jobs: false,
});
logger.info({ url: api.url }, 'listening');
if (api.admin?.generatedPassword !== undefined) {
  // The one secret that is ever written out: without it nobody could sign in to a new installation.
  process.stdout.write(`First administrator: ${api.admin.email} ${api.admin.generatedPassword}\n`);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    logger.info({ signal }, 'stopping');
    api.stop().catch((error: unknown) => {
      logger.error({ reason: String(error) }, 'the shutdown failed');
      process.exitCode = 1;
    });
  });
}
