import type { OpenAPIObject } from '@nestjs/swagger';

const METHOD_ORDER = ['get', 'post', 'put', 'patch', 'delete'];

/** The document with paths, methods, components and tags in an order that does not depend on that of imports. */
export function sortDocument(document: OpenAPIObject): OpenAPIObject {
  const { components, paths, tags, ...rest } = document;
  return {
    ...rest,
    tags: [...(tags ?? [])].sort((left, right) => compare(left.name, right.name)),
    paths: sortKeys(paths, compare, (item) => sortKeys(item, compareMethods)),
    components: components && sortKeys(components, compare, (members) => members && sortKeys(members)),
  };
}

function sortKeys<Of extends object>(
  of: Of,
  order: (left: string, right: string) => number = compare,
  inside: (value: Of[keyof Of]) => unknown = (value) => value,
): Of {
  const entries: [string, Of[keyof Of]][] = Object.entries(of);
  // The same keys with the same kinds of values, in another order: nothing that the type could tell apart.
  return Object.fromEntries(
    entries.sort(([left], [right]) => order(left, right)).map(([key, value]) => [key, inside(value)]),
  ) as Of;
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function compareMethods(left: string, right: string): number {
  return METHOD_ORDER.indexOf(left) - METHOD_ORDER.indexOf(right);
}
