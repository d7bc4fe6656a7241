import { type Analytics, SCORE_HISTORY, SCORE_LATEST, type ScoreHistoryRow } from '#libs/analytics';
import type { DecidedBatch } from './score-journal.repository.js';

/** The last row of a project that still counts there. */
export type LastCounted = Pick<ScoreHistoryRow, 'team' | 'project_types' | 'project_slug' | 'project_id'> & {
  score: number;
};

export interface LatestScore {
  readonly projectId: string;
  readonly score: number | null;
}

/** The writes of scores to the history, and what repairs read of it. */
export class ScoreHistory {
  constructor(private readonly analytics: Analytics) {}

  /** @throws DomainError `analytics_unavailable` */
  async insert({ id, scores }: DecidedBatch): Promise<void> {
    const lines = scores.map(({ line }) => line);
    await this.analytics.insertLines(SCORE_HISTORY, lines, { token: `score:${id}` });
  }

  /** Of these projects, those that the history takes for ones that count. */
  async counted(organizationId: string, projectIds: readonly string[]): Promise<LastCounted[]> {
    if (projectIds.length === 0) return [];
    const rows = await this.analytics.query<Omit<LastCounted, 'score'> & { score: number | null }>(
      `select project_id, project_slug, team, project_types, score from ${this.analytics.table(SCORE_HISTORY)}
      where organization = {organization:String} and project_id in {projects:Array(String)}
      order by timestamp desc limit 1 by project_id`,
      { organization: organizationId, projects: projectIds },
    );
    return rows.flatMap((row) => (row.score === null ? [] : [{ ...row, score: row.score }]));
  }

  /** The last scores of an organization's projects, by id after `after`. */
  async latest(organizationId: string, after: string, limit: number): Promise<LatestScore[]> {
    const rows = await this.analytics.query<{ project_id: string; score: number | null }>(
      `select project_id, tupleElement(argMaxMerge(latest), 1) as score from ${this.analytics.table(SCORE_LATEST)}
      where organization = {organization:String} and project_id > {after:String}
      group by project_id order by project_id limit {limit:UInt32}`,
      { organization: organizationId, after, limit },
    );
    return rows.map(({ project_id, score }) => ({ projectId: project_id, score }));
  }
}
