import { sql } from 'kysely';
import { decodeMap } from './agtype.js';
import type { ChangeRecorder } from './change.js';
import type { EdgeDefinition, EdgeOf, EdgePatchOf } from './definition.js';
import { type EdgeRow, type End, edgeColumns, sameEdge } from './edge-end.js';
import { compileSelection, type EdgeSelection } from './edge-reader.js';
import { recordEdge } from './edge-record.js';
import { decodeEdge, encodePatch } from './property-codec.js';
import type { Session } from './session.js';
import { encode, equal, propertiesOf, tableOf } from './sql.js';

export interface EdgePatchResult<D extends EdgeDefinition> {
  readonly before: EdgeOf<D>;
  readonly after: EdgeOf<D>;
  readonly changed: boolean;
}

export interface EdgePatchRequest<D extends EdgeDefinition> {
  readonly set?: EdgePatchOf<D>;
  readonly unset?: readonly Extract<keyof EdgePatchOf<D>, string>[];
}

type StoredEdgeRow = EdgeRow & { readonly properties: string };

/** Removes the selected edges; returns them as they were. */
export async function disconnectEdges<D extends EdgeDefinition>(
  session: Session,
  changes: ChangeRecorder,
  edge: D,
  selection: EdgeSelection,
): Promise<EdgeOf<D>[]> {
  const { from, to, tables, where } = compileSelection(edge, selection);
  const rows = await session.run<StoredEdgeRow>(sql`
    with chosen as materialized (
      select e.id, e.start_id, e.end_id, ${edgeColumns(from, to)} from ${tables} where ${where} for update of e
    ), removed as (
      delete from ${tableOf(edge)} e using chosen where ${sameEdge('chosen')}
      returning e.id, ${propertiesOf('e')} as properties
    )
    select chosen.graphid, ${sql.raw(END_COLUMNS)}, removed.properties
    from removed join chosen on ${equal(sql.ref('removed.id'), sql.ref('chosen.id'))} order by removed.id`);
  return rows.map((row) => {
    const before = decodeMap(row.properties);
    recordEdge(changes, edge, row, { before });
    return decodeEdge(edge, { from: row.from_id, to: row.to_id }, before);
  });
}

const END_COLUMNS =
  'chosen.from_label, chosen.from_id, chosen.from_organization, chosen.to_label, chosen.to_id, chosen.to_organization';

type PatchedEdgeRow = EdgeRow & { readonly before: string; readonly after: string | null };

/** Merges properties into the edge between two vertices under a row lock. Undefined when there is none. */
export async function patchEdge<D extends EdgeDefinition>(
  session: Session,
  changes: ChangeRecorder,
  edge: D,
  ends: { from: End; to: End },
  request: EdgePatchRequest<D>,
): Promise<EdgePatchResult<D> | undefined> {
  if (edge.unique === 'none') throw new Error(`${edge.label} may join two vertices more than once: no edge is meant`);
  const patch = encodePatch(
    edge.label,
    edge.properties,
    request.set ?? {},
    request.unset ?? [],
    session.context.cipher,
  );
  const { from, to, tables, where } = compileSelection(edge, ends);
  const merge = sql`old.properties operator(ag_catalog.-) ${encode([...patch.unset])} operator(ag_catalog.||) ${encode(patch.set)}`;
  const [row] = await session.run<PatchedEdgeRow>(sql`
    with old as materialized (
      select e.id, e.start_id, e.end_id, e.properties, ${edgeColumns(from, to)} from ${tables} where ${where} for update of e
    ), merged as materialized (
      select old.id, old.start_id, old.end_id, old.properties, (${merge}) as next from old
    ), written as (
      update ${tableOf(edge)} e set properties = merged.next from merged
      where ${sameEdge('merged')} and merged.next operator(ag_catalog.<>) merged.properties
      returning ${propertiesOf('e')} as properties
    )
    select old.graphid, ${sql.raw(END_COLUMNS.replaceAll('chosen.', 'old.'))}, ${propertiesOf('old')} as before,
      (select written.properties from written) as after from old`);
  if (!row) return undefined;
  const before = decodeMap(row.before);
  const after = row.after === null ? before : decodeMap(row.after);
  if (row.after !== null) recordEdge(changes, edge, row, { before, after });
  const at = { from: row.from_id, to: row.to_id };
  return { before: decodeEdge(edge, at, before), after: decodeEdge(edge, at, after), changed: row.after !== null };
}
