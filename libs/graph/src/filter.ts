import { sql } from 'kysely';
import type { JsonValue } from '#libs/common';
import type { Definition } from './definition.js';
import type { Property } from './property.js';
import {
  anyOf,
  colAt,
  encode,
  encodeList,
  equal,
  greater,
  greaterOrEqual,
  instantOf,
  less,
  lessOrEqual,
  namedCol,
  out,
  type Sql,
  textOf,
} from './sql.js';

/** Comparisons of one property; all that are given must hold. A missing property is not equal to anything. */
export interface Operators<Value> {
  readonly eq?: Value | null;
  /** Also true where the property is missing. */
  readonly ne?: Value | null;
  readonly in?: readonly Value[];
  /** Also true where the property is missing. */
  readonly nin?: readonly Value[];
  readonly gt?: Value;
  readonly gte?: Value;
  readonly lt?: Value;
  readonly lte?: Value;
  readonly exists?: boolean;
  /** Part of a text, case-insensitively; or an element of a list. */
  readonly contains?: JsonValue;
}

type FilterValue<P> = P extends Property<infer Value, boolean, false> ? Value | null | Operators<Value> : never;

/** A comparison inside a json or map property: `{ path: ['attributes', 'tier'], gte: 2 }`. */
export interface PathFilter<Name extends string = string> extends Operators<JsonValue> {
  readonly path: readonly [Name, ...string[]];
  /** What stands there is an RFC 3339 text, and compared with are milliseconds since 1970. */
  readonly instant?: boolean;
}

/** Which rows: every property named and every combinator given must hold. */
export type Filter<D extends Definition> = string extends keyof D['properties'] ? OpenFilter : TypedFilter<D>;

/** For definitions whose properties are only known at run time. */
export type OpenFilter = { readonly [name: string]: unknown };

type TypedFilter<D extends Definition> = {
  readonly [K in keyof D['properties']]?: FilterValue<D['properties'][K]>;
} & {
  readonly and?: readonly Filter<D>[];
  readonly or?: readonly Filter<D>[];
  readonly not?: Filter<D>;
  readonly at?: readonly PathFilter[];
};

/** The condition of a filter; `true` for an empty one. */
export function compileFilter<D extends Definition>(definition: D, filter: Filter<D>, alias: string): Sql<boolean> {
  return compileLoose(definition, filter, alias);
}

/** The properties that a filter holds to one value each. */
export function pinnedProperties<D extends Definition>(filter: Filter<D>): string[] {
  return pinned(filter);
}

function pinned(filter: unknown): string[] {
  if (!isRecord(filter)) return [];
  return Object.entries(filter).flatMap(([name, given]) => {
    if (name === 'and') return filters(given).flatMap(pinned);
    if (['or', 'not', 'at'].includes(name) || given === undefined || given === null) return [];
    return !isRecord(given) || (given['eq'] !== undefined && given['eq'] !== null) ? [name] : [];
  });
}

function compileLoose(definition: Definition, filter: unknown, alias: string): Sql<boolean> {
  if (!isRecord(filter)) throw new TypeError('a filter is an object');
  const conditions: Sql<boolean>[] = [];
  for (const [name, given] of Object.entries(filter)) {
    if (given === undefined) continue;
    if (name === 'and') conditions.push(...filters(given).map((one) => compileLoose(definition, one, alias)));
    else if (name === 'or') conditions.push(either(filters(given).map((one) => compileLoose(definition, one, alias))));
    else if (name === 'not') conditions.push(sql<boolean>`(${compileLoose(definition, given, alias)}) is not true`);
    else if (name === 'at') conditions.push(...filters(given).map((one) => compilePath(definition, one, alias)));
    else conditions.push(compileProperty(definition, name, given, alias));
  }
  return every(conditions);
}

function compilePath(definition: Definition, filter: OpenFilter, alias: string): Sql<boolean> {
  const { path, instant, ...operators } = filter;
  if (!isPath(path)) throw new TypeError('a path filter needs a path of names');
  assertVisible(definition, path[0]);
  const value = colAt(definition, path, alias);
  if (instant) return compileOperators(instantOf(value), operators);
  return every([compileOperators(value, operators), ...sameTypes(value, operators)]);
}

// Values of different types have an order too, but nobody who asks for what is less than 5 means texts by it.
function sameTypes(value: Sql, operators: OpenFilter): Sql<boolean>[] {
  const bounds = ['gt', 'gte', 'lt', 'lte'].map((name) => operators[name]);
  const letter = sql`left(${out(value)}, 1)`;
  return [
    ...(bounds.some((bound) => typeof bound === 'string') ? [sql<boolean>`${letter} = '"'`] : []),
    ...(bounds.some((bound) => typeof bound === 'number')
      ? [sql<boolean>`${letter} in ('-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9')`]
      : []),
  ];
}

function compileProperty(definition: Definition, name: string, given: unknown, alias: string): Sql<boolean> {
  assertVisible(definition, name);
  const value = namedCol(definition, name, alias);
  if (isRecord(given)) return compileOperators(value, given);
  return compileOperator(value, 'eq', given);
}

function compileOperators(value: Sql, operators: OpenFilter): Sql<boolean> {
  return every(
    Object.entries(operators)
      .filter(([, operand]) => operand !== undefined)
      .map(([operator, operand]) => compileOperator(value, operator, operand)),
  );
}

function compileOperator(value: Sql, operator: string, operand: unknown): Sql<boolean> {
  switch (operator) {
    case 'eq':
      return operand === null ? sql<boolean>`${value} is null` : equal(value, encode(json(operand)));
    case 'ne':
      if (operand === null) return sql<boolean>`${value} is not null`;
      return sql<boolean>`(${equal(value, encode(json(operand)))}) is not true`;
    case 'in':
      return anyOf(value, encodeList(list(operand)));
    case 'nin':
      return sql<boolean>`(${anyOf(value, encodeList(list(operand)))}) is not true`;
    case 'gt':
      return greater(value, encode(json(operand)));
    case 'gte':
      return greaterOrEqual(value, encode(json(operand)));
    case 'lt':
      return less(value, encode(json(operand)));
    case 'lte':
      return lessOrEqual(value, encode(json(operand)));
    case 'exists':
      return operand === false ? sql<boolean>`${value} is null` : sql<boolean>`${value} is not null`;
    case 'contains':
      return contains(value, json(operand));
    default:
      throw new TypeError(`"${operator}" is no filter operator`);
  }
}

function contains(value: Sql, operand: JsonValue): Sql<boolean> {
  const element = sql<boolean>`${value} operator(ag_catalog.@>) ${encode([operand])}`;
  if (typeof operand !== 'string') return sql<boolean>`(${isList(value)} and ${element})`;
  const pattern = `%${operand.replace(/[\\%_]/g, '\\$&')}%`;
  return sql<boolean>`case when ${isList(value)} then ${element} else ${textOf(value)} ilike ${pattern} end`;
}

// The cast to text fails on lists and maps in AGE 1.5, so each side is tried only where it applies.
function isList(value: Sql): Sql<boolean> {
  return sql<boolean>`left(ag_catalog.agtype_out(${value})::text, 1) = '['`;
}

function every(conditions: readonly Sql<boolean>[]): Sql<boolean> {
  return conditions.length === 0 ? sql<boolean>`true` : sql<boolean>`${sql.join(conditions, sql` and `)}`;
}

function either(conditions: readonly Sql<boolean>[]): Sql<boolean> {
  if (conditions.length === 0) return sql<boolean>`false`;
  return sql<boolean>`(${sql.join(
    conditions.map((one) => sql`(${one})`),
    sql` or `,
  )})`;
}

function assertVisible(definition: Definition, name: string): void {
  if (definition.properties[name]?.hidden)
    throw new Error(`${definition.label}.${name} is hidden: no filter may ask for it`);
}

function filters(given: unknown): readonly OpenFilter[] {
  if (!Array.isArray(given)) throw new TypeError('a combinator takes a list of filters');
  return given.filter(isRecord);
}

function list(operand: unknown): JsonValue[] {
  if (!Array.isArray(operand)) throw new TypeError('in and nin take a list');
  return operand.map((one) => json(one));
}

function json(value: unknown): JsonValue {
  if (!isComparable(value)) throw new TypeError(`${typeof value} cannot be compared with`);
  return value;
}

function isComparable(value: unknown): value is JsonValue {
  return ['string', 'number', 'boolean', 'object'].includes(typeof value);
}

function isRecord(value: unknown): value is OpenFilter {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isPath(value: unknown): value is [string, ...string[]] {
  return Array.isArray(value) && value.length > 0 && value.every((segment) => typeof segment === 'string');
}
