import { sql } from 'kysely';
import type { JsonValue } from '#libs/common';
import type { ChangeRecorder } from './change.js';
import type { Definition, EdgeDefinition, EdgeInsertOf, InsertOf, VertexDefinition, VertexOf } from './definition.js';
import { definitionOfEnd, type End, idOfEnd, knownEnd, ref } from './edge-end.js';
import { recordEdge } from './edge-record.js';
import { missingEnd } from './graph-error.js';
import { decodeVertex, encodeNewEdge, encodeNewVertex } from './property-codec.js';
import type { Session } from './session.js';
import { equal, graphidText, idOf, organizationOf, propertiesOf, type Sql, tableOf } from './sql.js';
import {
  type PatchRequest,
  type PatchResult,
  type PatchRow,
  patchTables,
  patchValues,
  toPatchResult,
  variantOf,
} from './vertex-patcher.js';
import { organization } from './vertex-writer.js';

/** One row for the whole statement: what its columns say of each write begins with the write's suffix. */
export type BatchRow = Readonly<Record<string, string | null>>;

/** One of the writes that go together in a statement. */
export interface BatchedWrite<Result> {
  readonly definitions: readonly [Definition, ...Definition[]];
  /** Writes of the same shape to the same definitions have the same text. */
  readonly shape: string;
  /** Composes this write's tables and columns, their names ending in `suffix`; must know no value of this call. */
  readonly compose: (suffix: string, value: (name: string) => Sql) => Composed;
  readonly values: Readonly<Record<string, JsonValue>>;
  /** The id of a vertex that is changed, which no other write of the statement may name. */
  readonly changes?: string;
  /** Ids of vertices that are not changed but must be there. */
  readonly needs?: readonly string[];
  /** Takes what the database answered; throws where the write is refused. */
  readonly settle: (row: BatchRow, suffix: string) => Result;
}

export interface Composed {
  readonly tables: readonly Sql[];
  readonly columns: readonly Sql[];
}

/** An edge that starts at a vertex inserted with it. */
export interface OutgoingEdge {
  readonly edge: EdgeDefinition;
  readonly to: End;
  readonly properties: Readonly<Record<string, unknown>>;
}

export function edgeTo<D extends EdgeDefinition>(edge: D, to: End, properties?: EdgeInsertOf<D>): OutgoingEdge {
  return { edge, to, properties: properties ?? {} };
}

export function batchedPatch<D extends VertexDefinition>(
  session: Session,
  changes: ChangeRecorder,
  definition: D,
  id: string,
  request: PatchRequest<D>,
): BatchedWrite<PatchResult<D> | undefined> {
  const { set = {}, unset = [], expectVersion } = request;
  const variant = variantOf(request);
  return {
    definitions: [definition],
    shape: `patch ${variant}`,
    compose: composePatch(definition, variant),
    values: patchValues(session, definition, { id, values: set, unset, expectVersion }),
    changes: id,
    settle: (row, suffix) => {
      const before = row[`before${suffix}`];
      if (before === null || before === undefined) return undefined;
      const patched: PatchRow = { before, after: row[`after${suffix}`] ?? null };
      return toPatchResult(changes, definition, patched, expectVersion);
    },
  };
}

function composePatch(definition: VertexDefinition, variant: Parameters<typeof patchTables>[1]) {
  return (suffix: string, value: (name: string) => Sql): Composed => ({
    tables: [patchTables(definition, variant, value, suffix)],
    columns: [
      sql`(select ${propertiesOf('o')} from ${sql.id(`old${suffix}`)} o) as ${sql.id(`before${suffix}`)}`,
      sql`(select w.properties from ${sql.id(`written${suffix}`)} w) as ${sql.id(`after${suffix}`)}`,
    ],
  });
}

/** The edges are refused as `connect` refuses them. */
export function batchedInsert<D extends VertexDefinition>(
  session: Session,
  changes: ChangeRecorder,
  definition: D,
  values: InsertOf<D>,
  outgoing: readonly OutgoingEdge[],
): BatchedWrite<VertexOf<D>> {
  const { cipher } = session.context;
  const after = encodeNewVertex(definition, values, new Date().toISOString(), cipher);
  const id = String(after['id']);
  const edges = outgoing.map(({ edge, to, properties }) => {
    definitionOfEnd(edge, 'from', ref(definition, id));
    const stored = encodeNewEdge(edge, properties, cipher);
    return { edge, end: knownEnd(edge, 'to', to), to: idOfEnd(to), stored };
  });
  const ends = edges.map(({ edge, end }) => ({ edge, end }));
  const slots = edges.flatMap(({ to, stored }, at): [string, JsonValue][] => [
    [`to${at}`, to],
    [`edge${at}`, stored],
  ]);
  return {
    definitions: [definition, ...ends.flatMap(({ edge, end }) => [edge, end])],
    shape: 'insert',
    compose: composeInsert(definition, ends),
    values: { vertex: after, ...Object.fromEntries(slots) },
    needs: edges.map(({ to }) => to),
    settle: (row, suffix) => {
      changes.vertex({ definition, organizationId: organization(definition, after), after });
      for (const [at, { edge, end, to, stored }] of edges.entries()) {
        const graphid = row[`graphid${suffix}_${at}`] ?? undefined;
        if (graphid === undefined) throw missingEnd(edge.label, [to]);
        const from = {
          from_label: definition.label,
          from_id: id,
          from_organization: organization(definition, after) || null,
        };
        const to_organization = row[`owner${suffix}_${at}`] ?? null;
        const added = { graphid, ...from, to_label: end.label, to_id: to, to_organization };
        recordEdge(changes, edge, added, { after: stored });
      }
      return decodeVertex(definition, after);
    },
  };
}

// The end is locked against removal, as for every edge; where it is not there, no edge is made and no id comes back.
function composeInsert(
  definition: VertexDefinition,
  outgoing: readonly { readonly edge: EdgeDefinition; readonly end: VertexDefinition }[],
) {
  return (suffix: string, value: (name: string) => Sql): Composed => {
    const inserted = sql.id(`inserted${suffix}`);
    const composed = outgoing.map(({ edge, end }, at) => {
      const [target, added] = [sql.id(`target${suffix}_${at}`), sql.id(`added${suffix}_${at}`)];
      return {
        tables: [
          sql`${target} as materialized (
            select v.id, (${organizationOf(end, 'v')})::text as owner from ${tableOf(end)} v
            where ${equal(idOf('v'), value(`to${at}`))} for key share
          )`,
          sql`${added} as (
            insert into ${tableOf(edge)} as e (start_id, end_id, properties)
            select i.id, t.id, ${value(`edge${at}`)} from ${inserted} i, ${target} t returning e.id
          )`,
        ],
        columns: [
          sql`(select ${graphidText(sql.ref('a.id'))} from ${added} a) as ${sql.id(`graphid${suffix}_${at}`)}`,
          sql`(select t.owner from ${target} t) as ${sql.id(`owner${suffix}_${at}`)}`,
        ],
      };
    });
    return {
      tables: [
        sql`${inserted} as (
          insert into ${tableOf(definition)} as v (properties) values (${value('vertex')}) returning v.id
        )`,
        ...composed.flatMap(({ tables }) => tables),
      ],
      columns: composed.flatMap(({ columns }) => columns),
    };
  };
}
