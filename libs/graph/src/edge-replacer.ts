import { sql } from 'kysely';
import { decodeMap, encodeAgtype } from './agtype.js';
import type { ChangeRecorder } from './change.js';
import type { EdgeDefinition, EdgeInsertOf, EdgeOf, VertexDefinition } from './definition.js';
import { type EdgeRow, type End, edgeColumns, endTable, idOfEnd, joinsEnd, knownEnd, sameEdge } from './edge-end.js';
import { recordEdge } from './edge-record.js';
import { missingEnd, namingConflicts } from './graph-error.js';
import { decodeEdge, encodeNewEdge } from './property-codec.js';
import type { Session } from './session.js';
import { anyOf, encode, encodeList, equal, graphid, graphidText, idOf, type Sql, tableOf } from './sql.js';

export interface EdgeTarget<D extends EdgeDefinition> {
  readonly to: End;
  readonly properties?: EdgeInsertOf<D>;
}

export interface ReplaceEdgesOptions<D extends EdgeDefinition> {
  /** Properties that a kept edge keeps, say those that machines write, unless the target gives them. */
  readonly preserve?: readonly Extract<keyof D['properties'], string>[];
}

export interface ReplacedEdges<D extends EdgeDefinition> {
  readonly added: readonly EdgeOf<D>[];
  readonly changed: readonly EdgeOf<D>[];
  readonly removed: readonly EdgeOf<D>[];
}

/**
 * Makes the edges of a label that start at one vertex exactly the given ones; those that are already as wished are not
 * touched. Two statements: locks, then the difference as a set.
 */
export async function replaceEdges<D extends EdgeDefinition>(
  session: Session,
  changes: ChangeRecorder,
  edge: D,
  from: End,
  targets: readonly EdgeTarget<D>[],
  options: ReplaceEdgesOptions<D> = {},
): Promise<ReplacedEdges<D>> {
  if (edge.unique === 'none') throw new Error(`${edge.label} may be parallel: replace its edges one by one`);
  const wished = wishes(session, edge, targets);
  const locked = await lockEnds(session, edge, from, wished);
  const statement = differenceStatement(edge, locked, wished, options.preserve ?? []);
  const rows = await namingConflicts(edge, () => session.run(statement));
  const replaced: { added: EdgeOf<D>[]; changed: EdgeOf<D>[]; removed: EdgeOf<D>[] } = {
    added: [],
    changed: [],
    removed: [],
  };
  for (const row of rows) {
    const before = row.before === null ? undefined : decodeMap(row.before);
    const after = row.after === null ? undefined : decodeMap(row.after);
    recordEdge(changes, edge, row, { before, after });
    const decoded = decodeEdge(edge, { from: row.from_id, to: row.to_id }, after ?? before ?? {});
    if (!before) replaced.added.push(decoded);
    else if (after) replaced.changed.push(decoded);
    else replaced.removed.push(decoded);
  }
  return replaced;
}

interface Wish {
  readonly definition: VertexDefinition;
  readonly id: string;
  readonly properties: string;
}

function wishes<D extends EdgeDefinition>(session: Session, edge: D, targets: readonly EdgeTarget<D>[]): Wish[] {
  const byId = new Map<string, Wish>();
  for (const { to, properties } of targets) {
    const stored = encodeNewEdge(edge, properties ?? {}, session.context.cipher);
    const id = idOfEnd(to);
    byId.set(id, { definition: knownEnd(edge, 'to', to), id, properties: encodeAgtype(stored) });
  }
  return [...byId.values()];
}

interface LockedEnds {
  readonly definition: VertexDefinition;
  readonly from: string;
  /** The graphid of each wished end, in the order of the wishes. */
  readonly to: readonly string[];
}

// Locking the start makes replacements of the same vertex follow one another; a statement that both waited for the lock
// and read the edges would read them as they were before the wait.
async function lockEnds(
  session: Session,
  edge: EdgeDefinition,
  from: End,
  wished: readonly Wish[],
): Promise<LockedEnds> {
  const definition = knownEnd(edge, 'from', from);
  const start = sql`select ${graphidText(sql.ref('v.id'))} as graphid, (${idOf('v')})::text as id, true as start
    from ${tableOf(definition)} v where ${equal(idOf('v'), encode(idOfEnd(from)))} for no key update`;
  const labels = Map.groupBy(wished, (one) => one.definition);
  const ends = [...labels].map(
    ([
      label,
      members,
    ]) => sql`select ${graphidText(sql.ref('v.id'))} as graphid, (${idOf('v')})::text as id, false as start
      from ${tableOf(label)} v where ${anyOf(idOf('v'), encodeList(members.map((one) => one.id)))} for key share`,
  );
  const parts = [start, ...ends].map((one, index) => ({ name: sql.ref(`part_${index}`), select: one }));
  const rows = await session.run<{ graphid: string; id: string; start: boolean }>(sql`
    with ${sql.join(parts.map(({ name, select }) => sql`${name} as materialized (${select})`))}
    ${sql.join(
      parts.map(({ name }) => sql`select * from ${name}`),
      sql` union all `,
    )}`);
  const startRow = rows.find((row) => row.start);
  const found = new Map(rows.filter((row) => !row.start).map((row) => [row.id, row.graphid]));
  const missing = wished.map((one) => one.id).filter((id) => !found.has(id));
  if (!startRow) missing.unshift(idOfEnd(from));
  if (!startRow || missing.length > 0) throw missingEnd(edge.label, missing);
  return { definition, from: startRow.graphid, to: wished.map((one) => found.get(one.id) ?? '') };
}

type DifferenceRow = EdgeRow & { readonly before: string | null; readonly after: string | null };

function differenceStatement(
  edge: EdgeDefinition,
  locked: LockedEnds,
  wished: readonly Wish[],
  preserve: readonly string[],
): Sql<DifferenceRow> {
  const table = tableOf(edge);
  const target = edge.to.length === 1 ? edge.to[0] : undefined;
  const owned = Object.keys(edge.properties).filter((name) => !preserve.includes(name));
  // Without the count the insert might run first and meet the unique index of the edge it replaces.
  return sql<DifferenceRow>`
    with wished as materialized (
      select given.end_id::ag_catalog.agtype::ag_catalog.graphid as end_id,
        given.properties::ag_catalog.agtype as properties, given.position
      from unnest(${locked.to}::bigint[], ${wished.map((one) => one.properties)}::text[])
        with ordinality as given (end_id, properties, position)
    ), existing as materialized (
      select e.id, e.start_id, e.end_id, e.properties from ${table} e
      where ${equal(sql.ref('e.start_id'), graphid(locked.from))} for update
    ), removed as (
      delete from ${table} e using existing x
      where ${sameEdge('x')}
        and not exists (select from wished w where ${equal(sql.ref('w.end_id'), sql.ref('x.end_id'))})
      returning e.id, e.start_id, e.end_id, x.properties as before, null::ag_catalog.agtype as after
    ), merged as materialized (
      select x.id, x.start_id, x.end_id, x.properties,
        x.properties operator(ag_catalog.-) ${encode(owned)} operator(ag_catalog.||) w.properties as next
      from existing x join wished w on ${equal(sql.ref('w.end_id'), sql.ref('x.end_id'))}
    ), changed as (
      update ${table} e set properties = m.next from merged m
      where ${sameEdge('m')} and m.next operator(ag_catalog.<>) m.properties
      returning e.id, e.start_id, e.end_id, m.properties as before, m.next as after
    ), added as (
      insert into ${table} as e (start_id, end_id, properties)
      select ${graphid(locked.from)}, w.end_id, w.properties
      from wished w cross join (select count(*) from removed) after_removal
      where not exists (select from existing x where ${equal(sql.ref('x.end_id'), sql.ref('w.end_id'))})
      order by w.position
      returning e.id, e.start_id, e.end_id, null::ag_catalog.agtype as before, e.properties as after
    ), e as (select * from removed union all select * from changed union all select * from added)
    select ${edgeColumns(locked.definition, target)},
      ag_catalog.agtype_out(e.before)::text as before, ag_catalog.agtype_out(e.after)::text as after
    from e join ${tableOf(locked.definition)} f on ${joinsEnd('from', 'f')}
    cross join lateral (select t.* , t.tableoid from ${endTable(target)} t where ${joinsEnd('to', 't')} limit 1) t`;
}
