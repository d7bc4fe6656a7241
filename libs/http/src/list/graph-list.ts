import { isId, type JsonObject, type JsonScalar, type JsonValue } from '#libs/common';
import { invalidParameters } from '../validation/document-validator.js';
import type { ListRequest } from './pages.js';

/** The position of a vertex in a sorted list, as the graph library takes it. */
export interface ListPosition {
  readonly values: readonly JsonScalar[];
  readonly id: string;
}

type Direction = ListRequest['sort'][number]['direction'];

/** The conditions of a list request as the graph takes them; all must hold. */
export function toGraphFilter(filters: ListRequest['filters']) {
  return { and: filters.map(({ field, op, value }) => ({ [field]: { [op]: value } })) };
}

/** The order of a list request; the graph adds the id to break ties, in the direction of the last key. */
export function toGraphOrder(sort: ListRequest['sort']): readonly (readonly [readonly [string], Direction])[] {
  return sortKeys(sort).map(({ field, direction }) => [[field], direction] as const);
}

/** A cursor's position: the values of the sort keys, then the id. */
export function toKeysetPosition(after: readonly JsonScalar[] | undefined): ListPosition | undefined {
  if (!after) return undefined;
  const id = after.at(-1);
  if (typeof id === 'string' && isId(id)) return { values: after.slice(0, -1), id };
  const message = 'The cursor is of an older version of this list; start again without it.';
  throw invalidParameters([{ pointer: '/cursor', message, code: 'malformed_cursor' }]);
}

/** The position of a vertex for a cursor. */
export function toCursorPosition(sort: ListRequest['sort'], vertex: JsonObject): JsonScalar[] {
  return [...sortKeys(sort).map(({ field }) => scalar(vertex[field])), scalar(vertex['id'])];
}

// A request's order always ends with the id; only a descending one says something that the graph would not do anyway.
function sortKeys(sort: ListRequest['sort']): ListRequest['sort'] {
  return sort.filter(({ field, direction }) => field !== 'id' || direction === 'desc');
}

function scalar(value: JsonValue | undefined): JsonScalar {
  return value === undefined || typeof value === 'object' ? null : value;
}
