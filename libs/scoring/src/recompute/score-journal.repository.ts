import { sql } from 'kysely';
import type { ScoreHistoryRow } from '#libs/analytics';
import type { StatementRunner } from '../shared/statement-runner.js';

/** A score that is decided and has still to get into the history and the graph. */
export interface DecidedScore {
  readonly projectId: string;
  readonly history: ScoreHistoryRow;
}

interface JournalRow {
  readonly project_id: string;
  readonly history: string;
}

/**
 * Decided scores on their way: a row is written with the decision, and leaves with the write to the graph. What is in
 * between, the insert into the history, can therefore be made again by anybody, row for row, under the same token.
 */
export class ScoreJournal {
  constructor(private readonly statements: StatementRunner) {}

  /** Has decisions about projects of an organization take turns until the transaction ends; returns the time (µs). */
  async takeTurn(organizationIds: readonly string[]): Promise<string> {
    const sorted = [...new Set(organizationIds)].sort();
    for (const id of sorted) {
      await this.statements.run(sql`select pg_advisory_xact_lock(hashtextextended(${`imbi.score:${id}`}, 0))`);
    }
    const [row] = await this.statements.run<{ now: string }>(
      sql`select to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as now`,
    );
    return row?.now ?? '';
  }

  /** The batches that still have a decision about one of these projects. */
  async pending(projectIds: readonly string[]): Promise<string[]> {
    const rows = await this.statements.run<{ batch_id: string }>(sql`
      select distinct batch_id from imbi_system.score_writes where project_id = any(${projectIds}::text[])`);
    return rows.map(({ batch_id }) => batch_id);
  }

  async add(batchId: string, runId: string | null, decided: readonly DecidedScore[]): Promise<void> {
    const ids = decided.map(({ projectId }) => projectId);
    const rows = decided.map(({ history }) => JSON.stringify(history));
    await this.statements.run(sql`
      insert into imbi_system.score_writes (project_id, batch_id, position, run_id, history)
      select given.project_id, ${batchId}, given.position, ${runId}, given.history
      from unnest(${ids}::text[], ${rows}::text[]) with ordinality as given (project_id, history, position)`);
  }

  /** The rows of a batch as they were added, for the history; none where somebody has finished it. */
  async read(batchId: string): Promise<ScoreHistoryRow[]> {
    const rows = await this.statements.run<{ history: string }>(sql`
      select history from imbi_system.score_writes where batch_id = ${batchId} order by position`);
    return rows.map(({ history }) => JSON.parse(history));
  }

  /** Takes a batch out, for the graph; nothing where somebody else did. */
  async take(batchId: string): Promise<DecidedScore[]> {
    const rows = await this.statements.run<JournalRow>(sql`
      delete from imbi_system.score_writes where batch_id = ${batchId} returning project_id, history`);
    return rows.map(({ project_id, history }) => ({ projectId: project_id, history: JSON.parse(history) }));
  }

  /** The batches of a run that are on their way. */
  async ofRun(runId: string): Promise<string[]> {
    const rows = await this.statements.run<{ batch_id: string }>(
      sql`select distinct batch_id from imbi_system.score_writes where run_id = ${runId}`,
    );
    return rows.map(({ batch_id }) => batch_id);
  }

  /** Batches that whoever decided them did not finish in `seconds`. */
  async abandoned(seconds: number): Promise<string[]> {
    const rows = await this.statements.run<{ batch_id: string }>(sql`
      select batch_id from imbi_system.score_writes
      where decided_at < now() - make_interval(secs => ${seconds})
      group by batch_id order by min(decided_at) limit 1000`);
    return rows.map(({ batch_id }) => batch_id);
  }

  async size(): Promise<number> {
    const rows = await this.statements.run<{ count: string }>(
      sql`select count(*)::text as count from imbi_system.score_writes`,
      { fixed: true },
    );
    return Number(rows[0]?.count ?? 0);
  }
}
