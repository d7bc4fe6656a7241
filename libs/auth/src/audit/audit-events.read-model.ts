import { type Analytics, AUDIT_EVENTS, type AuditEventRow } from '#libs/analytics';
import { type AuditConditions, toTimeParameter } from './audit-conditions.js';

/** The event that a page ended with. */
export interface AuditPosition {
  readonly time: string;
  readonly eventId: string;
}

interface AuditPageRequest {
  readonly limit: number;
  readonly after?: AuditPosition;
}

interface Span {
  readonly from: number | undefined;
  readonly to: number | undefined;
}

const DAY_MS = 86_400_000;
// Most searches end in the first of these. Without them, every page would be sorted out of two years of events.
const WINDOWS_DAYS = [1, 8, 64];
const TIME = `DateTime64(3, 'UTC')`;
const COLUMNS = `event_id, time, organization_id, actor_kind, actor_id, actor_name, credential_id, action, outcome,
  resource_kind, resource_id, reason, ip, user_agent, request_id, detail`;
// `limit 1 by` hides a row that was sent again after the table had forgotten its token.
const NEWEST_FIRST = 'order by time desc, event_id desc limit 1 by event_id limit {limit:UInt32}';

/** Reads the audit log, newest first, in keyset pages that stay right while events arrive. */
export class AuditEventsReadModel {
  constructor(private readonly analytics: Analytics) {}

  /** Up to `limit` events. @throws DomainError `analytics_unavailable` */
  async read(conditions: AuditConditions, { limit, after }: AuditPageRequest): Promise<AuditEventRow[]> {
    const found: AuditEventRow[] = [];
    for (const span of spansOf(conditions, after)) {
      found.push(...(await this.readSpan(conditions, span, { limit: limit - found.length, after })));
      if (found.length >= limit) break;
    }
    return found;
  }

  /** Every event, in pages of `pageRows`: the next one is read when the one before was taken. */
  async *readAll(conditions: AuditConditions, pageRows: number): AsyncGenerator<AuditEventRow[]> {
    let after: AuditPosition | undefined;
    for (;;) {
      const rows = await this.read(conditions, { limit: pageRows, after });
      const last = rows.at(-1);
      if (last) yield rows;
      if (!last || rows.length < pageRows) return;
      after = { time: last.time, eventId: last.event_id };
    }
  }

  async count({ sql, parameters }: AuditConditions): Promise<number> {
    const [row] = await this.analytics.query<{ events: string }>(
      `select uniqExact(event_id) as events from ${this.analytics.table(AUDIT_EVENTS)} ${where(sql)}`,
      parameters,
    );
    return Number(row?.events ?? 0);
  }

  private readSpan(
    conditions: AuditConditions,
    { from, to }: Span,
    { limit, after }: AuditPageRequest,
  ): Promise<AuditEventRow[]> {
    const parameters: Record<string, string | number> = { ...conditions.parameters, limit };
    const sql = [...conditions.sql];
    if (from !== undefined) {
      sql.push(`time >= {span_from:${TIME}}`);
      parameters['span_from'] = toTimeParameter(new Date(from).toISOString());
    }
    if (to !== undefined) {
      sql.push(`time < {span_to:${TIME}}`);
      parameters['span_to'] = toTimeParameter(new Date(to).toISOString());
    }
    if (after) {
      sql.push(`(time, event_id) < ({after_time:${TIME}}, {after_id:String})`);
      parameters['after_time'] = toTimeParameter(after.time);
      parameters['after_id'] = after.eventId;
    }
    return this.analytics.query<AuditEventRow>(
      `select ${COLUMNS} from ${this.analytics.table(AUDIT_EVENTS)} ${where(sql)} ${NEWEST_FIRST}`,
      parameters,
    );
  }
}

/** Spans of time from the newest to the oldest, each longer than the one before, that cover what is asked for. */
export function spansOf(
  { from, to }: Pick<AuditConditions, 'from' | 'to'>,
  after?: AuditPosition,
  now = Date.now(),
): Span[] {
  const ends = [to, after && Date.parse(after.time) + 1].filter((end) => end !== undefined);
  let end = ends.length > 0 ? Math.min(...ends) : undefined;
  const newest = end ?? now;
  const spans: Span[] = [];
  for (const days of WINDOWS_DAYS) {
    const begin = newest - days * DAY_MS;
    if (from !== undefined && begin <= from) break;
    spans.push({ from: begin, to: end });
    end = begin;
  }
  return [...spans, { from, to: end }];
}

function where(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
}
