import { sql } from 'kysely';
import type { StatementRunner } from '../shared/statement-runner.js';

/** A score that is decided and has still to get into the history and the graph. */
export interface DecidedScore {
  readonly projectId: string;
  readonly score: number | null;
  /** A ScoreHistoryRow as JSON, which is what the journal keeps and the history takes. */
  readonly line: string;
}

/** Scores that were decided together, and get into both together. */
export interface DecidedBatch {
  readonly id: string;
  readonly scores: readonly DecidedScore[];
}

// JSON has line breaks as \n, and ids have none: what is joined by one needs none of the escapes of an array's text.
const BREAK = '\n';

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

  /** @param batch of at least one score */
  async add({ id, scores }: DecidedBatch, runId: string | null): Promise<void> {
    const ids = scores.map(({ projectId }) => projectId).join(BREAK);
    const lines = scores.map(({ line }) => line).join(BREAK);
    await this.statements.run(sql`
      insert into imbi_system.score_writes (project_id, batch_id, position, run_id, history)
      select given.project_id, ${id}, given.position, ${runId}, given.history
      from unnest(string_to_array(${ids}, ${BREAK}), string_to_array(${lines}, ${BREAK}))
        with ordinality as given (project_id, history, position)`);
  }

  /** A batch as it was added; without scores where somebody has finished it. */
  async read(batchId: string): Promise<DecidedBatch> {
    const rows = await this.statements.run<{ project_id: string; history: string }>(sql`
      select project_id, history from imbi_system.score_writes where batch_id = ${batchId} order by position`);
    const scores = rows.map(({ project_id, history }) => {
      const { score }: { score: number | null } = JSON.parse(history);
      return { projectId: project_id, score, line: history };
    });
    return { id: batchId, scores };
  }

  /** Takes a batch out, for the graph: the ids of its projects, none where somebody else did. */
  async take(batchId: string): Promise<string[]> {
    const rows = await this.statements.run<{ project_id: string }>(sql`
      delete from imbi_system.score_writes where batch_id = ${batchId} returning project_id`);
    return rows.map(({ project_id }) => project_id);
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
