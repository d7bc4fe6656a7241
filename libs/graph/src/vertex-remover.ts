import { sql } from 'kysely';
import { decodeMap } from './agtype.js';
import type { ChangeRecorder } from './change.js';
import type { EdgeDefinition, VertexDefinition, VertexOf } from './definition.js';
import { definitionOfEnd, type EdgeRow, edgeColumns, endTable, joinsEnd } from './edge-end.js';
import { recordEdge } from './edge-record.js';
import { versionMismatch } from './graph-error.js';
import { decodeVertex } from './property-codec.js';
import type { Session } from './session.js';
import { anyOf, encodeList, graphidList, graphidText, idOf, propertiesOf, type Sql, tableOf } from './sql.js';
import { organization } from './vertex-writer.js';

export interface RemoveResult<D extends VertexDefinition> {
  /** The vertices as they were; ids that were not there are left out. */
  readonly vertices: readonly VertexOf<D>[];
  /** How many edges went with them. */
  readonly edges: number;
}

/**
 * Removes vertices and every edge that touches them. Two statements: the first waits for whoever is just connecting
 * them, so that the second sees all their edges.
 */
export async function removeVertices<D extends VertexDefinition>(
  session: Session,
  changes: ChangeRecorder,
  definition: D,
  ids: readonly string[],
  expectVersion?: number,
): Promise<RemoveResult<D>> {
  const locked = await session.run<{ graphid: string; properties: string }>(
    sql`select ${graphidText(sql.ref('v.id'))} as graphid, ${propertiesOf('v')} as properties
      from ${tableOf(definition)} v where ${anyOf(idOf('v'), encodeList(ids))} order by v.id for update`,
  );
  if (locked.length === 0) return { vertices: [], edges: 0 };
  const stored = locked.map((row) => decodeMap(row.properties));
  for (const { version } of expectVersion === undefined ? [] : stored) {
    if (version !== expectVersion) throw versionMismatch(definition.label, Number(expectVersion), Number(version));
  }
  const graphids = locked.map((row) => row.graphid);
  const edges = await removeWithEdges(session, changes, definition, graphids);
  for (const before of stored) changes.vertex({ definition, organizationId: organization(definition, before), before });
  return { vertices: stored.map((one) => decodeVertex(definition, one)), edges };
}

type RemovedEdgeRow = EdgeRow & { readonly edge_label: string; readonly properties: string };

async function removeWithEdges(
  session: Session,
  changes: ChangeRecorder,
  definition: VertexDefinition,
  graphids: readonly string[],
): Promise<number> {
  const incident = session.context.model.incident(definition);
  const removals = incident.map(({ edge, out, in: into }, index) => {
    const name = sql.ref(`removed_${index}`);
    const sides = [...(out ? [sql.ref('e.start_id')] : []), ...(into ? [sql.ref('e.end_id')] : [])];
    const touches = sides.map((side) => anyOf(side, sql`(select ids from doomed)::ag_catalog.graphid[]`));
    return {
      cte: sql`${name} as (delete from ${tableOf(edge)} e where ${sql.join(touches, sql` or `)}
        returning e.id, e.start_id, e.end_id, e.properties)`,
      select: selectRemoved(edge, name),
    };
  });
  const ctes = [
    sql`doomed as materialized (select ${graphidList(graphids)} as ids)`,
    ...removals.map((one) => one.cte),
    sql`vertices as (delete from ${tableOf(definition)} v
      where ${anyOf(sql.ref('v.id'), sql`(select ids from doomed)::ag_catalog.graphid[]`)})`,
  ];
  const selects = removals.map((one) => one.select);
  const rows = await session.run<RemovedEdgeRow>(
    sql`with ${sql.join(ctes)} ${selects.length > 0 ? sql.join(selects, sql` union all `) : sql`select where false`}`,
  );
  for (const row of rows) {
    const edge = session.context.model.edge(row.edge_label);
    if (edge) recordEdge(changes, edge, row, { before: decodeMap(row.properties) });
  }
  return rows.length;
}

// The vertices are still seen by the statement that deletes them. `limit` keeps the planner from joining whole tables.
function selectRemoved(edge: EdgeDefinition, name: Sql): Sql {
  const [from, to] = [definitionOfEnd(edge, 'from'), definitionOfEnd(edge, 'to')];
  return sql`(select ${sql.lit(edge.label)} as edge_label, ${edgeColumns(from, to)}, ${propertiesOf('e')} as properties
    from ${name} e
    cross join lateral (select f.*, f.tableoid from ${endTable(from)} f where ${joinsEnd('from', 'f')} limit 1) f
    cross join lateral (select t.*, t.tableoid from ${endTable(to)} t where ${joinsEnd('to', 't')} limit 1) t)`;
}
