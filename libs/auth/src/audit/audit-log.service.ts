import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { Analytics, type AuditEventRow } from '#libs/analytics';
import { isJsonObject, type JsonObject, type JsonScalar, type JsonValue } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';
import { Database } from '#libs/database';
import { invalidParameters, type ListDefinition, type Page, Pages, parseFilters } from '#libs/http';
import type { AuditEventResponseDto, AuditExportQueryDto, AuditQueryDto } from './audit.dto.js';
import { recordAudit } from './audit.js';
import { AUDIT_LIST, type AuditConditions, auditConditions, ORGANIZATION_AUDIT_LIST } from './audit-conditions.js';
import { AuditEventsReadModel, type AuditPosition } from './audit-events.read-model.js';
import { exportTooLarge } from './audit-problems.js';

/** Some 500 KB of text: what an export holds in memory at a time. */
const EXPORT_PAGE_ROWS = 1000;

/** The audit log, of the whole installation or of one organization. */
@Injectable()
export class AuditLog {
  private readonly events: AuditEventsReadModel;

  constructor(
    analytics: Analytics,
    private readonly pages: Pages,
    private readonly database: Database,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.events = new AuditEventsReadModel(analytics);
  }

  /** @throws DomainError `analytics_unavailable` */
  async list(query: AuditQueryDto, organizationId?: string): Promise<Page<AuditEventResponseDto>> {
    const { action_prefix: actionPrefix } = query;
    const list = `audit of ${organizationId ?? 'all'} by ${actionPrefix ?? 'all'}`;
    const request = this.pages.read(list, query, listOf(organizationId));
    const conditions = auditConditions(request.filters, { organizationId, actionPrefix });
    const rows = await this.events.read(conditions, { limit: request.limit + 1, after: toPosition(request.after) });
    const total = request.count ? await this.events.count(conditions) : undefined;
    return this.pages.answer(request, rows, { item: toResponse, position: (row) => [row.time, row.event_id], total });
  }

  /**
   * Every event that matches, newest first, as lines of JSON. The stream reads on only as its reader takes.
   * @throws DomainError `audit_export_too_large`, `analytics_unavailable`
   */
  async export(query: AuditExportQueryDto, organizationId?: string): Promise<Readable> {
    const { action_prefix: actionPrefix, filter } = query;
    const filters = parseFilters(filter, listOf(organizationId).filterable);
    // What happens from here on, this export included, is not part of it: else it could go on for ever.
    const conditions = upToNow(auditConditions(filters, { organizationId, actionPrefix }));
    const rows = await this.events.count(conditions);
    const { exportMaxRows } = this.config.audit;
    if (rows > exportMaxRows) throw exportTooLarge(rows, exportMaxRows);
    await this.recordExport(rows, { ...asText(filter), ...(actionPrefix && { action_prefix: actionPrefix }) });
    return Readable.from(this.lines(conditions), { objectMode: false });
  }

  private async *lines(conditions: AuditConditions): AsyncGenerator<string> {
    for await (const rows of this.events.readAll(conditions, EXPORT_PAGE_ROWS)) {
      yield rows.map((row) => `${JSON.stringify(toResponse(row))}\n`).join('');
    }
  }

  private async recordExport(rows: number, filters: JsonObject): Promise<void> {
    await this.database.transaction(async (tx) =>
      recordAudit(tx, {
        action: 'audit.export',
        outcome: 'success',
        resourceKind: 'AuditLog',
        detail: { rows, filters },
      }),
    );
  }
}

function listOf(organizationId: string | undefined): ListDefinition {
  return organizationId === undefined ? AUDIT_LIST : ORGANIZATION_AUDIT_LIST;
}

function upToNow(conditions: AuditConditions, now = Date.now()): AuditConditions {
  const to = Math.min(conditions.to ?? now, now);
  const bound = new Date(to).toISOString().replace('T', ' ').replace('Z', '');
  return {
    ...conditions,
    to,
    sql: [...conditions.sql, `time < {up_to:DateTime64(3, 'UTC')}`],
    parameters: { ...conditions.parameters, up_to: bound },
  };
}

function asText(filter: Record<string, unknown> = {}): JsonObject {
  return Object.fromEntries(Object.entries(filter).map(([name, value]) => [name, String(value)]));
}

function toPosition(after: readonly JsonScalar[] | undefined): AuditPosition | undefined {
  if (!after) return undefined;
  const [time, eventId] = after;
  if (typeof time === 'string' && typeof eventId === 'string') return { time, eventId };
  const message = 'The cursor is of an older version of this list; start again without it.';
  throw invalidParameters([{ pointer: '/cursor', message, code: 'malformed_cursor' }]);
}

function toResponse(row: AuditEventRow): AuditEventResponseDto {
  return {
    id: row.event_id,
    time: row.time,
    organization_id: orNull(row.organization_id),
    actor: { kind: row.actor_kind, id: row.actor_id, name: row.actor_name },
    credential_id: orNull(row.credential_id),
    action: row.action,
    outcome: row.outcome,
    resource: row.resource_kind === '' ? null : { kind: row.resource_kind, id: orNull(row.resource_id) },
    reason: orNull(row.reason),
    ip: orNull(row.ip),
    user_agent: orNull(row.user_agent),
    request_id: orNull(row.request_id),
    detail: parse(row.detail),
  };
}

function orNull(text: string): string | null {
  return text === '' ? null : text;
}

function parse(text: string): JsonObject {
  const value: JsonValue = text === '' ? {} : JSON.parse(text);
  return isJsonObject(value) ? value : {};
}
