import { analyticsMigration, DEDUPLICATION } from './analytics-migration.js';

export const SCORE_HISTORY = 'score_history';
export const SCORE_LATEST = 'score_latest';

/** A row of `score_history`: one change of one project's score. Kept for good. Whose it is, is said by ids. */
export interface ScoreHistoryRow {
  /** Id of the organization. */
  organization: string;
  /** Id of the team that owned the project then. */
  team: string;
  /** Ids of its project types then. */
  project_types: readonly string[];
  project_id: string;
  project_slug: string;
  /** ISO 8601, UTC, with microseconds, by the clock of the graph's database. */
  timestamp: string;
  /** Null from when on the project does not count: it was archived or deleted. */
  score: number | null;
  /** Null for the first one, and for the first one after a time in which it did not count. */
  previous_score: number | null;
  /** What made it be computed, such as `project.updated`. */
  change_reason: string;
  /** JSON text: policy slug → [its score, its weight], of those that applied. */
  breakdown: string;
}

// argMax passes over NULL, and a project that stopped to count must be seen to: hence the tuple around the score.
export const scoreMigrations = [
  analyticsMigration('0006_score_history', [
    `create table if not exists {database}.score_history{on_cluster} (
      organization String,
      team String,
      project_types Array(String),
      project_id String,
      project_slug String,
      timestamp DateTime64(6, 'UTC') codec(Delta, ZSTD),
      score Nullable(Float64),
      previous_score Nullable(Float64),
      change_reason LowCardinality(String),
      breakdown String codec(ZSTD(3))
    )
    engine = {replicated}MergeTree
    partition by toYear(timestamp)
    order by (organization, project_id, timestamp)
    settings ${DEDUPLICATION}`,
    `create table if not exists {database}.score_latest{on_cluster} (
      organization String,
      project_id String,
      latest AggregateFunction(argMax, Tuple(Nullable(Float64)), DateTime64(6, 'UTC')),
      last_time SimpleAggregateFunction(max, DateTime64(6, 'UTC')),
      average AggregateFunction(avg, Nullable(Float64)),
      changes SimpleAggregateFunction(sum, UInt64)
    )
    engine = {replicated}AggregatingMergeTree
    order by (organization, project_id)
    settings ${DEDUPLICATION}`,
    `create materialized view if not exists {database}.score_latest_view{on_cluster} to {database}.score_latest as
    select organization, project_id, argMaxState(tuple(score), timestamp) as latest, max(timestamp) as last_time,
      avgState(score) as average, count() as changes
    from {database}.score_history group by organization, project_id`,
  ]),
];
