import { type Analytics, SCORE_HISTORY } from '#libs/analytics';
import type { Granularity, ScoreHistoryItemDto } from './score-history.dto.js';

export interface HistoryRequest {
  readonly organizationId: string;
  readonly projectId: string;
  readonly granularity: Granularity;
  /** The time of the last item of the page before. */
  readonly before: string | undefined;
  readonly limit: number;
}

interface RawItem extends Omit<ScoreHistoryItemDto, 'changes'> {
  readonly changes: string;
}

export interface RawTrend {
  readonly score: number | null;
  readonly previous: number | null;
  readonly changes: string;
}

const OF_PROJECT = 'organization = {organization:String} and project_id = {project:String}';
const BUCKET: Readonly<Record<Granularity, string>> = {
  raw: 't',
  hour: `toDateTime64(toStartOfHour(t), 6, 'UTC')`,
  day: `toDateTime64(toStartOfDay(t), 6, 'UTC')`,
};

/** What became of scores, from the column store. */
export class ScoreHistoryReadModel {
  constructor(private readonly analytics: Analytics) {}

  async page({
    organizationId,
    projectId,
    granularity,
    before,
    limit,
  }: HistoryRequest): Promise<ScoreHistoryItemDto[]> {
    const bucket = BUCKET[granularity];
    const rows = await this.analytics.query<RawItem>(
      // The columns have short names inside: an alias would hide a column of its name from the other aggregates.
      `select ${bucket} as time, tupleElement(argMax(tuple(s), t), 1) as score,
        tupleElement(argMin(tuple(p), t), 1) as previous_score, min(s) as minimum, max(s) as maximum,
        count() as changes, argMax(r, t) as change_reason
      from (select distinct timestamp as t, score as s, previous_score as p, change_reason as r
        from ${this.analytics.table(SCORE_HISTORY)} where ${OF_PROJECT})
      ${before === undefined ? '' : `where ${bucket} < parseDateTime64BestEffort({before:String}, 6, 'UTC')`}
      group by time order by time desc limit {limit:UInt32}`,
      { organization: organizationId, project: projectId, limit, ...(before === undefined ? {} : { before }) },
    );
    return rows.map(({ changes, ...row }) => ({ ...row, changes: Number(changes) }));
  }

  async trend(organizationId: string, projectId: string, since: Date): Promise<RawTrend | undefined> {
    const moment = `parseDateTime64BestEffort({since:String}, 6, 'UTC')`;
    const [row] = await this.analytics.query<RawTrend & { rows: string }>(
      `select tupleElement(argMax(tuple(s), t), 1) as score,
        if(countIf(t <= ${moment}) > 0, tupleElement(argMaxIf(tuple(s), t, t <= ${moment}), 1),
          tupleElement(argMin(tuple(s), t), 1)) as previous,
        countIf(t > ${moment}) as changes, count() as rows
      from (select distinct timestamp as t, score as s from ${this.analytics.table(SCORE_HISTORY)} where ${OF_PROJECT})`,
      { organization: organizationId, project: projectId, since: since.toISOString() },
    );
    return row && row.rows !== '0' ? row : undefined;
  }
}
