import { sql } from 'kysely';
import type { JsonValue } from '#libs/common';
import { decodeMap } from './agtype.js';
import type { ChangeRecorder } from './change.js';
import type { Definition, InsertOf, PatchOf, VertexDefinition, VertexOf } from './definition.js';
import { fixedStatements } from './fixed-statement.js';
import { namingConflicts, versionMismatch } from './graph-error.js';
import { decodeVertex, encodePatch, ownProperties } from './property-codec.js';
import type { Session } from './session.js';
import { equal, idOf, namedCol, propertiesOf, type Sql, tableOf } from './sql.js';
import { organization } from './vertex-writer.js';

export interface PatchRequest<D extends VertexDefinition> {
  /** Absent keeps, null clears. */
  readonly set?: PatchOf<D>;
  readonly unset?: readonly Extract<keyof PatchOf<D>, string>[];
  readonly expectVersion?: number;
  /** Raises the version although no property differs: for a change of edges that a reader takes for the vertex's own. */
  readonly touch?: boolean;
}

export interface PatchResult<D extends VertexDefinition> {
  readonly before: VertexOf<D>;
  readonly after: VertexOf<D>;
  /** False where every value was there already: then nothing is written and the version stays. */
  readonly changed: boolean;
}

/** Merges at property level under a row lock. Undefined when there is no such vertex. */
export async function patchVertex<D extends VertexDefinition>(
  session: Session,
  changes: ChangeRecorder,
  definition: D,
  id: string,
  request: PatchRequest<D>,
): Promise<PatchResult<D> | undefined> {
  const { set = {}, unset = [], expectVersion, touch } = request;
  return writePatch(session, changes, definition, { id, values: set, unset, expectVersion, touch });
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
  readonly expectVersion?: number;
  readonly touch?: boolean;
}

async function writePatch<D extends VertexDefinition>(
  session: Session,
  changes: ChangeRecorder,
  definition: D,
  request: Patch,
): Promise<PatchResult<D> | undefined> {
  const statement = patchStatement(definition, variantOf(request)).with(patchValues(session, definition, request));
  const [row] = await namingConflicts(definition, () => session.run(statement));
  return row && toPatchResult(changes, definition, row, request.expectVersion);
}

/** The values of a patch for the slots of {@link patchTables}. @throws DomainError `invalid_properties` */
export function patchValues(
  session: Session,
  definition: VertexDefinition,
  { id, values, unset, expectVersion }: Patch,
): Record<PatchSlot, JsonValue> {
  const patch = encodePatch(definition.label, ownProperties(definition), values, unset, session.context.cipher);
  const now = new Date().toISOString();
  return { id, set: patch.set, unset: [...patch.unset], version: expectVersion ?? null, now };
}

/** Takes a written patch to the history. @throws DomainError `version_mismatch` */
export function toPatchResult<D extends VertexDefinition>(
  changes: ChangeRecorder,
  definition: D,
  row: PatchRow,
  expectVersion: number | undefined,
): PatchResult<D> {
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

export interface PatchRow {
  readonly before: string;
  readonly after: string | null;
}

export type PatchSlot = 'id' | 'set' | 'unset' | 'version' | 'now';

export type PatchVariant = 'any' | 'any, touch' | 'version' | 'version, touch';

export function variantOf({ expectVersion, touch }: Pick<Patch, 'expectVersion' | 'touch'>): PatchVariant {
  const expected = expectVersion === undefined ? 'any' : 'version';
  return touch ? `${expected}, touch` : expected;
}

const patchStatement = fixedStatements<PatchRow, PatchSlot, PatchVariant>(
  (definition, variant, value) => sql<PatchRow>`
    with ${patchTables(definition, variant, value)}
    select ${propertiesOf('old')} as before, (select written.properties from written) as after from old`,
);

/**
 * The tables old, merged and written of a patch, whose names end in `suffix`. `old` waits for the row and sees its newest
 * version; the merge is computed from that and from nothing read earlier.
 */
export function patchTables(
  definition: Definition,
  variant: PatchVariant,
  value: (name: PatchSlot) => Sql,
  suffix = '',
): Sql {
  const table = tableOf(definition);
  const [old, merged, written] = [sql.id(`old${suffix}`), sql.id(`merged${suffix}`), sql.id(`written${suffix}`)];
  const version = namedCol(definition, 'version', 'merged');
  const expected = variant.startsWith('version') ? equal(version, value('version')) : sql`true`;
  const differs = variant.endsWith('touch') ? sql`true` : sql`merged.next operator(ag_catalog.<>) merged.properties`;
  const merge = sql`old.properties operator(ag_catalog.-) ${value('unset')} operator(ag_catalog.||) ${value('set')}`;
  return sql`${old} as materialized (
      select v.id, v.properties from ${table} v
      where ${equal(idOf('v'), value('id'))} for no key update
    ), ${merged} as materialized (
      select old.id, old.properties, (${merge}) as next from ${old} as old
    ), ${written} as (
      update ${table} v set properties = merged.next operator(ag_catalog.||) ${stamp(version, value('now'))}
      from ${merged} as merged
      where ${equal(sql.ref('v.id'), sql.ref('merged.id'))} and ${differs} and ${expected}
      returning ${propertiesOf('v')} as properties
    )`;
}

function stamp(version: Sql, now: Sql): Sql {
  const next = sql`ag_catalog.agtype_add(${version}, '1'::ag_catalog.agtype)`;
  return sql`ag_catalog.agtype_build_map('version', ${next}, 'updated_at', ${now})`;
}
