import type { Pool, PoolClient } from 'pg';
import { createLogger } from '#libs/common';
import type { Migration } from './migration.js';

const logger = createLogger('migrations');
// Any number will do as long as every process takes the same one.
const LOCK_KEY = 4_624_721;
// AGE 1.7 makes the indexes of a new label with operator classes that it looks up by their bare names.
const FIND_AGE = 'set local search_path = public, ag_catalog';

export interface MigrationReport {
  readonly applied: readonly string[];
  readonly already: number;
}

export interface PendingMigrations {
  readonly pending: readonly string[];
}

/**
 * Applies what is missing, in order, each in its own transaction, under a lock that other processes wait for.
 * @throws Error when a migration that already ran has been edited since, or the database knows one that we do not
 */
export async function migrate(pool: Pool, migrations: readonly Migration[]): Promise<MigrationReport> {
  assertUniqueIds(migrations);
  const client = await pool.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK_KEY]);
    try {
      return await applyAll(client, migrations);
    } finally {
      await client.query('select pg_advisory_unlock($1)', [LOCK_KEY]);
    }
  } finally {
    client.release();
  }
}

/** Which migrations {@link migrate} would apply; changes nothing. */
export async function pendingMigrations(pool: Pool, migrations: readonly Migration[]): Promise<PendingMigrations> {
  const exists = await pool.query(`select to_regclass('imbi_system.migrations') is not null as exists`);
  if (!exists.rows[0]?.exists) return { pending: migrations.map((one) => one.id) };
  const known = await readApplied(pool);
  return { pending: migrations.filter((one) => !known.has(one.id)).map((one) => one.id) };
}

async function applyAll(client: PoolClient, migrations: readonly Migration[]): Promise<MigrationReport> {
  await prepare(client);
  const known = await readApplied(client);
  const ours = new Set(migrations.map((one) => one.id));
  const unknown = [...known.keys()].filter((id) => !ours.has(id));
  if (unknown.length > 0) {
    throw new Error(`The database is newer than this program: it has the migrations ${unknown.join(', ')}.`);
  }
  const applied: string[] = [];
  for (const one of migrations) {
    const checksum = known.get(one.id);
    if (checksum === one.checksum) continue;
    if (checksum !== undefined) throw new Error(`Migration ${one.id} was edited after it ran; add a new one instead.`);
    await applyOne(client, one);
    applied.push(one.id);
    logger.info({ migration: one.id }, 'migration applied');
  }
  return { applied, already: migrations.length - applied.length };
}

async function prepare(client: PoolClient): Promise<void> {
  await client.query(`create extension if not exists age`);
  await client.query(`create schema if not exists imbi_system`);
  await client.query(`create table if not exists imbi_system.migrations (
    id text primary key,
    checksum text not null,
    applied_at timestamptz not null default now()
  )`);
  await client.query(`
    with path as materialized (select set_config('search_path', 'public, ag_catalog', true))
    select ag_catalog.create_graph('imbi') from path
    where not exists (select from ag_catalog.ag_graph where name = 'imbi')`);
}

async function readApplied(client: Pick<Pool, 'query'>): Promise<Map<string, string>> {
  const { rows } = await client.query<{ id: string; checksum: string }>(
    'select id, checksum from imbi_system.migrations',
  );
  return new Map(rows.map((row) => [row.id, row.checksum]));
}

async function applyOne(client: PoolClient, one: Migration): Promise<void> {
  await client.query('begin');
  try {
    await client.query(FIND_AGE);
    for (const statement of one.statements) await client.query(statement);
    await client.query('insert into imbi_system.migrations (id, checksum) values ($1, $2)', [one.id, one.checksum]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw new Error(`Migration ${one.id} failed and was rolled back.`, { cause: error });
  }
}

function assertUniqueIds(migrations: readonly Migration[]): void {
  const seen = new Set<string>();
  for (const { id } of migrations) {
    if (seen.has(id)) throw new Error(`Two migrations have the id ${id}.`);
    seen.add(id);
  }
}
