// The whole product, which runs the janitor over what an earlier run left and tells what rows and objects there are. Once
// it is sent SIGUSR2 it kills itself at the step that IMBI_CHAOS_STEP names.
// Plain JavaScript over dist, because it is a process of its own.
import 'reflect-metadata';
import { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Global, Module } from '@nestjs/common';

const DIST = path.resolve(import.meta.dirname, '../../dist');
const SETTLE_SECONDS = 90;
const load = (file) => import(pathToFileURL(path.join(DIST, file)).href);
const { loadConfig } = await load('libs/config/src/index.js');
const { configureLogging } = await load('libs/common/src/index.js');
const { Graph } = await load('libs/graph/src/index.js');
const { OBJECT_STORAGE } = await load('libs/storage/src/index.js');
const { UPLOAD_PROBE, Upload, UploadJanitor } = await load('libs/uploads/src/index.js');
const product = await load('libs/product/src/index.js');
const { startEngines } = await load('apps/cli/src/start/embedded-engines.js');
const { Progress } = await load('apps/cli/src/start/progress.js');

const config = loadConfig();
configureLogging({ level: config.log.level, format: 'json' });

let isArmed = false;
process.on('SIGUSR2', () => {
  isArmed = true;
});
const probe = async (step) => {
  if (isArmed && step === process.env.IMBI_CHAOS_STEP) process.kill(process.pid, 'SIGKILL');
};
class ProbeModule {}
Module({ providers: [{ provide: UPLOAD_PROBE, useValue: probe }], exports: [UPLOAD_PROBE] })(ProbeModule);
Global()(ProbeModule);

const engines = await startEngines(config, new Progress(), (error) => {
  throw error;
});
const api = await product.startApi({
  config,
  keys: product.installationKeys(config),
  database: engines.database,
  analytics: engines.analytics,
  jobs: true,
  extraModules: [ProbeModule],
});
const get = (token) => api.app.get(token, { strict: false });

const listRows = async () => (await get(Graph).read.list(Upload, { limit: 1000 })).items;

async function listObjects() {
  const keys = [];
  let cursor;
  do {
    const page = await get(OBJECT_STORAGE).list('', { cursor });
    keys.push(...page.objects.map(({ key }) => key));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return keys;
}

/** By its own times what is older than an hour is old; here everything from before this moment is. */
async function runJanitor() {
  const janitor = get(UploadJanitor);
  await janitor.removeAbandoned(new Date());
  await janitor.removeOrphans(new Date());
  await janitor.removeHalves(new Date());
}

await runJanitor();
// Jobs that died with their worker run again when their locks have run out.
if (process.env.IMBI_CHAOS_SETTLE) {
  const end = Date.now() + SETTLE_SECONDS * 1000;
  while (Date.now() < end && (await listRows()).some((row) => row.thumbnail_status === 'pending')) {
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
const found = { uploads: await listRows(), objects: await listObjects() };

const file = path.join(config.data.directory, 'chaos-uploads.json');
writeFileSync(`${file}.new`, JSON.stringify({ url: api.url, pid: process.pid, ...found }));
renameSync(`${file}.new`, file);
process.once('SIGTERM', async () => {
  await api.stop();
  await engines.stop();
  process.exit(0);
});
