import { sql } from 'kysely';
import type { JsonObject } from '#libs/common';
import { decodeMap, encodeAgtype } from './agtype.js';
import type { ChangeRecorder } from './change.js';
import type { InsertOf, PatchOf, VertexDefinition, VertexOf } from './definition.js';
import { namingConflicts, versionMismatch } from './graph-error.js';
import { decodeVertex, type EncodedPatch, encodeNewVertex, encodePatch, ownProperties } from './property-codec.js';
import type { Session } from './session.js';
import { col, encode, equal, idOf, namedCol, propertiesOf, type Sql, tableOf } from './sql.js';

export interface PatchRequest<D extends VertexDefinition> {
  /** Absent keeps, null clears. */
  readonly set?: PatchOf<D>;
  readonly unset?: readonly Extract<keyof PatchOf<D>, string>[];
  readonly expectVersion?: number;
}

export interface PatchResult<D extends VertexDefinition> {
  readonly before: VertexOf<D>;
  readonly after: VertexOf<D>;
  /** False where every value was there already: then nothing is written and the version stays. */
  readonly changed: boolean;
}

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

/** Merges at property level under a row lock. Undefined when there is no such vertex. */
export async function patchVertex<D extends VertexDefinition>(
  session: Session,
  changes: ChangeRecorder,
  definition: D,
  id: string,
  request: PatchRequest<D>,
): Promise<PatchResult<D> | undefined> {
  const { set = {}, unset = [], expectVersion } = request;
  return writePatch(session, changes, definition, { id, values: set, unset, expectVersion });
}

/** Sets every visible property, clearing those not given; hidden ones stay unless given. */
export async function replaceVertex<D extends VertexDefinition>(
  session: Session,
  changes: ChangeRecorder,
  definition: D,
  id: string,
  values: InsertOf<D>,
  expectVersion?: number,
): Promise<PatchResult<D> | undefined> {
  return writePatch(session, changes, definition, {
    id,
    values: replacement(definition, values),
    unset: [],
    expectVersion,
  });
}

function replacement(definition: VertexDefinition, values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { id: _fixed, ...given } = values;
  const visible = Object.entries(ownProperties(definition)).filter(([, declared]) => !declared.hidden);
  const complete: Record<string, unknown> = Object.fromEntries(visible.map(([name]) => [name, null]));
  for (const [name, value] of Object.entries(given)) if (value !== undefined) complete[name] = value;
  return complete;
}

interface Patch {
  readonly id: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly unset: readonly string[];
  readonly expectVersion: number | undefined;
}

async function writePatch<D extends VertexDefinition>(
  session: Session,
  changes: ChangeRecorder,
  definition: D,
  { id, values, unset, expectVersion }: Patch,
): Promise<PatchResult<D> | undefined> {
  const patch = encodePatch(definition.label, ownProperties(definition), values, unset, session.context.cipher);
  const statement = patchStatement(definition, id, patch, expectVersion);
  const [row] = await namingConflicts(definition, () => session.run(statement));
  if (!row) return undefined;
  const before = decodeMap(row.before);
  const version = Number(before['version']);
  if (expectVersion !== undefined && expectVersion !== version) {
    throw versionMismatch(definition.label, expectVersion, version);
  }
  const after = row.after === null ? before : decodeMap(row.after);
  const changed = row.after !== null;
  if (changed) changes.vertex({ definition, organizationId: organization(definition, after), before, after });
  return { before: decodeVertex(definition, before), after: decodeVertex(definition, after), changed };
}

interface PatchRow {
  readonly before: string;
  readonly after: string | null;
}

// `old` waits for the row and sees its newest version; the merge is computed from that and from nothing read earlier.
function patchStatement(
  definition: VertexDefinition,
  id: string,
  patch: EncodedPatch,
  expectVersion: number | undefined,
): Sql<PatchRow> {
  const table = tableOf(definition);
  const expected =
    expectVersion === undefined ? sql`true` : equal(col(definition, 'version', 'merged'), encode(expectVersion));
  const merge = sql`old.properties operator(ag_catalog.-) ${encode([...patch.unset])} operator(ag_catalog.||) ${encode(patch.set)}`;
  return sql<PatchRow>`
    with old as materialized (
      select v.id, v.properties from ${table} v
      where ${equal(idOf('v'), encode(id))} for no key update
    ), merged as materialized (
      select old.id, old.properties, (${merge}) as next from old
    ), written as (
      update ${table} v set properties = merged.next operator(ag_catalog.||) ${stamp(definition, 'merged')}
      from merged
      where ${equal(sql.ref('v.id'), sql.ref('merged.id'))}
        and merged.next operator(ag_catalog.<>) merged.properties and ${expected}
      returning ${propertiesOf('v')} as properties
    )
    select ${propertiesOf('old')} as before, (select written.properties from written) as after from old`;
}

function stamp(definition: VertexDefinition, alias: string): Sql {
  const version = sql`ag_catalog.agtype_add(${col(definition, 'version', alias)}, '1'::ag_catalog.agtype)`;
  const now = new Date().toISOString();
  return sql`ag_catalog.agtype_build_map('version', ${version}, 'updated_at', ${now}::text)`;
}

/** Locks the row against other writers until the transaction ends. Undefined when there is no such vertex. */
export async function lockVertex<D extends VertexDefinition>(
  session: Session,
  definition: D,
  id: string,
): Promise<VertexOf<D> | undefined> {
  const [row] = await session.run<{ properties: string }>(
    sql`select ${propertiesOf('v')} as properties from ${tableOf(definition)} v
      where ${equal(idOf('v'), encode(id))} for no key update`,
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
