import { cp, mkdir, mkdtemp, open, rename, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createPool, embeddedConnection, type Migration, migrate } from '#libs/database';
import { EmbeddedPostgres } from '#libs/engines';

const CACHE = path.resolve(import.meta.dirname, '../../.cache/test-engines');
const STALE_LOCK_MILLISECONDS = 60_000;

/** A copy of the migrated data directory, which is built once for each digest of the migrations and kept. */
export async function copyOfTemplate(digest: string, migrations: readonly Migration[]): Promise<string> {
  const template = path.join(CACHE, digest);
  if (!(await exists(template))) await underLock(`${template}.lock`, () => build(template, migrations));
  // The set-up of a later run removes what has not been used for a while.
  await utimes(template, new Date(), new Date());
  const dataDir = await mkdtemp(path.join(tmpdir(), 'imbi-test-'));
  await cp(path.join(template, 'postgres'), path.join(dataDir, 'postgres'), { recursive: true });
  return dataDir;
}

async function build(template: string, migrations: readonly Migration[]): Promise<void> {
  if (await exists(template)) return;
  const draft = `${template}.draft`;
  await rm(draft, { recursive: true, force: true });
  const engine = new EmbeddedPostgres({ dataDir: draft });
  const pool = createPool(embeddedConnection(await engine.start()));
  try {
    await migrate(pool, migrations);
    await pool.query('checkpoint');
  } finally {
    await pool.end();
    await engine.stop();
  }
  await rename(draft, template);
}

async function underLock(file: string, work: () => Promise<void>): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  while (!(await tryCreate(file))) {
    await delay(100);
    const held = await stat(file).catch(() => undefined);
    if (held && Date.now() - held.mtimeMs > STALE_LOCK_MILLISECONDS) await rm(file, { force: true });
  }
  try {
    await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function tryCreate(file: string): Promise<boolean> {
  try {
    await (await open(file, 'wx')).close();
    return true;
  } catch (error) {
    if (Object(error).code === 'EEXIST') return false;
    throw error;
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
