import { sql } from 'kysely';
import type { JsonObject } from '#libs/common';
import { decodeMap, encodeAgtype } from './agtype.js';
import type { ChangeRecorder } from './change.js';
import type { InsertOf, VertexDefinition, VertexOf } from './definition.js';
import { namingConflicts } from './graph-error.js';
import { decodeVertex, encodeNewVertex } from './property-codec.js';
import type { Session } from './session.js';
import { encode, equal, idOf, namedCol, propertiesOf, tableOf } from './sql.js';

export interface InsertOptions {
  /** `skip` leaves out vertices that clash with existing ones instead of failing. */
  readonly onConflict?: 'fail' | 'skip';
}

/** One statement however many vertices; returns those that were inserted, in the order given. */
export async function insertVertices<D extends VertexDefinition>(
  session: Session,
  changes: ChangeRecorder,
  definition: D,
  values: readonly InsertOf<D>[],
  options: InsertOptions = {},
): Promise<VertexOf<D>[]> {
  if (values.length === 0) return [];
  const now = new Date().toISOString();
  const vertices = values.map((one) => encodeNewVertex(definition, one, now, session.context.cipher));
  const inserted = await namingConflicts(definition, () => insertStored(session, definition, vertices, options));
  for (const after of inserted) changes.vertex({ definition, organizationId: organization(definition, after), after });
  return inserted.map((stored) => decodeVertex(definition, stored));
}

async function insertStored(
  session: Session,
  definition: VertexDefinition,
  vertices: readonly JsonObject[],
  options: InsertOptions,
): Promise<readonly JsonObject[]> {
  const texts = vertices.map((one) => encodeAgtype(one));
  const insert = sql`insert into ${tableOf(definition)} as v (properties)
    select given.properties::ag_catalog.agtype
    from unnest(${texts}::text[]) with ordinality as given (properties, position) order by given.position`;
  if (options.onConflict !== 'skip') {
    await session.run(insert);
    return vertices;
  }
  const rows = await session.run<{ id: string }>(
    sql`${insert} on conflict do nothing returning (${idOf('v')})::text as id`,
  );
  const ids = new Set(rows.map((row) => row.id));
  return vertices.filter((one) => ids.has(String(one['id'])));
}

export interface LockOptions {
  /** Also keeps others from connecting edges to the vertex: for who counts them before removing it. */
  readonly forRemoval?: boolean;
}

/** Locks the row against other writers until the transaction ends. Undefined when there is no such vertex. */
export async function lockVertex<D extends VertexDefinition>(
  session: Session,
  definition: D,
  id: string,
  options: LockOptions = {},
): Promise<VertexOf<D> | undefined> {
  const strength = options.forRemoval ? sql`for update` : sql`for no key update`;
  const [row] = await session.run<{ properties: string }>(
    sql`select ${propertiesOf('v')} as properties from ${tableOf(definition)} v
      where ${equal(idOf('v'), encode(id))} ${strength}`,
  );
  return row && decodeVertex(definition, decodeMap(row.properties));
}

/** The decrypted or secret text of one hidden property; undefined where the vertex or the value is missing. */
export async function revealProperty(
  session: Session,
  definition: VertexDefinition,
  id: string,
  property: string,
): Promise<string | undefined> {
  const declared = definition.properties[property];
  if (!declared?.hidden) throw new Error(`${definition.label}.${property} is not hidden`);
  const [row] = await session.run<{ value: string | null }>(
    sql`select (${namedCol(definition, property, 'v')})::text as value from ${tableOf(definition)} v
      where ${equal(idOf('v'), encode(id))}`,
    { fixed: true },
  );
  if (!row || row.value === null) return undefined;
  return declared.kind === 'encrypted' ? session.context.cipher.decrypt(row.value) : row.value;
}

/** Whose history a vertex belongs to; empty for nobody's. */
export function organization(definition: VertexDefinition, stored: JsonObject): string {
  if (definition.tenancy === 'none') return '';
  return String(stored[definition.tenancy === 'self' ? 'id' : 'organization_id'] ?? '');
}
