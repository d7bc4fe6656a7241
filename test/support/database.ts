import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Pool } from 'pg';
import {
  Database,
  type DatabaseConnection,
  embeddedConnection,
  type Migration,
  serverConnection,
} from '#libs/database';
import { EmbeddedPostgres } from '#libs/engines';
import { copyOfTemplate } from './embedded-template.js';
import { databaseFromTemplate } from './native-template.js';

const LOCK_FILE = path.resolve(import.meta.dirname, '../../package-lock.json');
const ENGINE_FILE = path.resolve(import.meta.dirname, '../../libs/engines/src/engine/main.js');
const ENGINE_PACKAGES = ['pglite', 'pglite-age', 'pglite-socket'];

export interface TestDatabase {
  readonly databaseConfig: DatabaseConnection;
  readonly db: Database;
  readonly pool: Pool;
  /** The embedded engine under the database, for tests that kill it; absent on a server. */
  readonly engine?: EmbeddedPostgres;
  close(): Promise<void>;
}

/**
 * A fresh, migrated database for one spec file: an embedded engine of its own, or with IMBI_TEST_ENGINES=native a
 * database on the server of IMBI_TEST_DATABASE_URL. Without `migrations` it has those of the whole product.
 */
export async function testDatabase(options: { migrations?: readonly Migration[] } = {}): Promise<TestDatabase> {
  const migrations = options.migrations ?? (await productMigrations());
  const serverUrl = nativeServer();
  return serverUrl ? onServer(serverUrl, migrations) : embedded(migrations);
}

/** The server's URL where tests run on native engines. */
export function nativeServer(): string | undefined {
  if (process.env['IMBI_TEST_ENGINES'] !== 'native') return undefined;
  const url = process.env['IMBI_TEST_DATABASE_URL'];
  if (!url) throw new Error('IMBI_TEST_ENGINES=native needs IMBI_TEST_DATABASE_URL, the URL of a superuser.');
  return url;
}

async function embedded(migrations: readonly Migration[]): Promise<TestDatabase> {
  const versions = engineVersions();
  const base = digestOf([], versions);
  const dataDir = await copyOfTemplate({ digest: digestOf(migrations, versions), migrations, base });
  const engine = new EmbeddedPostgres({ dataDir });
  const databaseConfig = embeddedConnection(await engine.start());
  const db = new Database(databaseConfig);
  const close = async () => {
    await db.end();
    const { pid } = engine;
    const stopped = engine.stop();
    // Its files go with it: there is nothing to write out.
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    await stopped;
    await rm(dataDir, { recursive: true, force: true });
  };
  return { databaseConfig, db, pool: db.pool, engine, close };
}

async function onServer(serverUrl: string, migrations: readonly Migration[]): Promise<TestDatabase> {
  const { url, drop } = await databaseFromTemplate(serverUrl, digestOf(migrations, ''), migrations);
  const databaseConfig = serverConnection({ url, poolMax: 10, statementTimeoutSeconds: 30 });
  const db = new Database(databaseConfig);
  const close = async () => {
    await db.end();
    await drop();
  };
  return { databaseConfig, db, pool: db.pool, close };
}

// Imported late, so that a platform library's spec does not need every feature to compile.
async function productMigrations(): Promise<readonly Migration[]> {
  const { migrations } = await import('../../apps/api/src/migrations.js');
  return migrations;
}

function digestOf(migrations: readonly Migration[], salt: string): string {
  const hash = createHash('sha256').update(salt);
  for (const one of migrations) hash.update(`\n${one.id} ${one.checksum}`);
  return hash.digest('hex').slice(0, 16);
}

// And how the engine makes a database.
function engineVersions(): string {
  const { packages } = JSON.parse(readFileSync(LOCK_FILE, 'utf8'));
  const versions = ENGINE_PACKAGES.map((name) => packages[`node_modules/@electric-sql/${name}`].version);
  return [...versions, readFileSync(ENGINE_FILE, 'utf8')].join(' ');
}
