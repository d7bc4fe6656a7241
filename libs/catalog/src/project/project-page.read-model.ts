import { sql } from 'kysely';
import {
  BEGUN,
  colAt,
  hasMemberIndex,
  instantOf,
  type KeysetPosition,
  keyset,
  type Order,
  type OrderKey,
  type Sql,
  searchOf,
  tableOf,
} from '#libs/graph';
import { attributeIndex } from '../attribute/attribute-index.js';
import { Project } from '../model/project.vertex.js';

export interface ProjectPageRequest {
  readonly order: Order<typeof Project>;
  readonly after?: KeysetPosition;
  readonly limit: number;
}

/** The order of a search where no other is asked for: the best match first. */
export const RELEVANCE = 'relevance';

/** What stands before the name of an attribute that an order goes by as an instant. */
export const INSTANT = 'instant of ';

type Key = OrderKey<typeof Project>;

/**
 * A select of projects `(id, properties)` in the order of a page. By an attribute that has no index it is written for a
 * reading of all of them: whether there is one is asked as it runs, so that only one of the two ways is taken.
 */
export function pageOf(where: Sql<boolean>, request: ProjectPageRequest, fixedLimit: boolean): Sql {
  const [first] = request.order;
  if (first && pathOf(first)[0].startsWith(INSTANT)) return scanned(where, request);
  const attribute = first && pathOf(first)[1];
  if (attribute === undefined) return inOrder(where, request, fixedLimit);
  const isIndexed = hasMemberIndex(attributeIndex(attribute));
  return sql`select p.id, p.properties from (${inOrder(where, request, fixedLimit)}) p where ${isIndexed}
    union all select p.id, p.properties from (${scanned(where, request)}) p where not ${isIndexed}`;
}

/**
 * A select of what is found `(id, properties, relevance)`. No index has the order of relevance: each match is rated, of
 * one page after another too.
 */
export function bestMatches(where: Sql<boolean>, terms: readonly string[], request: ProjectPageRequest): Sql {
  const { after, limit } = request;
  const { ranked, begun } = searchOf(Project, 'p', terms);
  const all = best(ranked(where), request);
  const [first] = request.order;
  const isBestFirst = first && pathOf(first)[0] === RELEVANCE && first[1] === 'asc';
  // The best of them fill most pages; the rest is rated only where they do not.
  if (!begun || !isBestFirst || (after && Number(after.values[0]) > BEGUN)) return all;
  return sql`with best as materialized (${best(begun(where, limit), request)})
    select * from best where (select count(*) from best) >= ${limit}
    union all select * from (${all}) p where (select count(*) from best) < ${limit}`;
}

function best(matches: Sql, { order, after, limit }: ProjectPageRequest): Sql {
  const rank = sql.ref('p.rank');
  const sorted = keyset(Project, order, 'p', {
    computed: { ...instants(order), [RELEVANCE]: rank },
    unindexed: true,
  });
  return sql`select p.id, p.properties, ${rank} as relevance from (${matches}) p
    where ${after ? sorted.after(after) : sql`true`} order by ${sorted.orderBy} limit ${limit}`;
}

function inOrder(where: Sql<boolean>, { order, after, limit }: ProjectPageRequest, fixedLimit: boolean): Sql {
  return keyset(Project, order, 'p', { pinned: ['organization_id'], computed: instants(order) }).page({
    from: sql`${tableOf(Project)} p`,
    columns: sql`p.id, p.properties`,
    where,
    after,
    limit,
    fixedLimit,
  });
}

// Each key is got once for each project, and nothing stands in the order that is the same for all of them. What comes after
// a position is a filter here: ranges would read everything again for each key.
function scanned(where: Sql<boolean>, { order, after, limit }: ProjectPageRequest): Sql {
  const names = order.map((_key, index) => `key_${index}`);
  const keys = order.map((key, index) => sql`${scannedKey(key)} as ${sql.ref(names[index] ?? '')}`);
  const narrow: Order<typeof Project> = order.map(([, direction], index) => [[names[index] ?? ''], direction]);
  const sorted = keyset(Project, narrow, 'p', {
    computed: Object.fromEntries(names.map((name) => [name, sql.ref(`p.${name}`)])),
    unindexed: true,
  });
  return sql`select p.id, p.properties
    from (select p.id, p.properties, ${sql.join(keys)} from ${tableOf(Project)} p where ${where} offset 0) p
    where ${after ? sorted.after(after) : sql`true`} order by ${sorted.orderBy} limit ${limit}`;
}

function scannedKey(key: Key): Sql {
  const path = pathOf(key);
  return path[0].startsWith(INSTANT) ? instantKey(path[0]) : colAt(Project, path, 'p');
}

function instants(order: Order<typeof Project>): Readonly<Record<string, Sql>> {
  const names = order.map((key) => pathOf(key)[0]).filter((name) => name.startsWith(INSTANT));
  return Object.fromEntries(names.map((name) => [name, instantKey(name)]));
}

function instantKey(name: string): Sql {
  return instantOf(colAt(Project, ['attributes', name.slice(INSTANT.length)], 'p'));
}

function pathOf([name]: Key): readonly [string, ...string[]] {
  return typeof name === 'string' ? [name] : name;
}
