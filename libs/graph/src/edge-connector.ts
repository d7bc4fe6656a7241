import { sql } from 'kysely';
import type { JsonObject } from '#libs/common';
import type { BoundStatement } from '#libs/database';
import { encodeAgtype } from './agtype.js';
import type { ChangeRecorder } from './change.js';
import type { EdgeDefinition, EdgeInsertOf, EdgeOf, VertexDefinition } from './definition.js';
import { type EdgeRow, type End, edgeColumns, idOfEnd, joinsEnd, knownEnd } from './edge-end.js';
import { recordEdge } from './edge-record.js';
import { FixedStatement } from './fixed-statement.js';
import { missingEnd, namingConflicts } from './graph-error.js';
import { decodeEdge, encodeNewEdge } from './property-codec.js';
import type { Session } from './session.js';
import { anyOf, encodeList, equal, idOf, type Sql, tableOf } from './sql.js';
import { findVertices } from './vertex-reader.js';
import type { InsertOptions } from './vertex-writer.js';

export interface Connection<D extends EdgeDefinition> {
  readonly from: End;
  readonly to: End;
  readonly properties?: EdgeInsertOf<D>;
}

interface NewEdge {
  readonly from: string;
  readonly to: string;
  readonly stored: JsonObject;
}

interface Ends {
  readonly from: VertexDefinition;
  readonly to: VertexDefinition;
}

interface Group extends Ends {
  readonly edges: NewEdge[];
}

type OnConflict = NonNullable<InsertOptions['onConflict']>;

/**
 * Adds edges: one statement for each pair of labels they join. The vertices stay locked against removal until the
 * commit, so that no edge is left dangling.
 * @throws DomainError `edge_end_not_found` when a vertex is missing, `already_exists` as the edge's uniqueness says
 */
export async function connectEdges<D extends EdgeDefinition>(
  session: Session,
  changes: ChangeRecorder,
  edge: D,
  connections: readonly Connection<D>[],
  options: InsertOptions = {},
): Promise<EdgeOf<D>[]> {
  const added: EdgeOf<D>[] = [];
  for (const group of groupByLabels(session, edge, connections)) {
    const rows = await namingConflicts(edge, () => session.run(insertStatement(edge, group, options)));
    await assertNoneMissing(session, edge, group, Number(rows[0]?.matched));
    added.push(...recordAdded(changes, edge, group, rows));
  }
  return added;
}

function groupByLabels<D extends EdgeDefinition>(
  session: Session,
  edge: D,
  connections: readonly Connection<D>[],
): Iterable<Group> {
  const groups = new Map<string, Group>();
  for (const { from, to, properties } of connections) {
    const ends = { from: knownEnd(edge, 'from', from), to: knownEnd(edge, 'to', to) };
    const key = `${ends.from.label}:${ends.to.label}`;
    const group = groups.get(key) ?? { ...ends, edges: [] };
    groups.set(key, group);
    const stored = encodeNewEdge(edge, properties ?? {}, session.context.cipher);
    group.edges.push({ from: idOfEnd(from), to: idOfEnd(to), stored });
  }
  return groups.values();
}

type InsertedRow = Nullable<EdgeRow> & { readonly matched: string };
type Nullable<Row> = { readonly [K in keyof Row]: Row[K] | null };

// The one row with nulls that comes when nothing was added still says how many pairs had both their vertices.
function insertStatement(
  edge: EdgeDefinition,
  group: Group,
  { onConflict = 'fail' }: InsertOptions,
): Sql<InsertedRow> | BoundStatement<InsertedRow> {
  const [one, ...others] = group.edges;
  // Kept prepared for single edges only: one plan for any number would compare each of thousands with each.
  if (one && others.length === 0) return singleStatement(edge, group, onConflict).with({ ...one });
  const { from, to, edges } = group;
  const fromIds = edges.map((each) => each.from);
  const toIds = edges.map((each) => each.to);
  const properties = edges.map((each) => encodeAgtype(each.stored));
  return withAdded(edge, group, onConflict, {
    from: endRows(from, anyOf(idOf('v'), encodeList([...new Set(fromIds)]))),
    to: endRows(to, anyOf(idOf('v'), encodeList([...new Set(toIds)]))),
    given: sql`
      select f.id as start_id, t.id as end_id, given.properties::ag_catalog.agtype as properties, given.position
      from unnest(${fromIds}::text[], ${toIds}::text[], ${properties}::text[])
        with ordinality as given (from_id, to_id, properties, position)
      join f on f.key = given.from_id join t on t.key = given.to_id`,
  });
}

const singles = new WeakMap<EdgeDefinition, Map<string, FixedStatement<InsertedRow, keyof NewEdge>>>();

function singleStatement(
  edge: EdgeDefinition,
  ends: Ends,
  onConflict: OnConflict,
): FixedStatement<InsertedRow, keyof NewEdge> {
  const known = singles.get(edge) ?? new Map<string, FixedStatement<InsertedRow, keyof NewEdge>>();
  singles.set(edge, known);
  const key = `${ends.from.label} ${ends.to.label} ${onConflict}`;
  let statement = known.get(key);
  if (!statement) {
    statement = new FixedStatement((value) =>
      withAdded(edge, ends, onConflict, {
        from: endRows(ends.from, equal(idOf('v'), value('from'))),
        to: endRows(ends.to, equal(idOf('v'), value('to'))),
        given: sql`select f.id as start_id, t.id as end_id, ${value('stored')} as properties, 1 as position from f, t`,
      }),
    );
    known.set(key, statement);
  }
  return statement;
}

function withAdded(
  edge: EdgeDefinition,
  { from, to }: Ends,
  onConflict: OnConflict,
  parts: { readonly from: Sql; readonly to: Sql; readonly given: Sql },
): Sql<InsertedRow> {
  return sql<InsertedRow>`
    with f as materialized (${parts.from}), t as materialized (${parts.to}), given as materialized (${parts.given}),
    added as (
      insert into ${tableOf(edge)} as e (start_id, end_id, properties)
      select given.start_id, given.end_id, given.properties from given order by given.position
      ${onConflict === 'skip' ? sql`on conflict do nothing` : sql``}
      returning e.id, e.start_id, e.end_id
    ), described as (
      select ${edgeColumns(from, to)} from added e join f on ${joinsEnd('from', 'f')} join t on ${joinsEnd('to', 't')}
      order by e.id
    )
    select matched.count::text as matched, described.*
    from (select count(*) as count from given) matched left join described on true`;
}

function endRows(definition: VertexDefinition, where: Sql): Sql {
  return sql`select v.id, v.properties, (${idOf('v')})::text as key from ${tableOf(definition)} v
    where ${where} for key share`;
}

async function assertNoneMissing(session: Session, edge: EdgeDefinition, group: Group, matched: number): Promise<void> {
  if (matched === group.edges.length) return;
  const ids = await Promise.all([
    missingIds(
      session,
      group.from,
      group.edges.map((one) => one.from),
    ),
    missingIds(
      session,
      group.to,
      group.edges.map((one) => one.to),
    ),
  ]);
  throw missingEnd(edge.label, ids.flat());
}

async function missingIds(session: Session, definition: VertexDefinition, ids: readonly string[]): Promise<string[]> {
  const found = await findVertices(session, definition, ids);
  return [...new Set(ids)].filter((id) => !found.has(id));
}

function recordAdded<D extends EdgeDefinition>(
  changes: ChangeRecorder,
  edge: D,
  group: Group,
  rows: readonly InsertedRow[],
): EdgeOf<D>[] {
  // Parallel edges share a pair; they were inserted, and so come back, in the order given.
  const pending = Map.groupBy(group.edges, (one) => `${one.from}:${one.to}`);
  return rows.filter(isAdded).map((row) => {
    const after = pending.get(`${row.from_id}:${row.to_id}`)?.shift()?.stored ?? {};
    recordEdge(changes, edge, row, { after });
    return decodeEdge(edge, { from: row.from_id, to: row.to_id }, after);
  });
}

function isAdded(row: InsertedRow): row is EdgeRow & { readonly matched: string } {
  return row.graphid !== null;
}
