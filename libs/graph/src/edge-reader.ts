import { sql } from 'kysely';
import type { JsonScalar } from '#libs/common';
import { decodeMap } from './agtype.js';
import type { EdgeDefinition, EdgeOf, VertexDefinition } from './definition.js';
import { definitionOfEnd, type End, endTable, idOfEnd, joinsEnd, type Side } from './edge-end.js';
import { decodeEdge } from './property-codec.js';
import type { Session } from './session.js';
import { anyOf, encode, encodeList, equal, idOf, namedCol, propertiesOf, type Sql, tableOf } from './sql.js';

/** Edges by their ends: those of one vertex, of several, or between two. At least one end must be given. */
export interface EdgeSelection {
  readonly from?: End | readonly string[];
  readonly to?: End | readonly string[];
  /** Only edges whose properties are these; null for those that lack one. */
  readonly properties?: Readonly<Record<string, JsonScalar>>;
}

/** A selection with the labels of its ends worked out, over the rows e (edge), f (start) and t (end). */
export interface CompiledSelection {
  readonly from: VertexDefinition | undefined;
  readonly to: VertexDefinition | undefined;
  readonly tables: Sql;
  readonly where: Sql<boolean>;
}

export function compileSelection(edge: EdgeDefinition, selection: EdgeSelection): CompiledSelection {
  if (selection.from === undefined && selection.to === undefined) {
    throw new Error(`which ${edge.label} edges? Give at least one end`);
  }
  const from = definitionOfEnd(edge, 'from', single(selection.from));
  const to = definitionOfEnd(edge, 'to', single(selection.to));
  const conditions = [joinsEnd('from', 'f'), joinsEnd('to', 't')];
  for (const [side, alias] of [
    ['from', 'f'],
    ['to', 't'],
  ] as const) {
    const condition = endCondition(selection, side, alias);
    if (condition) conditions.push(condition);
  }
  for (const [name, value] of Object.entries(selection.properties ?? {})) {
    const property = namedCol(edge, name, 'e');
    conditions.push(value === null ? sql<boolean>`${property} is null` : equal(property, encode(value)));
  }
  return {
    from,
    to,
    tables: sql`${tableOf(edge)} e, ${endTable(from)} f, ${endTable(to)} t`,
    where: sql<boolean>`${sql.join(conditions, sql` and `)}`,
  };
}

/** The selected edges, by the ids at their ends. */
export async function edgesOf<D extends EdgeDefinition>(
  session: Session,
  edge: D,
  selection: EdgeSelection,
): Promise<EdgeOf<D>[]> {
  const { tables, where } = compileSelection(edge, selection);
  const rows = await session.run<{ from: string; to: string; properties: string }>(
    sql`select (${idOf('f')})::text as "from", (${idOf('t')})::text as "to", ${propertiesOf('e')} as properties
      from ${tables} where ${where} order by 1, 2, e.id`,
    { fixed: true },
  );
  return rows.map(({ from, to, properties }) => decodeEdge(edge, { from, to }, decodeMap(properties)));
}

export async function countEdges(session: Session, edge: EdgeDefinition, selection: EdgeSelection): Promise<number> {
  const { tables, where } = compileSelection(edge, selection);
  const [row] = await session.run<{ count: string }>(
    sql`select count(*)::text as count from ${tables} where ${where}`,
    { fixed: true },
  );
  return Number(row?.count ?? 0);
}

function endCondition(selection: EdgeSelection, side: Side, alias: string): Sql<boolean> | undefined {
  const given = selection[side];
  if (given === undefined) return undefined;
  if (isIdList(given)) return anyOf(idOf(alias), encodeList(given));
  return equal(idOf(alias), encode(idOfEnd(given)));
}

function single(given: EdgeSelection['from']): End | undefined {
  return given === undefined || isIdList(given) ? undefined : given;
}

function isIdList(given: End | readonly string[]): given is readonly string[] {
  return Array.isArray(given);
}
