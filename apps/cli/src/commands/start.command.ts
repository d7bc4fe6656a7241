import path from 'node:path';
import { configureLogging, createLogger } from '#libs/common';
import { type Config, loadConfig } from '#libs/config';
import { installationKeys, type RunningApi, startApi } from '#libs/product';
import { type Engines, startEngines } from '../start/embedded-engines.js';
import { leaveLocalCredential } from '../start/local-credential.js';
import { panel } from '../start/panel.js';
import { Progress } from '../start/progress.js';
import { removeServerFile, writeServerFile } from '../start/server-file.js';

const logger = createLogger('start');

/** The whole product in one process, with embedded engines for whatever is not configured. */
export async function start(): Promise<void> {
  const loaded = loadConfig();
  const config: Config = { ...loaded, data: { directory: path.resolve(loaded.data.directory) } };
  const pretty = config.log.format === 'pretty' || (config.log.format === 'auto' && process.stdout.isTTY === true);
  configureLogging({ level: config.log.level, format: pretty ? 'pretty' : 'json' });
  const stopped = untilSignal();
  const progress = new Progress();
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  const keys = installationKeys(config);
  const engines = await startEngines(config, progress, (error) => fail(error));
  let api: RunningApi | undefined;
  try {
    api = await progress.step('Starting the API and the worker', () => serve(config, engines, keys));
    const inboxUrl = engines.mail?.webUrl;
    writeServerFile(config.data.directory, { url: api.url, pid: process.pid, mailUrl: inboxUrl });
    await leaveLocalCredential(api.app, config.data.directory, api.url);
    const { url, admin } = api;
    process.stdout.write(panel({ url, inboxUrl, directory: config.data.directory, embedded: engines.embedded, admin }));
    const signal = await Promise.race([stopped, failed]);
    logger.info({ signal }, 'stopping');
  } finally {
    removeServerFile(config.data.directory);
    await api?.stop();
    await engines.stop();
  }
}

async function serve(config: Config, engines: Engines, keys: ReturnType<typeof installationKeys>): Promise<RunningApi> {
  try {
    return await startApi({ config, keys, database: engines.database, analytics: engines.analytics, jobs: true });
  } catch (error) {
    throw inPlainWords(error, config);
  }
}

function inPlainWords(error: unknown, config: Config): unknown {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'EADDRINUSE') return error;
  return new Error(`Port ${config.server.port} is in use. Stop what listens there, or set IMBI_PORT to another one.`);
}

function untilSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal));
  });
}
