import type { JsonObject } from '#libs/common';
import { isFilterParameter, type ListDefinition, type ListRequest, type PageQueryDto } from '#libs/http';
import { attributeField, isSortable } from './attribute-field.js';

/** What stands before the name of an attribute where fields are named, so that no attribute can be taken for another. */
export const ATTRIBUTES = 'attributes.';

/** The name of an attribute that a field of a list means; undefined for a field of the thing itself. */
export function attributeName(field: string): string | undefined {
  return field.startsWith(ATTRIBUTES) ? field.slice(ATTRIBUTES.length) : undefined;
}

/** Whether a query filters or sorts by attributes, so that it is worth reading which there are. */
export function asksForAttributes(query: Pick<PageQueryDto, 'filter' | 'sort'>, list: ListDefinition): boolean {
  const named = Object.keys(query.filter ?? {}).filter((name) => isFilterParameter(name));
  const fields = named.map((name) => name.slice('filter['.length).split(']')[0] ?? '');
  const sorted = (query.sort ?? '').split(',').map((key) => key.replace(/^-/, ''));
  return (
    fields.some((field) => !Object.hasOwn(list.filterable, field)) ||
    sorted.some((field) => field !== '' && field !== 'id' && !list.sortable.includes(field))
  );
}

/**
 * A list that can be filtered and sorted by attributes too, as `attributes.<name>`, or by the name alone where the list
 * has no field that is called so.
 */
export function withAttributes(list: ListDefinition, attributes: ReadonlyMap<string, JsonObject>): ListDefinition {
  const fields = [...attributes].map(([name, schema]) => [ATTRIBUTES + name, attributeField(schema)] as const);
  const sortable = fields.filter(([, field]) => isSortable(field)).map(([name]) => name);
  return {
    ...list,
    sortable: [...list.sortable, ...sortable],
    filterable: { ...list.filterable, ...Object.fromEntries(fields) },
    aliases: shortNames(list, attributes.keys()),
  };
}

/** The operators that an index over an attribute serves. */
const SERVED: readonly string[] = ['eq', 'in', 'gt', 'gte', 'lt', 'lte'];

/** The attributes of a request that an index would serve: those it filters by, and the one it sorts by first. */
export function lookedForBy(
  filters: ListRequest['filters'],
  sort: readonly { readonly field: string }[] = [],
): readonly string[] {
  const fields = [...filters.filter(({ op }) => SERVED.includes(op)), ...sort.slice(0, 1)].map(({ field }) => field);
  return fields.map(attributeName).filter((name) => name !== undefined);
}

/** The filters by attributes alone. */
export function attributeFilters(attributes: ReadonlyMap<string, JsonObject>): ListDefinition {
  return withAttributes({ sortable: [], filterable: {} }, attributes);
}

function shortNames(list: ListDefinition, names: Iterable<string>): Readonly<Record<string, string>> {
  const free = [...names].filter((name) => !Object.hasOwn(list.filterable, name) && !list.sortable.includes(name));
  return Object.fromEntries(free.map((name) => [name, ATTRIBUTES + name]));
}
