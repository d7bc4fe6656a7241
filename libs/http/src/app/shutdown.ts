import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createLogger } from '#libs/common';
import { HealthRegistry } from '../status/health.js';

const logger = createLogger('http');

/**
 * Stops the application in the order that loses nothing: readiness turns 503, the server stops accepting, running
 * requests finish (connections still open after `timeoutSeconds` are cut), and only then are the engines closed.
 * Nest's own `close()` would close the engines first, under the running requests.
 */
export async function shutdownGracefully(app: NestFastifyApplication, timeoutSeconds: number): Promise<void> {
  app.get(HealthRegistry).drain();
  const { server } = app.getHttpAdapter().getInstance();
  const cut = setTimeout(() => {
    logger.warn({ timeoutSeconds }, 'requests still running are cut off');
    server.closeAllConnections();
  }, timeoutSeconds * 1000);
  try {
    await app.getHttpAdapter().getInstance().close();
  } finally {
    clearTimeout(cut);
  }
  await app.close();
}
