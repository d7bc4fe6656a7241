import { cp, mkdir, mkdtemp, open, rename, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createPool, embeddedConnection, type Migration, migrate } from '#libs/database';
import { EmbeddedPostgres } from '#libs/engines';

const CACHE = path.resolve(import.meta.dirname, '../../.cache/test-engines');
const STALE_LOCK_MILLISECONDS = 60_000;
const RENEW_MILLISECONDS = 10_000;

export interface Template {
  readonly digest: string;
  readonly migrations: readonly Migration[];
  /** The digest of the template without any migration: making a database takes longer than migrating one. */
  readonly base: string;
}

/** A copy of the migrated data directory, which is built once for each digest of the migrations and kept. */
export async function copyOfTemplate(template: Template): Promise<string> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'imbi-test-'));
  await copyPostgres(await ensureTemplate(template), dataDir);
  return dataDir;
}

async function ensureTemplate(template: Template): Promise<string> {
  const directory = path.join(CACHE, template.digest);
  if (!(await exists(directory))) await underLock(`${directory}.lock`, () => build(directory, template));
  // The set-up of a later run removes what has not been used for a while.
  await utimes(directory, new Date(), new Date());
  return directory;
}

async function build(directory: string, { digest, migrations, base }: Template): Promise<void> {
  if (await exists(directory)) return;
  const draft = `${directory}.draft`;
  await rm(draft, { recursive: true, force: true });
  if (digest !== base) await copyPostgres(await ensureTemplate({ digest: base, migrations: [], base }), draft);
  const engine = new EmbeddedPostgres({ dataDir: draft });
  const pool = createPool(embeddedConnection(await engine.start()));
  try {
    await migrate(pool, migrations);
    await pool.query('checkpoint');
  } finally {
    await pool.end();
    await engine.stop();
  }
  await rename(draft, directory);
}

async function copyPostgres(from: string, to: string): Promise<void> {
  await cp(path.join(from, 'postgres'), path.join(to, 'postgres'), { recursive: true });
}

async function underLock(file: string, work: () => Promise<void>): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  while (!(await tryCreate(file))) {
    await delay(100);
    const held = await stat(file).catch(() => undefined);
    if (held && Date.now() - held.mtimeMs > STALE_LOCK_MILLISECONDS) await rm(file, { force: true });
  }
  // On a busy machine the work may take longer than a lock is believed.
  const alive = setInterval(() => utimes(file, new Date(), new Date()).catch(() => undefined), RENEW_MILLISECONDS);
  try {
    await work();
  } finally {
    clearInterval(alive);
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
