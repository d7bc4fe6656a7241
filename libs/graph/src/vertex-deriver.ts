import { sql } from 'kysely';
import { decodeAgtype, encodeAgtype } from './agtype.js';
import type { VertexDefinition } from './definition.js';
import { encodePatch, ownProperties } from './property-codec.js';
import type { Session } from './session.js';
import { anyOf, encode, encodeList, equal, idOf, out, type Sql, tableOf } from './sql.js';

/** A vertex, and what was computed for it; null for nothing. */
export interface DerivedValue {
  readonly id: string;
  readonly value: number | string | boolean | null;
}

/**
 * Writes one property that is computed from others, for any number of vertices in one statement. It is no change that
 * somebody made: neither the version nor `updated_at` moves, and the change history does not hear of it. Vertices that
 * are gone are passed over. Returns the ids of those that had another value.
 */
export async function deriveProperty(
  session: Session,
  definition: VertexDefinition,
  property: string,
  values: readonly DerivedValue[],
): Promise<string[]> {
  if (values.length === 0) return [];
  const own = ownProperties(definition);
  if (!own[property]?.optional) throw new Error(`${definition.label}.${property} is not optional, so not derived`);
  const { cipher } = session.context;
  const patches = values.map(({ value }) => encodePatch(definition.label, own, { [property]: value }, [], cipher).set);
  const rows = await session.run(deriveStatement(definition, property, values, patches));
  return rows.map(({ id }) => String(decodeAgtype(id)));
}

// Locked in the order of their ids, as whoever touches many vertices does, and merged from what is then their newest state.
function deriveStatement(
  definition: VertexDefinition,
  property: string,
  values: readonly DerivedValue[],
  patches: readonly object[],
): Sql<{ id: string }> {
  const table = tableOf(definition);
  const ids = values.map(({ id }) => id);
  const keys = ids.map((id) => encodeAgtype(id));
  const texts = patches.map((patch) => JSON.stringify(patch));
  const merged = sql`old.properties operator(ag_catalog.-) ${encode([property])} operator(ag_catalog.||) given.patch`;
  return sql<{ id: string }>`
    with given as materialized (
      select key::ag_catalog.agtype as key, patch::ag_catalog.agtype as patch
      from unnest(${keys}::text[], ${texts}::text[]) as given (key, patch)
    ), old as materialized (
      select v.id, v.properties from ${table} v where ${anyOf(idOf('v'), encodeList(ids))}
      order by ${idOf('v')} for no key update
    ), changed as materialized (
      select old.id, ${merged} as properties from old join given on ${equal(idOf('old'), sql.ref('given.key'))}
      where ${merged} operator(ag_catalog.<>) old.properties
    )
    update ${table} v set properties = changed.properties
    from changed where ${equal(sql.ref('v.id'), sql.ref('changed.id'))}
    returning ${out(idOf('v'))} as id`;
}
