import type { Analytics } from './analytics.js';
import { ENTITY_CHANGES, type EntityChangeRow } from './entity-change.table.js';

/** A change as read back. */
export type EntityChange = EntityChangeRow;

/** Where a page ended; opaque to callers apart from passing it on. */
export interface EntityChangePosition {
  readonly time: string;
  readonly version: number;
  readonly changeId: string;
}

export interface EntityChangePage {
  readonly items: readonly EntityChange[];
  /** Where the next page starts; absent on the last one. */
  readonly next?: EntityChangePosition;
}

interface HistoryRequest {
  readonly organizationId: string;
  readonly entityId: string;
  /** 1–1000. */
  readonly limit: number;
  readonly after?: EntityChangePosition;
  /** Adds the changes of edges that start or end at the entity (default false). */
  readonly includeEdges?: boolean;
}

interface FeedRequest {
  readonly organizationId: string;
  /** Inclusive. */
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
  /** 1–1000. */
  readonly limit: number;
  readonly after?: EntityChangePosition;
}

/** Labels that may be read in some organizations. */
export interface ReadableChanges {
  readonly organizationIds: readonly string[];
  readonly labels: readonly string[];
  /** Labels whose edges `BELONGS_TO` may be read: what one of them says is about where it starts. */
  readonly membersOf: readonly string[];
}

interface ForwardRequest {
  readonly readable: readonly ReadableChanges[];
  /** What the page before ended with; for the first one, everything since a time. */
  readonly after: EntityChangePosition;
  /** Exclusive: what is recorded from then on is not complete yet. */
  readonly before: Date;
  /** 1–1000. */
  readonly limit: number;
}

type StoredChange = Omit<EntityChangeRow, 'version'> & { version: string };

const COLUMNS = `change_id, time, organization_id, entity_kind, label, entity_id, operation, version, actor_kind, actor_id,
  actor_name, request_id, before, after, from_label, from_id, to_label, to_id`;
const BEFORE_POSITION = `and (time, version, change_id) <
  ({time:DateTime64(3, 'UTC')}, {version:UInt64}, {change_id:String})`;
// Two changes of one entity may share a millisecond; their versions still tell which came last.
// `limit 1 by` hides a row that was sent again after the table had forgotten its token.
const NEWEST_FIRST = `order by time desc, version desc, change_id desc limit 1 by change_id limit {limit:UInt32}`;

/** Reads the change history, newest first, in keyset pages that stay right while changes arrive. */
export class EntityChangesReadModel {
  constructor(private readonly analytics: Analytics) {}

  /** The history of one vertex or edge. */
  async readHistory(request: HistoryRequest): Promise<EntityChangePage> {
    const subject = request.includeEdges
      ? '(entity_id = {entity:String} or from_id = {entity:String} or to_id = {entity:String})'
      : 'entity_id = {entity:String}';
    return this.page(`organization_id = {organization:String} and ${subject}`, request, {
      organization: request.organizationId,
      entity: request.entityId,
    });
  }

  /** Everything that changed in an organization within a span of time. */
  async readFeed(request: FeedRequest): Promise<EntityChangePage> {
    const span = `time >= {from:DateTime64(3, 'UTC')} and time < {to:DateTime64(3, 'UTC')}`;
    return this.page(`organization_id = {organization:String} and ${span}`, request, {
      organization: request.organizationId,
      from: toParameter(request.from.toISOString()),
      to: toParameter((request.after ? new Date(Date.parse(request.after.time) + 1) : request.to).toISOString()),
    });
  }

  /** What changed after a position, oldest first: for who follows everything that becomes of many organizations. */
  async readForward({ readable, after, before, limit }: ForwardRequest): Promise<EntityChange[]> {
    if (readable.length === 0) return [];
    const scopes = readable.map(
      (
        _,
        index,
      ) => `(organization_id in {organizations_${index}:Array(String)} and (label in {labels_${index}:Array(String)}
        or (label = 'BELONGS_TO' and from_label in {members_${index}:Array(String)})))`,
    );
    const rows = await this.analytics.query<StoredChange>(
      `select ${COLUMNS} from ${this.analytics.table(ENTITY_CHANGES)}
      where (${scopes.join(' or ')}) and time >= {time:DateTime64(3, 'UTC')} and time < {before:DateTime64(3, 'UTC')}
        and (time, version, change_id) > ({time:DateTime64(3, 'UTC')}, {version:UInt64}, {change_id:String})
      order by time, version, change_id limit 1 by change_id limit {limit:UInt32}`,
      {
        ...Object.fromEntries(
          readable.flatMap(({ organizationIds, labels, membersOf }, index) => [
            [`organizations_${index}`, organizationIds],
            [`labels_${index}`, labels],
            [`members_${index}`, membersOf],
          ]),
        ),
        time: toParameter(after.time),
        version: after.version,
        change_id: after.changeId,
        before: toParameter(before.toISOString()),
        limit,
      },
    );
    return rows.map((row) => ({ ...row, version: Number(row.version) }));
  }

  private async page(
    where: string,
    { limit, after }: Pick<HistoryRequest, 'limit' | 'after'>,
    parameters: Record<string, unknown>,
  ): Promise<EntityChangePage> {
    const rows = await this.analytics.query<StoredChange>(
      `select ${COLUMNS} from ${this.analytics.table(ENTITY_CHANGES)}
      where ${where} ${after ? BEFORE_POSITION : ''} ${NEWEST_FIRST}`,
      {
        ...parameters,
        limit: limit + 1,
        ...(after && { time: toParameter(after.time), version: after.version, change_id: after.changeId }),
      },
    );
    const items = rows.slice(0, limit).map((row) => ({ ...row, version: Number(row.version) }));
    const last = items.at(-1);
    if (rows.length <= limit || !last) return { items };
    return { items, next: { time: last.time, version: last.version, changeId: last.change_id } };
  }
}

// A bound DateTime64 is read by the strict parser, which knows neither the T nor the Z of ISO 8601.
function toParameter(iso: string): string {
  return iso.replace('T', ' ').replace('Z', '');
}
