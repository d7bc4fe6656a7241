import { sql } from 'kysely';
import type { JsonObject } from '#libs/common';
import { decodeMap } from './agtype.js';
import type { EdgeDefinition, VertexDefinition } from './definition.js';
import { definitionOfEnd, type End, endTable, idOfEnd, labelOfRow } from './edge-end.js';
import { decodeVertex } from './property-codec.js';
import type { Session } from './session.js';
import { encode, equal, graphidText, idOf, propertiesOf, type Sql, tableOf } from './sql.js';
import { cyclicMembers } from './strong-components.js';

export const MAX_DEPTH = 100;
export const MAX_REACHED = 10_000;
const DEFAULT_REACHED = 1000;

export interface TraversalRequest {
  readonly edges: readonly EdgeDefinition[];
  readonly from: End;
  /** Along the edges, against them, or either way. */
  readonly direction: 'out' | 'in' | 'both';
  /** Steps, 1 to 100. */
  readonly maxDepth: number;
  /** Vertices at most (default 1000, at most 10,000); the nearest ones are kept. */
  readonly limit?: number;
  /** Also tells which of the vertices lie on a cycle; costs reading the edges among them. */
  readonly markCycles?: boolean;
}

export interface ReachedVertex {
  readonly id: string;
  readonly label: string;
  /** Steps of the shortest way. */
  readonly depth: number;
  /** The vertex before it on one shortest way, and the label of the edge between them. */
  readonly via: { readonly id: string; readonly edge: string };
  /** As a read returns it (`VertexOf` its label's definition). */
  readonly vertex: JsonObject;
  /** Whether it can reach itself through vertices of the answer; always false without `markCycles`. */
  readonly cyclic: boolean;
}

export interface Traversal {
  /** Nearest first; without the start. */
  readonly reached: readonly ReachedVertex[];
  /** Whether `limit` left vertices out. */
  readonly truncated: boolean;
  /** Whether the start can reach itself; always false without `markCycles`. */
  readonly cyclic: boolean;
}

interface ReachedRow {
  /** 0 for the start, -1 for an edge among the reached (graphid to parent). */
  readonly depth: number;
  readonly graphid: string;
  readonly parent: string | null;
  readonly edge: string | null;
  readonly label: string | null;
  readonly properties: string | null;
}

/** Breadth first in one statement: each vertex is expanded once, whatever the number of paths to it. */
export async function traverse(session: Session, request: TraversalRequest): Promise<Traversal> {
  const limit = request.limit ?? DEFAULT_REACHED;
  assertRange('maxDepth', request.maxDepth, MAX_DEPTH);
  assertRange('limit', limit, MAX_REACHED);
  if (request.edges.length === 0) return { reached: [], truncated: false, cyclic: false };
  const rows = await session.run(traversalStatement(request, limit), { fixed: true });
  const links = rows.filter((row) => row.depth === -1);
  const cyclic = cyclicMembers(links.map((row) => [row.graphid, row.parent ?? '']));
  const visited = rows
    .filter((row) => row.depth >= 0)
    .map((row) => ({ row, stored: decodeMap(row.properties ?? '{}') }));
  const ids = new Map(visited.map(({ row, stored }) => [row.graphid, String(stored['id'])]));
  const start = visited.find(({ row }) => row.depth === 0);
  const all = visited.filter(({ row }) => row.depth > 0);
  const reached = all.slice(0, limit).map(({ row, stored }) => ({
    id: String(stored['id']),
    label: row.label ?? '',
    depth: row.depth,
    via: { id: ids.get(row.parent ?? '') ?? '', edge: row.edge ?? '' },
    vertex: decodeReached(session, row.label ?? '', stored),
    cyclic: cyclic.has(row.graphid),
  }));
  return {
    reached,
    truncated: all.length > limit,
    cyclic: start !== undefined && cyclic.has(start.row.graphid),
  };
}

function decodeReached(session: Session, label: string, stored: JsonObject): JsonObject {
  const definition = session.context.model.vertex(label);
  if (!definition) throw new Error(`the graph has vertices of ${label}, which the model does not know`);
  return decodeVertex(definition, stored);
}

// The recursion has one row a level, which carries the level's vertices and all those seen: so a vertex met again is
// dropped, which recursive UNION could not do (it compares whole rows, and the depths differ).
function traversalStatement(request: TraversalRequest, limit: number): Sql<ReachedRow> {
  const { edges, from, direction, maxDepth } = request;
  const start = startDefinition(request);
  const end = endDefinition(request);
  const steps = edges.flatMap((edge) => stepsOver(edge, direction));
  return sql<ReachedRow>`
    with recursive start as materialized (
      select v.id from ${endTable(start)} v where ${equal(idOf('v'), encode(idOfEnd(from)))}
    ), level (depth, found, parents, edges, seen) as (
      select 0, array[start.id], array[start.id], array['']::text[], array[start.id] from start
      union all
      select level.depth + 1, next.found, next.parents, next.edges, level.seen || next.found
      from level cross join lateral (
        select array_agg(step.id) as found, array_agg(step.parent) as parents, array_agg(step.edge) as edges
        from (
          select distinct on (s.id) s.id, s.parent, s.edge from (${sql.join(steps, sql` union all `)}) s
          where not exists (select from unnest(level.seen) as seen (id) where ${equal(sql.ref('seen.id'), sql.ref('s.id'))})
          order by s.id, s.parent, s.edge
        ) step
      ) next
      where level.depth < ${maxDepth}::int and next.found is not null and cardinality(level.seen) <= ${limit}::int + 1
    ), visited as materialized (
      select level.depth, given.id, given.parent, given.edge
      from level, unnest(level.found, level.parents, level.edges) as given (id, parent, edge)
      order by level.depth, given.id limit ${limit}::int + 2
    ), described as (
      select visited.depth, ${graphidText(sql.ref('visited.id'))} as graphid,
        ${graphidText(sql.ref('visited.parent'))} as parent, visited.edge,
        case when visited.depth = 0 then ${labelOfRow(start, 'v')} else ${labelOfRow(end, 'v')} end as label,
        ${propertiesOf('v')} as properties
      from visited
      cross join lateral (${vertexRow(start, end)}) v
    )
    select * from described ${request.markCycles ? linksAmong(edges) : sql``} order by depth`;
}

// Start and end may have different labels; each branch runs only for its own rows.
function vertexRow(start: VertexDefinition | undefined, end: VertexDefinition | undefined): Sql {
  const among = (definition: VertexDefinition | undefined) =>
    sql`(select v.properties, v.tableoid from ${endTable(definition)} v where ${equal(sql.ref('v.id'), sql.ref('visited.id'))} limit 1)`;
  if (start === end) return among(start);
  return sql`select * from ${among(start)} s where visited.depth = 0
    union all select * from ${among(end)} e where visited.depth > 0`;
}

function linksAmong(edges: readonly EdgeDefinition[]): Sql {
  const links = edges.map(
    (
      edge,
    ) => sql`select -1, ${graphidText(sql.ref('e.start_id'))}, ${graphidText(sql.ref('e.end_id'))}, null, null, null
      from visited a
      join ${tableOf(edge)} e on ${equal(sql.ref('e.start_id'), sql.ref('a.id'))}
      join visited b on ${equal(sql.ref('b.id'), sql.ref('e.end_id'))}`,
  );
  return sql`union all ${sql.join(links, sql` union all `)}`;
}

function stepsOver(edge: EdgeDefinition, direction: TraversalRequest['direction']): Sql[] {
  const step = (parent: 'start_id' | 'end_id', next: 'start_id' | 'end_id') =>
    sql`select ${sql.ref(`e.${next}`)} as id, ${sql.ref(`e.${parent}`)} as parent, ${sql.lit(edge.label)} as edge
      from unnest(level.found) as frontier (id)
      join ${tableOf(edge)} e on ${equal(sql.ref(`e.${parent}`), sql.ref('frontier.id'))}`;
  if (direction === 'out') return [step('start_id', 'end_id')];
  if (direction === 'in') return [step('end_id', 'start_id')];
  return [step('start_id', 'end_id'), step('end_id', 'start_id')];
}

function startDefinition({ edges, from, direction }: TraversalRequest): VertexDefinition | undefined {
  if (typeof from !== 'string') return from.definition;
  return common(edges.flatMap((edge) => sidesOf(edge, direction, 'start')));
}

function endDefinition({ edges, direction }: TraversalRequest): VertexDefinition | undefined {
  return common(edges.flatMap((edge) => sidesOf(edge, direction, 'end')));
}

function sidesOf(edge: EdgeDefinition, direction: TraversalRequest['direction'], which: 'start' | 'end') {
  const [from, to] = [definitionOfEnd(edge, 'from'), definitionOfEnd(edge, 'to')];
  if (direction === 'both') return [from, to];
  return [(direction === 'out') === (which === 'start') ? from : to];
}

function common(definitions: readonly (VertexDefinition | undefined)[]): VertexDefinition | undefined {
  const [first] = definitions;
  return definitions.every((one) => one === first) ? first : undefined;
}

function assertRange(name: string, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 1 || value > most) throw new RangeError(`${name} must be 1 to ${most}`);
}
