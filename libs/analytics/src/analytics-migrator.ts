import { createLogger } from '#libs/common';
import { type AnalyticsMigration, DEDUPLICATION, renderStatement } from './analytics-migration.js';

/** What a migration needs of `Analytics`. */
export interface MigrationTarget {
  readonly database: string;
  table(name: string): string;
  insert(table: string, rows: readonly object[], options: { readonly token: string }): Promise<void>;
  query<Row>(sql: string, parameters?: Readonly<Record<string, unknown>>): Promise<Row[]>;
  command(sql: string): Promise<void>;
}

export interface AnalyticsMigrationReport {
  readonly applied: readonly string[];
  readonly already: number;
}

const logger = createLogger('analytics');

const PREPARE = [
  'create database if not exists {database}{on_cluster}',
  `create table if not exists {database}.migrations{on_cluster} (
    id String,
    checksum String,
    applied_at DateTime64(3, 'UTC') default now64(3)
  ) engine = {replicated}ReplacingMergeTree order by (id, checksum) settings ${DEDUPLICATION}`,
];

export async function applyAnalyticsMigrations(
  analytics: MigrationTarget,
  migrations: readonly AnalyticsMigration[],
  cluster: string | undefined,
): Promise<AnalyticsMigrationReport> {
  assertUniqueIds(migrations);
  const run = (statement: string) => analytics.command(renderStatement(statement, analytics.database, cluster));
  for (const statement of PREPARE) await run(statement);
  const known = await readApplied(analytics);
  assertKnown(known, migrations);
  const applied: string[] = [];
  for (const one of migrations) {
    if (isApplied(known, one)) continue;
    for (const statement of one.statements) await run(statement);
    await analytics.insert('migrations', [{ id: one.id, checksum: one.checksum }], {
      token: `migration:${one.id.replace('/', ':')}`,
    });
    applied.push(one.id);
    logger.info({ migration: one.id }, 'analytics migration applied');
  }
  return { applied, already: migrations.length - applied.length };
}

/** Which migrations `Analytics.migrate` would apply; changes nothing. */
export async function pendingAnalyticsMigrations(
  analytics: MigrationTarget,
  migrations: readonly AnalyticsMigration[],
): Promise<readonly string[]> {
  const [row] = await analytics.query<{ tables: string }>(
    `select count() as tables from system.tables where database = {database:String} and name = 'migrations'`,
    { database: analytics.database },
  );
  if (row?.tables !== '1') return migrations.map((one) => one.id);
  const known = await readApplied(analytics);
  return migrations.filter((one) => !isApplied(known, one)).map((one) => one.id);
}

async function readApplied(analytics: MigrationTarget): Promise<Map<string, string>> {
  const rows = await analytics.query<{ id: string; checksum: string }>(
    `select id, argMin(checksum, applied_at) as checksum from ${analytics.table('migrations')} group by id`,
  );
  return new Map(rows.map((row) => [row.id, row.checksum]));
}

function isApplied(known: ReadonlyMap<string, string>, one: AnalyticsMigration): boolean {
  const checksum = known.get(one.id);
  if (checksum !== undefined && checksum !== one.checksum) {
    throw new Error(`Analytics migration ${one.id} was edited after it ran; add a new one instead.`);
  }
  return checksum !== undefined;
}

function assertKnown(known: ReadonlyMap<string, string>, migrations: readonly AnalyticsMigration[]): void {
  const ours = new Set(migrations.map((one) => one.id));
  const unknown = [...known.keys()].filter((id) => !ours.has(id));
  if (unknown.length === 0) return;
  throw new Error(`The analytics database is newer than this program: it has ${unknown.join(', ')}.`);
}

function assertUniqueIds(migrations: readonly AnalyticsMigration[]): void {
  const seen = new Set<string>();
  for (const { id } of migrations) {
    if (seen.has(id)) throw new Error(`Two analytics migrations have the id ${id}.`);
    seen.add(id);
  }
}
