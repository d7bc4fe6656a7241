import { invalidParameters } from '../validation/document-validator.js';

export interface SortKey {
  readonly field: string;
  readonly direction: 'asc' | 'desc';
}

/**
 * The order of a list: `field,-field` over `allowed`, always ended by `id` so that it is total.
 * @throws DomainError `invalid_parameters` (400) pointing at `/sort`
 */
export function parseSort(
  text: string | undefined,
  allowed: readonly string[],
  fallback = 'id',
  aliases: Readonly<Record<string, string>> = {},
): SortKey[] {
  const keys = (text || fallback).split(',').map((part): SortKey => {
    const descending = part.startsWith('-');
    const field = descending ? part.slice(1) : part;
    return {
      field: Object.hasOwn(aliases, field) ? (aliases[field] ?? field) : field,
      direction: descending ? 'desc' : 'asc',
    };
  });
  const seen = new Set<string>();
  for (const { field } of keys) {
    if (field !== 'id' && !allowed.includes(field)) {
      throw sortFault(`cannot sort by "${field}"; only by ${[...allowed, 'id'].join(', ')}`);
    }
    if (seen.has(field)) throw sortFault(`names ${field} twice`);
    seen.add(field);
  }
  // What follows the unique id cannot matter, and the repository would carry it through every comparison.
  const end = keys.findIndex(({ field }) => field === 'id');
  return end === -1 ? [...keys, { field: 'id', direction: 'asc' }] : keys.slice(0, end + 1);
}

function sortFault(message: string) {
  return invalidParameters([{ pointer: '/sort', message: `sort ${message}`, code: 'sort' }]);
}
