import { sql } from 'kysely';
import type { JsonObject } from '#libs/common';
import type { Selection } from '../score/scored-projects.read-model.js';
import type { StatementRunner } from '../shared/statement-runner.js';

export const RUN_STATES = ['pending', 'running', 'done', 'canceled'] as const;
export type RunState = (typeof RUN_STATES)[number];

export interface RunRow {
  readonly id: string;
  readonly state: RunState;
  readonly selection: Selection;
  readonly reason: string;
  readonly done: number;
  readonly changed: number;
  readonly total: number;
  /** The id of the last project that was scored; they are taken in the order of their ids. */
  readonly reached: string;
  readonly requested_at: Date;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
}

const COLUMNS = sql.raw(
  'id, state, selection, reason, done, changed, total, reached, requested_at, started_at, finished_at',
);
/** A run that nobody moved on for this long is somebody else's to move on. */
const LEASE_SECONDS = 10;

/** Runs over many projects: how far they are, and whose turn it is to go on. */
export class RescoreRuns {
  constructor(private readonly statements: StatementRunner) {}

  /** Adds a run; one that is there already stays as it is. */
  async add(id: string, selection: Selection, reason: string): Promise<void> {
    const document: JsonObject = JSON.parse(JSON.stringify(selection));
    await this.statements.run(sql`
      insert into imbi_system.score_runs (id, selection, reason)
      values (${id}, ${JSON.stringify(document)}::jsonb, ${reason}) on conflict (id) do nothing`);
  }

  async find(id: string): Promise<RunRow | undefined> {
    const rows = await this.statements.run<RunRow>(
      sql`select ${COLUMNS} from imbi_system.score_runs where id = ${id}`,
      { fixed: true },
    );
    return rows[0];
  }

  /** Takes the run for `holder`, unless it has ended or another one holds it. */
  async lease(id: string, holder: string): Promise<RunRow | undefined> {
    const rows = await this.statements.run<RunRow>(sql`
      update imbi_system.score_runs
      set state = 'running', started_at = coalesce(started_at, now()), leased_by = ${holder},
        leased_until = now() + make_interval(secs => ${LEASE_SECONDS})
      where id = ${id} and state in ('pending', 'running')
        and (leased_by = ${holder} or leased_until is null or leased_until < now())
      returning ${COLUMNS}`);
    return rows[0];
  }

  async setTotal(id: string, left: number): Promise<void> {
    await this.statements.run(sql`update imbi_system.score_runs set total = done + ${left}::int where id = ${id}`);
  }

  /** Notes that everything up to `reached` is scored; false where it was canceled, or another one is on it. */
  async advance(id: string, holder: string, reached: string, scored: number): Promise<boolean> {
    const rows = await this.statements.run<{ id: string }>(sql`
      update imbi_system.score_runs
      set reached = ${reached}, done = done + ${scored}::int, total = greatest(total, done + ${scored}::int),
        leased_until = now() + make_interval(secs => ${LEASE_SECONDS})
      where id = ${id} and state = 'running' and leased_by = ${holder}
      returning id`);
    return rows.length > 0;
  }

  async countChanged(id: string, changed: number): Promise<void> {
    await this.statements.run(sql`
      update imbi_system.score_runs set changed = changed + ${changed}::int where id = ${id}`);
  }

  async finish(id: string, holder: string): Promise<void> {
    await this.statements.run(sql`
      update imbi_system.score_runs set state = 'done', total = done, finished_at = now(), leased_until = null
      where id = ${id} and state = 'running' and leased_by = ${holder}`);
  }

  /** Ends it before it is through; what is scored stays scored. False where it had ended. */
  async cancel(id: string): Promise<boolean> {
    const rows = await this.statements.run<{ id: string }>(sql`
      update imbi_system.score_runs set state = 'canceled', finished_at = now(), leased_until = null
      where id = ${id} and state in ('pending', 'running') returning id`);
    return rows.length > 0;
  }

  /** Runs that were begun and that nobody holds. */
  async orphaned(): Promise<RunRow[]> {
    return this.statements.run<RunRow>(sql`
      select ${COLUMNS} from imbi_system.score_runs where state = 'running' and leased_until < now() limit 100`);
  }

  /** Forgets runs that ended `days` ago. */
  async forget(days: number): Promise<void> {
    await this.statements.run(sql`
      delete from imbi_system.score_runs
      where state in ('done', 'canceled') and finished_at < now() - make_interval(days => ${days}::int)`);
  }
}
