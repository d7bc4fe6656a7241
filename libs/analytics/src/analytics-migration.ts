import { createHash } from 'node:crypto';

/** A step of the analytics schema. Once released it is never edited: databases out there have already run it. */
export interface AnalyticsMigration {
  readonly id: string;
  readonly statements: readonly string[];
  readonly checksum: string;
}

const MIGRATION_ID = /^[a-z_]+\/\d{4}_[a-z0-9_]+$|^\d{4}_[a-z0-9_]+$/;
const REPEATABLE = /\bif (not )?exists\b|\b(modify|materialize|comment)\b/i;

/**
 * Declares a migration. Statements name `{database}`, put `{on_cluster}` after the object's name and write engines as
 * `{replicated}MergeTree`; both are empty unless IMBI_ANALYTICS_CLUSTER is set. ClickHouse has no transactional DDL, so
 * each statement must be repeatable (`if not exists`).
 * @example analyticsMigration('0001_visits', ['create table if not exists {database}.visits{on_cluster} (…)'])
 */
export function analyticsMigration(id: string, statements: readonly string[]): AnalyticsMigration {
  if (!MIGRATION_ID.test(id)) throw new Error(`"${id}" is no migration id`);
  for (const statement of statements) {
    if (!statement.includes('{database}')) throw new Error(`Migration ${id}: a statement does not name {database}`);
    if (!REPEATABLE.test(statement)) throw new Error(`Migration ${id}: a statement is not repeatable`);
  }
  const checksum = createHash('sha256').update(statements.join('\n;\n')).digest('hex');
  return { id, statements, checksum };
}

/** The SQL of a statement for one installation. */
export function renderStatement(statement: string, database: string, cluster: string | undefined): string {
  const onCluster = cluster === undefined ? '' : ` on cluster '${cluster}'`;
  return statement
    .replaceAll('{database}', `\`${database}\``)
    .replaceAll('{on_cluster}', onCluster)
    .replaceAll('{replicated}', cluster === undefined ? '' : 'Replicated');
}

/**
 * Table settings that make insert tokens work: a plain table remembers none unless told to, and a replicated one only
 * for an hour, while an outbox may wait for days.
 */
export const DEDUPLICATION = [
  'non_replicated_deduplication_window = 10000',
  'replicated_deduplication_window = 10000',
  'replicated_deduplication_window_seconds = 604800',
].join(', ');
