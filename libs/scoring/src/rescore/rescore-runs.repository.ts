import { sql } from 'kysely';
import { newId } from '#libs/common';
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
  /** 0 until it was counted. */
  readonly total: number;
  /** The id of the last project that was scored; they are taken in the order of their ids. */
  readonly reached: string;
  /** Where the way round began: it ends when, after the last project of all, everything up to here was scored too. */
  readonly origin: string;
  /** Whether the last project of all has been passed. */
  readonly wrapped: boolean;
  /** Counts the changes that have joined it. */
  readonly lap: number;
  /** Of a run that follows from changes, where they were; null for one that somebody asked for. */
  readonly shared: string | null;
  readonly requested_at: Date;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
}

/** How far a run is after a batch. */
export interface RunStep {
  readonly reached: string;
  readonly wrapped: boolean;
  readonly done: number;
  readonly changed: number;
  readonly total: number;
}

const COLUMNS = sql.raw(
  'id, state, selection, reason, done, changed, total, reached, origin, wrapped, lap, shared, requested_at, started_at, finished_at',
);
/** A run that nobody moved on for this long is somebody else's to move on. */
const LEASE_SECONDS = 2;
/** For a job that is on its way to the run: about as long as its queue takes, longer than the pause before its next try. */
export const WAIT_SECONDS = 60;
/** How long a run may wait to be begun before its job counts as lost. */
const PENDING_SECONDS = 60;

const freeFor = (holder: string) => sql`state in ('pending', 'running')
  and (leased_by is null or leased_by = ${holder} or leased_until < now())`;

/** Runs over many projects: how far they are, and whose turn it is to go on. */
export class RescoreRuns {
  constructor(private readonly statements: StatementRunner) {}

  /** Adds a run that somebody asked for. */
  async add(id: string, selection: Selection, reason: string): Promise<void> {
    await this.statements.run(sql`
      insert into imbi_system.score_runs (id, selection, reason) values (${id}, ${JSON.stringify(selection)}::jsonb, ${reason})`);
  }

  /**
   * The run that scores what follows from a change, in an organization or (null) in all: the one that is under way, which
   * goes once round from where it is, or a new one. So changes that do not pause cannot keep it from getting anywhere.
   * However often a job asks, it joins once. In a transaction only.
   */
  async join(jobId: string, organizationId: string | null, reason: string): Promise<string> {
    const [joined] = await this.statements.run<{ run_id: string }>(
      sql`select run_id from imbi_system.score_run_jobs where job_id = ${jobId}`,
    );
    if (joined) return joined.run_id;
    const [run] = await this.statements.run<{ id: string }>(sql`
      insert into imbi_system.score_runs as run (id, selection, reason, shared)
      values (${newId()}, ${JSON.stringify({ organizationId })}::jsonb, ${reason}, ${organizationId ?? 'all'})
      on conflict (shared) where shared is not null and state in ('pending', 'running') do update
      set origin = run.reached, wrapped = false, lap = run.lap + 1, total = 0, reason = excluded.reason
      returning id`);
    const id = run?.id ?? '';
    await this.statements.run(sql`insert into imbi_system.score_run_jobs (job_id, run_id) values (${jobId}, ${id})`);
    return id;
  }

  async find(id: string): Promise<RunRow | undefined> {
    const rows = await this.statements.run<RunRow>(
      sql`select ${COLUMNS} from imbi_system.score_runs where id = ${id}`,
      { fixed: true },
    );
    return rows[0];
  }

  /** Takes the run for a job, which is then the only one on it; false where it has ended, or another one has it. */
  async hold(id: string, holder: string, seconds = LEASE_SECONDS): Promise<boolean> {
    const rows = await this.statements.run<{ id: string }>(sql`
      update imbi_system.score_runs
      set leased_by = ${holder}, leased_until = now() + make_interval(secs => ${seconds})
      where id = ${id} and ${freeFor(holder)} returning id`);
    return rows.length > 0;
  }

  /**
   * The run, locked until the transaction ends; undefined where it has ended, or where another job is on it. That a run is
   * somebody's only saves work: batches are taken under the lock, whoever takes them.
   */
  async lock(id: string, holder: string): Promise<RunRow | undefined> {
    const rows = await this.statements.run<RunRow>(sql`
      select ${COLUMNS} from imbi_system.score_runs where id = ${id} and ${freeFor(holder)} for update`);
    return rows[0];
  }

  /** Notes a batch, in the transaction that decides about it. */
  async advance(id: string, holder: string, { reached, wrapped, done, changed, total }: RunStep): Promise<void> {
    await this.statements.run(sql`
      update imbi_system.score_runs
      set state = 'running', started_at = coalesce(started_at, now()), leased_by = ${holder},
        leased_until = clock_timestamp() + make_interval(secs => ${LEASE_SECONDS}), reached = ${reached},
        wrapped = ${wrapped}, done = ${done}::int, changed = ${changed}::int, total = ${total}::int
      where id = ${id}`);
  }

  /** Ends a run that is through, unless a change has joined it since `lap`; false then, and where it has ended. */
  async end(id: string, lap: number): Promise<boolean> {
    const rows = await this.statements.run<{ id: string }>(sql`
      update imbi_system.score_runs
      set state = 'done', started_at = coalesce(started_at, now()), total = done, finished_at = now(), leased_until = null
      where id = ${id} and state in ('pending', 'running') and lap = ${lap}
      returning id`);
    return rows.length > 0;
  }

  /** Ends it before it is through; what is scored stays scored. False where it had ended. */
  async cancel(id: string): Promise<boolean> {
    const rows = await this.statements.run<{ id: string }>(sql`
      update imbi_system.score_runs set state = 'canceled', finished_at = now(), leased_until = null
      where id = ${id} and shared is null and state in ('pending', 'running') returning id`);
    return rows.length > 0;
  }

  /** Runs that nobody moves on, or that nobody began in time. */
  async orphaned(): Promise<RunRow[]> {
    return this.statements.run<RunRow>(sql`
      select ${COLUMNS} from imbi_system.score_runs
      where (state = 'running' and leased_until < now())
        or (state = 'pending' and coalesce(leased_until, requested_at + make_interval(secs => ${PENDING_SECONDS})) < now())
      limit 100`);
  }

  /** Notes that a new job is on its way to an orphaned run; whoever comes first may go on with it. */
  async adopt(id: string): Promise<void> {
    await this.statements.run(sql`
      update imbi_system.score_runs
      set leased_by = null, leased_until = now() + make_interval(secs => ${WAIT_SECONDS}) where id = ${id}`);
  }

  /** Forgets runs that ended `days` ago. */
  async forget(days: number): Promise<void> {
    await this.statements.run(sql`
      delete from imbi_system.score_runs
      where state in ('done', 'canceled') and finished_at < now() - make_interval(days => ${days}::int)`);
  }
}
