import { sql } from 'kysely';
import type { StatementRunner } from '../shared/statement-runner.js';

// Times are of the processes that wrote, whose clocks may differ a little from the database's.
const CLOCK_SKEW_MILLISECONDS = 2000;

/**
 * The time before which no change will be added to the history any more. A change carries the time at which it was made,
 * and gets into the history when its transaction has committed and the relay has handed it over: who reads on from the
 * last change that they saw would miss what came in late.
 */
export async function readChangeHorizon(statements: StatementRunner, now = Date.now()): Promise<Date> {
  // In this order: a transaction that has ended by the first question has left its rows for the second one to see.
  const [running] = await statements.run(
    sql<{ at: string | null }>`
      select (extract(epoch from min(xact_start)) * 1000)::bigint::text as at
      from pg_catalog.pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and backend_xid is not null`,
    { fixed: true },
  );
  const [waiting] = await statements.run(
    sql<{ at: string | null }>`
      select (extract(epoch from min(created_at)) * 1000)::bigint::text as at
      from imbi_system.outbox where topic = 'analytics' and name = 'entity_changes'`,
    { fixed: true },
  );
  const times = [running?.at, waiting?.at].flatMap((at) => (at === undefined || at === null ? [] : [Number(at)]));
  return new Date(Math.min(now, ...times) - CLOCK_SKEW_MILLISECONDS);
}
