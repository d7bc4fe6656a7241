import { sql } from 'kysely';
import type { JsonValue } from '#libs/common';
import type { VertexDefinition } from './definition.js';
import type { Properties, Property } from './property.js';
import { colAt, encode, equal, idOf, type Sql } from './sql.js';

export type Direction = 'asc' | 'desc';

type SortableName<P> = string extends keyof P
  ? string
  : Extract<{ [K in keyof P]: P[K] extends Property<unknown, boolean, false> ? K : never }[keyof P], string>;

/** A sort key: a property, or a path of names into a json or map property. Unset values sort as the greatest. */
export type OrderKey<D extends VertexDefinition> = readonly [
  SortableName<D['properties']> | readonly [string, ...string[]],
  Direction,
];
export type Order<D extends VertexDefinition> = readonly OrderKey<D>[];

/** Where a page ended: the values of the sort keys of its last row, null where unset, and its id. */
export interface KeysetPosition {
  readonly values: readonly JsonValue[];
  readonly id: string;
}

interface Key {
  readonly column: Sql;
  readonly direction: Direction;
  /** Whether no row can lack it. */
  readonly required: boolean;
}

export interface Keyset {
  readonly columns: readonly Sql[];
  readonly orderBy: Sql;
  after(position: KeysetPosition): Sql<boolean>;
}

/** A total order over a label: the keys, then the id. */
export function keyset<D extends VertexDefinition>(definition: D, order: Order<D>, alias: string): Keyset {
  const keys = order.map(([name, direction]) => toKey(definition, name, direction, alias));
  const last: Key = { column: idOf(alias), direction: keys.at(-1)?.direction ?? 'asc', required: true };
  const all = [...keys, last];
  return {
    columns: keys.map((key) => key.column),
    orderBy: sql.join(all.map((key) => sql`${key.column} ${sql.raw(key.direction === 'asc' ? 'asc' : 'desc')}`)),
    after: (position) => {
      if (position.values.length !== keys.length) throw new TypeError('the position is of another order');
      return isAfter(all, [...position.values, position.id]);
    },
  };
}

function toKey(
  definition: VertexDefinition,
  name: string | readonly [string, ...string[]],
  direction: Direction,
  alias: string,
): Key {
  const path: readonly [string, ...string[]] = typeof name === 'string' ? [name] : name;
  const properties: Properties = definition.properties;
  const declared = properties[path[0]];
  if (declared?.hidden) throw new Error(`${definition.label}.${path[0]} is hidden: nothing may be sorted by it`);
  return {
    column: colAt(definition, path, alias),
    direction,
    required: path.length === 1 && declared?.optional === false,
  };
}

function isAfter(keys: readonly Key[], values: readonly JsonValue[]): Sql<boolean> {
  const simple = keys.every((key) => key.required && key.direction === keys[0]?.direction);
  if (simple && !values.includes(null)) return isAfterRow(keys, values);
  return isAfterEither(keys, values);
}

// A row comparison is a range of the index. AGE's operator class has > and >= in each other's places, so that the row
// comparison `>` means >=; leaving out the position's own row, which its unique id identifies, is right either way.
function isAfterRow(keys: readonly Key[], values: readonly JsonValue[]): Sql<boolean> {
  const columns = sql.join(keys.map((key) => key.column));
  const bounds = sql.join(values.map((value) => encode(value)));
  const own = keys.at(-1);
  if (!own) throw new Error('an order has at least the id');
  if (keys.length === 1) return beyond(own, values[0] ?? null);
  const operator = sql.raw(own.direction === 'asc' ? 'operator(ag_catalog.>)' : 'operator(ag_catalog.<)');
  const notItself = sql`${own.column} operator(ag_catalog.<>) ${encode(values.at(-1) ?? null)}`;
  return sql<boolean>`row(${columns}) ${operator} row(${bounds}) and ${notItself}`;
}

// (a after x) or (a = x and ((b after y) or (b = y and …))), with unset values as the greatest.
function isAfterEither(keys: readonly Key[], values: readonly JsonValue[]): Sql<boolean> {
  const [key, ...laterKeys] = keys;
  const [value = null, ...laterValues] = values;
  if (!key) return sql<boolean>`false`;
  if (laterKeys.length === 0) return beyond(key, value);
  const same = value === null ? sql`${key.column} is null` : equal(key.column, encode(value));
  return sql<boolean>`(${beyond(key, value)} or (${same} and ${isAfterEither(laterKeys, laterValues)}))`;
}

function beyond(key: Key, value: JsonValue): Sql<boolean> {
  if (key.direction === 'asc') {
    if (value === null) return sql<boolean>`false`;
    const greater = sql<boolean>`${key.column} operator(ag_catalog.>) ${encode(value)}`;
    return key.required ? greater : sql<boolean>`(${greater} or ${key.column} is null)`;
  }
  if (value === null) return sql<boolean>`${key.column} is not null`;
  return sql<boolean>`${key.column} operator(ag_catalog.<) ${encode(value)}`;
}
