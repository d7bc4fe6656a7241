import { type RawBuilder, sql } from 'kysely';
import type { JsonValue } from '#libs/common';
import { encodeAgtype } from './agtype.js';
import type { Definition, VertexDefinition } from './definition.js';

// The one file that writes agtype SQL. Everything is qualified, operators too: ag_catalog is in no search path.

/** Any piece of SQL. */
export type Sql<Value = unknown> = RawBuilder<Value>;

/** The table of a label, `imbi."Team"`. */
export function tableOf(definition: Definition): Sql {
  return sql.id('imbi', definition.label);
}

/** The property of the row `alias`, as agtype: written as the indexes are, so that they are used. */
export function col<D extends Definition>(
  definition: D,
  property: Extract<keyof D['properties'], string>,
  alias: string,
): Sql {
  return namedCol(definition, property, alias);
}

/** The property of the row `alias`, only to be shown: a third quicker to get than {@link col}, but no index is by it. */
export function shown<D extends Definition>(
  definition: D,
  property: Extract<keyof D['properties'], string>,
  alias: string,
): Sql {
  if (!Object.hasOwn(definition.properties, property)) {
    throw new Error(`${definition.label} has no property "${property}"`);
  }
  return rawShown(property, alias);
}

function rawShown(property: string, alias: string): Sql {
  return sql`ag_catalog.agtype_object_field_agtype(${sql.ref(`${alias}.properties`)}, ${sql.raw(`'"${property}"'::ag_catalog.agtype`)})`;
}

/** The id property of the vertex row `alias`, whatever its label. */
export function idOf(alias: string): Sql {
  return rawProperty('id', alias);
}

/** {@link idOf}, read as {@link shown} is. */
export function shownId(alias: string): Sql {
  return rawShown('id', alias);
}

/** {@link col} for a name that is only known at run time. @throws Error when the definition lacks it */
export function namedCol(definition: Definition, property: string, alias: string): Sql {
  return propertyAt(definition, property, alias);
}

function propertyAt(definition: Definition, property: string, alias: string, inner?: readonly Sql[]): Sql {
  if (!Object.hasOwn(definition.properties, property)) {
    throw new Error(`${definition.label} has no property "${property}"`);
  }
  return rawProperty(property, alias, inner);
}

// One call for the whole way: where each step is a call of its own, what lies between is copied for each row.
function rawProperty(property: string, alias: string, inner: readonly Sql[] = []): Sql {
  // Definitions accept [a-z0-9_] in names only, so the literal needs no quoting.
  const own = sql.raw(`'"${property}"'::ag_catalog.agtype`);
  return sql`ag_catalog.agtype_access_operator(${sql.join([sql.ref(`${alias}.properties`), own, ...inner])})`;
}

/** What stands at `path` inside a property; the segments are parameters and may be anything. */
export function colAt(definition: Definition, path: readonly [string, ...string[]], alias: string): Sql {
  const [property, ...inner] = path;
  return propertyAt(definition, property, alias, inner.map(encode));
}

/** As {@link colAt} with one inner name, for an index: there a value cannot be a parameter. */
export function memberOf(definition: Definition, property: string, member: string, alias: string): Sql {
  return propertyAt(definition, property, alias, [sql`${sql.lit(encodeAgtype(member))}::ag_catalog.agtype`]);
}

/**
 * The instant that a text says (RFC 3339), as milliseconds since 1970; null where it says none. What looks different may
 * be the same instant, and what sorts first as text may come later.
 */
export function instantOf(value: Sql): Sql {
  const text = sql`btrim(${out(value)}, '"')`;
  return sql`(case when pg_input_is_valid(${text}, 'timestamptz')
    then trunc(extract(epoch from (${text})::timestamptz) * 1000) end)::bigint::ag_catalog.agtype`;
}

/** A value as an agtype parameter. */
export function encode(value: JsonValue): Sql {
  return sql`${encodeAgtype(value)}::ag_catalog.agtype`;
}

/** Values as one agtype[] parameter, for {@link anyOf}. */
export function encodeList(values: readonly JsonValue[]): Sql {
  return sql`${values.map((value) => encodeAgtype(value))}::ag_catalog.agtype[]`;
}

/** `left = right` of two agtypes or two graphids. */
export function equal(left: Sql, right: Sql): Sql<boolean> {
  return sql<boolean>`${left} operator(ag_catalog.=) ${right}`;
}

/**
 * `left > right` of two agtypes. AGE registers > and >= in each other's places in its btree operator class, so that
 * index scans for >= lose rows and the planner drops > where it thinks that an equality implies it. The operator finds
 * the index range, and the function, of which the planner knows nothing, decides. Never write these operators alone.
 */
export function greater(left: Sql, right: Sql): Sql<boolean> {
  return sql<boolean>`(${left} operator(ag_catalog.>) ${right} and ag_catalog.agtype_gt(${left}, ${right}))`;
}

/** `left >= right` of two agtypes; see {@link greater}. */
export function greaterOrEqual(left: Sql, right: Sql): Sql<boolean> {
  return sql<boolean>`(${greater(left, right)} or ${equal(left, right)})`;
}

/** `left < right` of two agtypes. */
export function less(left: Sql, right: Sql): Sql<boolean> {
  return sql<boolean>`${left} operator(ag_catalog.<) ${right}`;
}

/** `left <= right` of two agtypes. */
export function lessOrEqual(left: Sql, right: Sql): Sql<boolean> {
  return sql<boolean>`${left} operator(ag_catalog.<=) ${right}`;
}

/** `value = any(list)`. */
export function anyOf(value: Sql, list: Sql): Sql<boolean> {
  return sql<boolean>`${value} operator(ag_catalog.=) any(${list})`;
}

/** The text of an agtype; decode it with `decodeAgtype`. The driver has no parser for the type itself. */
export function out(value: Sql): Sql<string> {
  return sql<string>`ag_catalog.agtype_out(${value})::text`;
}

/** The text of a string property, without quotes. */
export function textOf(value: Sql): Sql<string> {
  return sql<string>`(${value})::text`;
}

/**
 * The text of a member of a JSON object that was got by {@link shown}, null where it is not set; decode it with
 * `decodeAgtype`. Where several members are shown, to get the object once is half of the work.
 */
export function shownMember(object: Sql, member: string): Sql<string> {
  const value = sql`ag_catalog.agtype_object_field_agtype(${object}, ${encode(member)})`;
  return sql<string>`nullif(${out(value)}, 'null')`;
}

/** The properties column of `alias`, as text. */
export function propertiesOf(alias: string): Sql<string> {
  return out(sql.ref(`${alias}.properties`));
}

/** One JSON object of agtypes as text: `jsonObject({ slug: col(Team, 'slug', 't') })`. */
export function jsonObject(members: Readonly<Record<string, Sql>>): Sql<string> {
  const parts = Object.entries(members).flatMap(([name, value], index) => [
    sql.lit(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`),
    sql`coalesce(${out(value)}, 'null')`,
  ]);
  return sql<string>`(${sql.join(parts, sql` || `)} || '}')`;
}

/** An aggregate: JSON texts as one JSON list, `[]` for none. */
export function jsonList(text: Sql, orderBy?: Sql): Sql<string> {
  const order = orderBy ? sql`order by ${orderBy}` : sql``;
  return sql<string>`('[' || coalesce(string_agg(${text}, ',' ${order}), '') || ']')`;
}

/** A graphid (8-byte id of a row in its graph) as decimal text. */
export function graphidText(value: Sql): Sql<string> {
  return sql<string>`(ag_catalog.graphid_to_agtype(${value}))::bigint::text`;
}

/** A graphid parameter; `'123'::graphid` does not work where long has 32 bits (the embedded engine). */
export function graphid(text: string): Sql {
  return sql`(${text}::bigint)::ag_catalog.agtype::ag_catalog.graphid`;
}

/** Graphid parameters as one array, for {@link anyOf}. */
export function graphidList(texts: readonly string[]): Sql {
  return sql`array(select x::ag_catalog.agtype::ag_catalog.graphid from unnest(${texts}::bigint[]) as given (x))`;
}

/** `select` list item naming whose organization a vertex belongs to, null for nobody's. */
export function organizationOf(definition: VertexDefinition, alias: string): Sql {
  if (definition.tenancy === 'property') return rawProperty('organization_id', alias);
  if (definition.tenancy === 'self') return rawProperty('id', alias);
  return sql`null::ag_catalog.agtype`;
}
