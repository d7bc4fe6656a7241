import { sql } from 'kysely';
import { decodeAgtype, decodeMap } from './agtype.js';
import type { VertexDefinition, VertexOf } from './definition.js';
import { compileFilter, type Filter, pinnedProperties } from './filter.js';
import { type KeysetPosition, keyset, type Order } from './keyset.js';
import { decodeVertex } from './property-codec.js';
import type { Session } from './session.js';
import { anyOf, encode, encodeList, equal, idOf, out, propertiesOf, type Sql, tableOf } from './sql.js';

export const MAX_PAGE = 1000;

/** An id, or values that single out one vertex (all properties of a unique key). */
export type Key<D extends VertexDefinition> = string | Filter<D>;

export interface ListRequest<D extends VertexDefinition> {
  readonly where?: Filter<D>;
  /** The id is always added as the last key. */
  readonly order?: Order<D>;
  readonly after?: KeysetPosition;
  /** 1 to 1000. */
  readonly limit: number;
}

export interface Page<D extends VertexDefinition> {
  readonly items: readonly VertexOf<D>[];
  /** Where the next page starts; absent on the last one. */
  readonly next?: KeysetPosition;
}

interface PropertiesRow {
  readonly properties: string;
}

export function keyFilter<D extends VertexDefinition>(definition: D, key: Key<D>, alias: string): Sql<boolean> {
  if (typeof key === 'string') return equal(idOf(alias), encode(key));
  return compileFilter(definition, key, alias);
}

export async function findVertex<D extends VertexDefinition>(
  session: Session,
  definition: D,
  key: Key<D>,
): Promise<VertexOf<D> | undefined> {
  const [row] = await session.run<PropertiesRow>(
    sql`select ${propertiesOf('v')} as properties from ${tableOf(definition)} v
      where ${keyFilter(definition, key, 'v')} limit 1`,
    { fixed: true },
  );
  return row && decodeVertex(definition, decodeMap(row.properties));
}

export async function findVertices<D extends VertexDefinition>(
  session: Session,
  definition: D,
  ids: readonly string[],
): Promise<ReadonlyMap<string, VertexOf<D>>> {
  const rows = await session.run<PropertiesRow>(
    sql`select ${propertiesOf('v')} as properties from ${tableOf(definition)} v
      where ${anyOf(idOf('v'), encodeList(ids))}`,
    { fixed: true },
  );
  const found = rows.map((row) => decodeMap(row.properties));
  return new Map(found.map((stored) => [String(stored['id']), decodeVertex(definition, stored)]));
}

export async function listVertices<D extends VertexDefinition>(
  session: Session,
  definition: D,
  request: ListRequest<D>,
): Promise<Page<D>> {
  const limit = checkedLimit(request.limit);
  const pinned = request.where ? pinnedProperties(request.where) : [];
  const order = keyset(definition, request.order ?? [], 'v', { pinned });
  const keys = order.columns.map((column, index) => sql`${out(column)} as ${sql.ref(`key_${index}`)}`);
  const rows = await session.run<PropertiesRow & Record<string, string | null>>(
    order.page({
      from: sql`${tableOf(definition)} v`,
      columns: sql.join([sql`${propertiesOf('v')} as properties`, ...keys]),
      where: request.where ? compileFilter(definition, request.where, 'v') : sql<boolean>`true`,
      after: request.after,
      limit: limit + 1,
    }),
  );
  const page = rows.slice(0, limit).map((row) => ({ row, stored: decodeMap(row.properties) }));
  const items = page.map(({ stored }) => decodeVertex(definition, stored));
  const last = page.at(-1);
  if (rows.length <= limit || !last) return { items };
  const values = order.columns.map((_, index) => decodeAgtype(last.row[`key_${index}`] ?? null));
  return { items, next: { values, id: String(last.stored['id']) } };
}

export async function countVertices<D extends VertexDefinition>(
  session: Session,
  definition: D,
  where: Filter<D>,
): Promise<number> {
  const [row] = await session.run<{ count: string }>(
    sql`select count(*)::text as count from ${tableOf(definition)} v where ${compileFilter(definition, where, 'v')}`,
  );
  return Number(row?.count ?? 0);
}

export function checkedLimit(limit: number): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_PAGE) return limit;
  throw new RangeError(`a page holds 1 to ${MAX_PAGE} rows`);
}
