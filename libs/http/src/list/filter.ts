import { type FieldError, type JsonScalar, jsonPointer } from '#libs/common';
import { invalidParameters } from '../validation/document-validator.js';

export const FILTER_OPERATORS = ['eq', 'ne', 'in', 'nin', 'gt', 'gte', 'lt', 'lte', 'exists', 'contains'] as const;
export type FilterOperator = (typeof FILTER_OPERATORS)[number];

export type FilterFieldType =
  | 'text'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'datetime'
  | 'date'
  | 'list'
  | 'opaque'
  | 'reference';

/** A field that a list can be filtered by: its type, and the values it can have where they are few. */
export interface FilterField {
  readonly type: FilterFieldType;
  readonly values?: readonly string[];
  /** What a list is of; text where nothing is said. */
  readonly items?: FilterField;
}

/** One condition; all of a list's conditions must hold. `in` and `nin` carry an array. */
export interface Filter {
  readonly field: string;
  readonly op: FilterOperator;
  readonly value: JsonScalar | readonly JsonScalar[];
}

const MAX_FILTERS = 20;
const MAX_VALUES = 100;
const PARAMETER_PATTERN = /^filter\[([^[\]]{1,128})\](?:\[([^[\]]{1,16})\])?$/;

const EQUALITY = ['eq', 'ne', 'in', 'nin', 'exists'] as const;
const ORDER = ['gt', 'gte', 'lt', 'lte'] as const;
const OPERATORS_OF_TYPE: Readonly<Record<FilterFieldType, readonly FilterOperator[]>> = {
  text: [...EQUALITY, ...ORDER, 'contains'],
  integer: [...EQUALITY, ...ORDER],
  number: [...EQUALITY, ...ORDER],
  boolean: ['eq', 'ne', 'exists'],
  datetime: [...EQUALITY, ...ORDER],
  date: [...EQUALITY, ...ORDER],
  list: ['contains', 'exists'],
  // Objects and whatever else has no order: all there is to ask is whether it is there.
  opaque: ['exists'],
  // The slug of something else that the resource is joined to.
  reference: EQUALITY,
};

/** The operators that fields of a type can be filtered by. */
export function operatorsOf(type: FilterFieldType): readonly FilterOperator[] {
  return OPERATORS_OF_TYPE[type];
}

export function isFilterParameter(name: string): boolean {
  return name.startsWith('filter[');
}

/**
 * The conditions in the `filter[field][op]=value` parameters of a query (`filter[field]=value` is short for `eq`), with
 * each value coerced to the type of its field; other parameters are passed over.
 * @throws DomainError `invalid_parameters` (400), each pointer naming the parameter
 */
export function parseFilters(
  query: Readonly<Record<string, unknown>> | undefined,
  fields: Readonly<Record<string, FilterField>>,
  aliases: Readonly<Record<string, string>> = {},
): Filter[] {
  const filters: Filter[] = [];
  const errors: FieldError[] = [];
  for (const [name, raw] of Object.entries(query ?? {})) {
    if (!isFilterParameter(name)) continue;
    const result = parseOne(name, raw, fields, aliases);
    if (typeof result === 'string') errors.push({ pointer: jsonPointer(name), message: result, code: 'filter' });
    else filters.push(result);
  }
  if (filters.length > MAX_FILTERS) {
    errors.push({ pointer: '/filter', message: `at most ${MAX_FILTERS} filters`, code: 'filter' });
  }
  if (errors.length > 0) throw invalidParameters(errors);
  return filters;
}

function parseOne(
  name: string,
  raw: unknown,
  fields: Readonly<Record<string, FilterField>>,
  aliases: Readonly<Record<string, string>>,
): Filter | string {
  const match = PARAMETER_PATTERN.exec(name);
  const asked = match?.[1];
  const field = asked !== undefined && Object.hasOwn(aliases, asked) ? aliases[asked] : asked;
  if (!field) return 'must be written filter[field][operator]';
  const spec = Object.hasOwn(fields, field) ? fields[field] : undefined;
  if (!spec) return `cannot filter by "${field}"; only by ${Object.keys(fields).join(', ')}`;
  const word = match?.[2] ?? 'eq';
  const op = OPERATORS_OF_TYPE[spec.type].find((candidate) => candidate === word);
  if (!op) return `"${word}" is no operator of ${field}; use ${OPERATORS_OF_TYPE[spec.type].join(', ')}`;
  const texts = textsOf(raw, op);
  if (typeof texts === 'string') return texts;
  const values: JsonScalar[] = [];
  for (const text of texts) {
    const value = op === 'exists' ? coerce(text, { type: 'boolean' }) : coerce(text, spec);
    if (value === undefined) return `"${text}" is not ${op === 'exists' ? 'true or false' : expectation(spec)}`;
    values.push(value);
  }
  return { field, op, value: op === 'in' || op === 'nin' ? values : (values[0] ?? null) };
}

function textsOf(raw: unknown, op: FilterOperator): string[] | string {
  const given = (Array.isArray(raw) ? raw : [raw]).filter((text) => typeof text === 'string');
  const several = op === 'in' || op === 'nin';
  // A value with a comma in it is sent by repeating the parameter.
  const texts = several && given.length === 1 ? given.flatMap((text) => text.split(',')) : given;
  if (!several && texts.length !== 1) return 'must be given once';
  if (texts.length > MAX_VALUES) return `takes at most ${MAX_VALUES} values`;
  return texts;
}

function coerce(text: string, spec: FilterField): JsonScalar | undefined {
  switch (spec.type) {
    case 'list':
      return coerce(text, spec.items ?? { type: 'text' });
    case 'text':
    case 'opaque':
    case 'reference':
      if (!text.isWellFormed() || text.includes('\u0000')) return undefined;
      return spec.values && !spec.values.includes(text) ? undefined : text;
    case 'integer':
      return /^-?\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
    case 'number':
      return /^-?\d+(\.\d+)?([eE][+-]?\d{1,3})?$/.test(text) && Number.isFinite(Number(text))
        ? Number(text)
        : undefined;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'date':
      return isCalendarDate(text) ? text : undefined;
    case 'datetime':
      return toInstant(text);
  }
}

const DATETIME_PATTERN = /^(\d{4}-\d{2}-\d{2})(?:[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d{2}:\d{2}))?$/;

/** RFC 3339, or a date alone for its first instant in UTC; the result is what is stored: UTC with milliseconds. */
function toInstant(text: string): string | undefined {
  const day = DATETIME_PATTERN.exec(text)?.[1];
  if (day === undefined || !isCalendarDate(day)) return undefined;
  const time = new Date(text.toUpperCase().replace(' ', 'T'));
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

function isCalendarDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = new Date(`${text}T00:00:00Z`);
  // Date takes the 31st of a shorter month for the 1st of the next.
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text);
}

function expectation(spec: FilterField): string {
  if (spec.values) return `one of ${spec.values.join(', ')}`;
  switch (spec.type) {
    case 'integer':
      return 'a whole number';
    case 'number':
      return 'a number';
    case 'boolean':
      return 'true or false';
    case 'date':
      return 'a date such as 2026-11-23';
    case 'datetime':
      return 'a time such as 2026-11-23T10:00:00Z';
    case 'list':
      return expectation(spec.items ?? { type: 'text' });
    case 'text':
    case 'opaque':
    case 'reference':
      return 'well-formed text';
  }
}
