import path from 'node:path';
import type { AnalyticsConnection } from '#libs/analytics';
import { createLogger } from '#libs/common';
import type { Config } from '#libs/config';
import { type DatabaseConnection, embeddedConnection } from '#libs/database';
import { EmbeddedPostgres, MailCatcher } from '#libs/engines';
import { analyticsConnection, databaseConnection } from '#libs/product';
import type { Progress } from './progress.js';

const logger = createLogger('engines');

/** The engines of one installation: those that the configuration names, and embedded ones for the rest. */
export interface Engines {
  readonly database: DatabaseConnection;
  readonly analytics: AnalyticsConnection;
  readonly mail?: { readonly smtpUrl: string; readonly webUrl: string };
  /** What is embedded, in words. */
  readonly embedded: readonly string[];
  stop(): Promise<void>;
}

/** Starts whatever is not configured to be a server. `onFailure` is called when an engine cannot be kept alive. */
export async function startEngines(
  config: Config,
  progress: Progress,
  onFailure: (error: Error) => void,
): Promise<Engines> {
  const stops: (() => Promise<void>)[] = [];
  const embedded: string[] = [];
  const stop = async () => {
    for (const one of stops.reverse()) await one();
  };
  try {
    const database = await startDatabase(config, progress, { stops, embedded, onFailure });
    const analytics = analyticsConnection(config, { embedded: true });
    if (analytics.kind === 'embedded') embedded.push('chDB');
    const mail = await startMail(config, progress, { stops, embedded });
    return { database, analytics, mail, embedded, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Started {
  readonly stops: (() => Promise<void>)[];
  readonly embedded: string[];
}

async function startDatabase(
  config: Config,
  progress: Progress,
  { stops, embedded, onFailure }: Started & { onFailure: (error: Error) => void },
): Promise<DatabaseConnection> {
  if (config.database.url !== undefined) return databaseConnection(config);
  const engine = new EmbeddedPostgres({
    dataDir: config.data.directory,
    heartbeatTimeoutMs: config.database.heartbeatTimeout * 1000,
  });
  engine.on('restarted', ({ reason, downMs }) =>
    logger.warn({ reason, downMs }, 'the embedded database was restarted'),
  );
  engine.on('failed', onFailure);
  const address = await progress.step('Starting PostgreSQL with Apache AGE (embedded)', () => engine.start());
  stops.push(() => engine.stop());
  embedded.push('PostgreSQL with Apache AGE');
  return embeddedConnection(address);
}

async function startMail(config: Config, progress: Progress, { stops, embedded }: Started): Promise<Engines['mail']> {
  const { smtpUrl, catcherSmtpPort, catcherWebPort, catcherKeep } = config.mail;
  if (smtpUrl !== undefined) return undefined;
  const catcher = new MailCatcher({ dataDir: path.resolve(config.data.directory), keep: catcherKeep });
  const address = await progress.step('Starting the mail catcher', () =>
    catcher.start({ smtpPort: catcherSmtpPort, webPort: catcherWebPort }),
  );
  stops.push(() => catcher.stop());
  embedded.push('mail catcher');
  return address;
}
