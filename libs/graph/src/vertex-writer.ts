import { sql } from 'kysely';
import type { JsonObject } from '#libs/common';
import { decodeMap } from './agtype.js';
import type { ChangeRecorder } from './change.js';
import type { InsertOf, VertexDefinition, VertexOf } from './definition.js';
import { fixedStatements } from './fixed-statement.js';
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
  const statement = insertStatement(definition, options.onConflict ?? 'fail').with({ vertices: [...vertices] });
  const rows = await session.run(statement);
  if (options.onConflict !== 'skip') return vertices;
  const ids = new Set(rows.map((row) => row.id));
  return vertices.filter((one) => ids.has(String(one['id'])));
}

const insertStatement = fixedStatements<{ id: string }, 'vertices', 'fail' | 'skip'>(
  (definition, onConflict, _value, list) => sql<{ id: string }>`
    insert into ${tableOf(definition)} as v (properties)
    select given.properties from unnest(${list('vertices')}) with ordinality as given (properties, position)
    order by given.position
    ${onConflict === 'skip' ? sql`on conflict do nothing returning (${idOf('v')})::text as id` : sql``}`,
);

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
  const statement = lockStatement(definition, options.forRemoval ? 'for update' : 'for no key update').with({ id });
  const [row] = await session.run(statement);
  return row && decodeVertex(definition, decodeMap(row.properties));
}

const lockStatement = fixedStatements<{ properties: string }, 'id', 'for update' | 'for no key update'>(
  (definition, strength, value) => sql<{ properties: string }>`
    select ${propertiesOf('v')} as properties from ${tableOf(definition)} v
    where ${equal(idOf('v'), value('id'))} ${sql.raw(strength)}`,
);

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
