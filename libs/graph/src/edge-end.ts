import { sql } from 'kysely';
import type { EdgeDefinition, VertexDefinition } from './definition.js';
import { equal, graphidText, idOf, organizationOf, type Sql, tableOf } from './sql.js';

/** A vertex by label and id; needed where an edge may start or end at several labels. */
export interface VertexRef {
  readonly definition: VertexDefinition;
  readonly id: string;
}

/** One end of an edge: its id, or a {@link VertexRef} where the label does not follow from the edge. */
export type End = string | VertexRef;

export type Side = 'from' | 'to';

export function ref(definition: VertexDefinition, id: string): VertexRef {
  return { definition, id };
}

export function idOfEnd(end: End): string {
  return typeof end === 'string' ? end : end.id;
}

/** The label an end must have; undefined where it may be one of several. @throws Error when the edge does not allow it */
export function definitionOfEnd(edge: EdgeDefinition, side: Side, end?: End): VertexDefinition | undefined {
  const allowed = edge[side];
  if (end !== undefined && typeof end !== 'string') {
    const fits = allowed.length === 0 || allowed.some((one) => one.label === end.definition.label);
    if (!fits) throw new Error(`${edge.label} does not go ${side} ${end.definition.label}`);
    return end.definition;
  }
  return allowed.length === 1 ? allowed[0] : undefined;
}

/** As {@link definitionOfEnd}, where the label must be known. */
export function knownEnd(edge: EdgeDefinition, side: Side, end: End): VertexDefinition {
  const definition = definitionOfEnd(edge, side, end);
  if (definition) return definition;
  throw new Error(`${edge.label} goes ${side} several labels: say which with ref(definition, id)`);
}

/** The vertex at one end of the edge row `e`, as the row `alias`. */
export function endTable(definition: VertexDefinition | undefined): Sql {
  // Every label's table inherits from this one: reading it reads all of them, each by its own index.
  return definition ? tableOf(definition) : sql.id('imbi', '_ag_label_vertex');
}

/** The label of the row `alias`, which {@link endTable} gave. */
export function labelOfRow(definition: VertexDefinition | undefined, alias: string): Sql<string> {
  if (definition) return sql<string>`${sql.lit(definition.label)}`;
  return sql<string>`(select c.relname::text from pg_catalog.pg_class c where c.oid = ${sql.ref(`${alias}.tableoid`)})`;
}

function endColumns(definition: VertexDefinition | undefined, side: Side, alias: string): Sql {
  const owner = definition
    ? organizationOf(definition, alias)
    : sql`ag_catalog.agtype_access_operator(${sql.ref(`${alias}.properties`)}, '"organization_id"'::ag_catalog.agtype)`;
  return sql`${labelOfRow(definition, alias)} as ${sql.ref(`${side}_label`)}, (${idOf(alias)})::text as ${sql.ref(`${side}_id`)}, (${owner})::text as ${sql.ref(`${side}_organization`)}`;
}

/** `e.start_id = alias.id` or `e.end_id = alias.id`. */
export function joinsEnd(side: Side, alias: string, edge = 'e'): Sql<boolean> {
  return equal(sql.ref(`${edge}.${side === 'from' ? 'start_id' : 'end_id'}`), sql.ref(`${alias}.id`));
}

/** What every statement over edges returns about one of them. */
export interface EdgeRow {
  readonly graphid: string;
  readonly from_label: string;
  readonly from_id: string;
  readonly from_organization: string | null;
  readonly to_label: string;
  readonly to_id: string;
  readonly to_organization: string | null;
}

/** The columns of {@link EdgeRow} over the rows e, f (its start) and t (its end). */
export function edgeColumns(from: VertexDefinition | undefined, to: VertexDefinition | undefined): Sql {
  return sql`${graphidText(sql.ref('e.id'))} as graphid, ${endColumns(from, 'from', 'f')}, ${endColumns(to, 'to', 't')}`;
}

/** The same edge, found by an index over its ends: AGE makes none over the ids of edges. */
export function sameEdge(alias: string, edge = 'e'): Sql<boolean> {
  const columns = ['start_id', 'end_id', 'id'];
  const pairs = columns.map((column) => equal(sql.ref(`${edge}.${column}`), sql.ref(`${alias}.${column}`)));
  return sql<boolean>`${sql.join(pairs, sql` and `)}`;
}
