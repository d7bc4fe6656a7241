import path from 'node:path';
import { configureLogging } from '#libs/common';
import { type Config, loadConfig } from '#libs/config';
import { installationKeys, migrateDatabase, type RunningApi, startApi } from '#libs/product';
import { UsageError } from '../report-failure.js';
import { type Engines, startEngines } from '../start/embedded-engines.js';
import { assertPortsFree } from '../start/free-port.js';
import { leaveLocalCredential } from '../start/local-credential.js';
import { panel } from '../start/panel.js';
import { Progress } from '../start/progress.js';
import { findRunningServer, removeServerFile, writeServerFile } from '../start/server-file.js';
import { untilSignal } from '../start/signals.js';

/**
 * The whole product in one process, with embedded engines for whatever is not configured. What is for people goes to
 * standard error, so that standard output is the log and nothing else.
 */
export async function start(): Promise<void> {
  const loaded = loadConfig();
  const config: Config = { ...loaded, data: { directory: path.resolve(loaded.data.directory) } };
  await refuseSecondStart(config);
  await assertPortsFree(config);
  const stopped = untilSignal();
  const progress = new Progress();
  const failure = Promise.withResolvers<never>();
  // It is awaited only once everything runs.
  failure.promise.catch(() => undefined);
  logFrom(config, 'error');
  const keys = installationKeys(config);
  logFrom(config, 'warn');
  const engines = await startEngines(config, progress, failure.reject);
  let api: RunningApi | undefined;
  try {
    api = await Promise.race([boot(config, engines, keys, progress), failure.promise]);
    logFrom(config, config.log.level);
    await Promise.race([stopped, failure.promise]);
  } finally {
    removeServerFile(config.data.directory);
    try {
      await api?.stop();
    } finally {
      await engines.stop();
    }
  }
  process.stderr.write('  stopped.\n');
}

async function boot(
  config: Config,
  engines: Engines,
  keys: ReturnType<typeof installationKeys>,
  progress: Progress,
): Promise<RunningApi> {
  const { directory } = config.data;
  const { database, analytics, embedded, mail } = engines;
  if (config.database.autoMigrate) {
    await progress.step(
      'Bringing the database up to date',
      () => migrateDatabase(database),
      ({ applied, already }) => (applied.length === 0 ? `${already} migrations there` : `${applied.length} migrations`),
    );
  }
  const api = await progress.step('Starting the API and the worker', () =>
    startApi({ config: withMail(config, mail?.smtpUrl), keys, database, analytics, jobs: true }),
  );
  const { url, admin } = api;
  const inboxUrl = mail?.webUrl;
  // Before anything that may still fail: the password is shown this once.
  process.stderr.write(panel({ url, inboxUrl, directory, embedded, admin }));
  writeServerFile(directory, { url, pid: process.pid, mailUrl: inboxUrl });
  await leaveLocalCredential(api.app, directory, url);
  return api;
}

// The catcher may have taken any free port.
function withMail(config: Config, smtpUrl: string | undefined): Config {
  return smtpUrl === undefined ? config : { ...config, mail: { ...config.mail, smtpUrl } };
}

async function refuseSecondStart({ data: { directory } }: Config): Promise<void> {
  const running = await findRunningServer(directory);
  if (!running) return;
  throw new UsageError(
    `Imbi already runs in ${directory}: ${running.url} (process ${running.pid}).\n` +
      'Stop it first, or set IMBI_DATA_DIR to another directory (and IMBI_PORT to another port).',
  );
}

// While it boots the progress says what there is to say; the log tells only of what goes wrong.
function logFrom(config: Config, level: Config['log']['level']): void {
  const order = ['debug', 'info', 'warn', 'error', 'silent'] as const;
  const least = order[Math.max(order.indexOf(level), order.indexOf(config.log.level))] ?? level;
  const pretty = config.log.format === 'pretty' || (config.log.format === 'auto' && process.stdout.isTTY === true);
  configureLogging({ level: least, format: pretty ? 'pretty' : 'json' });
}
