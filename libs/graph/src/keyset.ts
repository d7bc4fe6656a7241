import { sql } from 'kysely';
import type { JsonValue } from '#libs/common';
import type { VertexDefinition } from './definition.js';
import type { Properties, Property } from './property.js';
import { colAt, encode, equal, greater, idOf, less, namedCol, type Sql, shown, shownId } from './sql.js';

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

/** A select of rows in the order of a keyset. */
export interface PageStatement {
  /** The table with its alias, and whatever is joined to it. */
  readonly from: Sql;
  readonly columns: Sql;
  readonly where: Sql;
  readonly after?: KeysetPosition;
  readonly limit: number;
  /**
   * For statements that are kept prepared: the limit stands in the text, so that the plan which is made once for all values
   * knows how few rows are wanted. A parameter there counts as a tenth of the label.
   */
  readonly fixedLimit?: boolean;
}

export interface Keyset {
  readonly columns: readonly Sql[];
  readonly orderBy: Sql;
  /** The select of a page: `columns` (and sort columns after them). Its pages cost the same however deep they are. */
  page<Row>(statement: PageStatement): Sql<Row>;
  /** The rows after a position as one condition, for statements that {@link page} does not fit: reads what it skips. */
  after(position: KeysetPosition): Sql<boolean>;
}

export interface KeysetOptions {
  /** Properties that the statement holds to one value each, so that an index which begins with them can be read. */
  readonly pinned?: readonly string[];
  /** Sort keys that are computed: agtypes, by what they are called in the order. */
  readonly computed?: Readonly<Record<string, Sql>>;
  /** No index has this order: properties are read in the way that is quickest, which is not how indexes are written. */
  readonly unindexed?: boolean;
}

/** A total order over a label: the keys, then the id. */
export function keyset<D extends VertexDefinition>(
  definition: D,
  order: Order<D>,
  alias: string,
  options: KeysetOptions = {},
): Keyset {
  const keys = order.map(([name, direction]) => toKey(definition, name, direction, alias, options));
  const last: Key = {
    column: options.unindexed ? shownId(alias) : idOf(alias),
    direction: keys.at(-1)?.direction ?? 'asc',
    required: true,
  };
  const all = [...keys, last];
  const names = [...order.map(([name]) => (typeof name === 'string' ? name : name.length === 1 ? name[0] : '')), 'id'];
  const first = all[0]?.direction ?? 'asc';
  const prefix = indexPrefix(definition, names, options.pinned ?? []);
  const pins = prefix.map((name) => [namedCol(definition, name, alias), first] as const);
  const orderBy = orderOf([...pins, ...all.map((key) => [key.column, key.direction] as const)]);
  return {
    columns: keys.map((key) => key.column),
    orderBy,
    page: <Row>(statement: PageStatement) => pageOf<Row>(all, orderBy, statement),
    after: (position) => {
      const ranges = rangesAfter(all, position);
      return sql<boolean>`(${sql.join(ranges, sql` or `)})`;
    },
  };
}

// AGE's equality is not one that the planner merges by, so it does not see that a column held to one value orders
// nothing; an order by the index's leading columns too lets it read the page from the index instead of sorting all rows.
function indexPrefix(
  definition: VertexDefinition,
  names: readonly string[],
  pinned: readonly string[],
): readonly string[] {
  // An index over a member of a JSON property, where there is one, begins with whatever is pinned.
  if (names[0] === '') return pinned;
  for (const group of [...definition.indexes, ...definition.unique]) {
    const length = group.findIndex((name) => !pinned.includes(name));
    if (length > 0 && group[length] === names[0]) return group.slice(0, length);
  }
  return [];
}

// One index range for each key, next to each other in the order: a > x, then a = x and b > y, and so on. As one
// condition joined by "or" they would be a filter, so that a deep page would read all pages before it.
function pageOf<Row>(
  keys: readonly Key[],
  orderBy: Sql,
  { from, columns, where, after, limit: rows, fixedLimit = false }: PageStatement,
): Sql<Row> {
  if (!Number.isSafeInteger(rows)) throw new TypeError('a limit is a whole number');
  const limit = fixedLimit ? sql.lit(rows) : sql`${rows}`;
  if (!after) return sql<Row>`select ${columns} from ${from} where ${where} order by ${orderBy} limit ${limit}`;
  const sortKeys = sql.join(keys.map((key, index) => sql`${key.column} as ${sql.ref(`sort_${index}`)}`));
  const parts = rangesAfter(keys, after).map(
    (range) => sql`(select ${columns}, ${sortKeys} from ${from} where ${where} and ${range}
      order by ${orderBy} limit ${limit})`,
  );
  const merged = orderOf(keys.map((key, index) => [sql.ref(`page.sort_${index}`), key.direction]));
  return sql<Row>`select * from (${sql.join(parts, sql` union all `)}) page order by ${merged} limit ${limit}`;
}

function orderOf(keys: readonly (readonly [column: Sql, direction: Direction])[]): Sql {
  return sql.join(keys.map(([column, direction]) => sql`${column} ${sql.raw(direction === 'asc' ? 'asc' : 'desc')}`));
}

function toKey(
  definition: VertexDefinition,
  name: string | readonly [string, ...string[]],
  direction: Direction,
  alias: string,
  { computed = {}, unindexed = false }: KeysetOptions,
): Key {
  const path: readonly [string, ...string[]] = typeof name === 'string' ? [name] : name;
  const expression = path.length === 1 && Object.hasOwn(computed, path[0]) ? computed[path[0]] : undefined;
  if (expression) return { column: expression, direction, required: false };
  const properties: Properties = definition.properties;
  const declared = properties[path[0]];
  if (declared?.hidden) throw new Error(`${definition.label}.${path[0]} is hidden: nothing may be sorted by it`);
  return {
    column: unindexed && path.length === 1 ? shown(definition, path[0], alias) : colAt(definition, path, alias),
    direction,
    required: path.length === 1 && declared?.optional === false,
  };
}

/** Conditions that exclude one another and together hold for exactly the rows after a position. */
function rangesAfter(keys: readonly Key[], position: KeysetPosition): Sql<boolean>[] {
  if (position.values.length !== keys.length - 1) throw new TypeError('the position is of another order');
  const values = [...position.values, position.id];
  const ranges: Sql<boolean>[] = [];
  for (const [index, key] of keys.entries()) {
    const same = keys.slice(0, index).map((earlier, at) => equals(earlier, values[at] ?? null));
    for (const beyond of rangesBeyond(key, values[index] ?? null)) {
      ranges.push(sql<boolean>`(${sql.join([...same, beyond], sql` and `)})`);
    }
  }
  return ranges;
}

function equals(key: Key, value: JsonValue): Sql<boolean> {
  return value === null ? sql<boolean>`${key.column} is null` : equal(key.column, encode(value));
}

// Unset values are the greatest: the last in ascending order, the first in descending order.
function rangesBeyond(key: Key, value: JsonValue): Sql<boolean>[] {
  if (key.direction === 'desc') {
    return value === null ? [sql<boolean>`${key.column} is not null`] : [less(key.column, encode(value))];
  }
  if (value === null) return [];
  const beyond = greater(key.column, encode(value));
  return key.required ? [beyond] : [beyond, sql<boolean>`${key.column} is null`];
}
