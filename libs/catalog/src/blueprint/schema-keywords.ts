import { isJsonObject, type JsonObject, type JsonValue } from '#libs/common';

/** Where a keyword keeps schemas. */
type Holds = 'schema' | 'list' | 'map';

/** Keywords that hold schemas for the value itself rather than for a part of it. */
const IN_PLACE: Readonly<Record<string, Holds>> = {
  allOf: 'list',
  anyOf: 'list',
  oneOf: 'list',
  not: 'schema',
  if: 'schema',
  // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
  then: 'schema',
  else: 'schema',
  dependentSchemas: 'map',
};

const APPLICATORS: Readonly<Record<string, Holds>> = {
  ...IN_PLACE,
  $defs: 'map',
  properties: 'map',
  patternProperties: 'map',
  additionalProperties: 'schema',
  unevaluatedProperties: 'schema',
  propertyNames: 'schema',
  items: 'schema',
  prefixItems: 'list',
  contains: 'schema',
  unevaluatedItems: 'schema',
};

/** The type of value that an assertion says anything about; what is not listed is about all. */
export const ABOUT: Readonly<Record<string, 'number' | 'string' | 'array' | 'object'>> = {
  multipleOf: 'number',
  maximum: 'number',
  exclusiveMaximum: 'number',
  minimum: 'number',
  exclusiveMinimum: 'number',
  maxLength: 'string',
  minLength: 'string',
  pattern: 'string',
  format: 'string',
  items: 'array',
  prefixItems: 'array',
  contains: 'array',
  unevaluatedItems: 'array',
  maxItems: 'array',
  minItems: 'array',
  uniqueItems: 'array',
  maxContains: 'array',
  minContains: 'array',
  properties: 'object',
  patternProperties: 'object',
  additionalProperties: 'object',
  unevaluatedProperties: 'object',
  propertyNames: 'object',
  maxProperties: 'object',
  minProperties: 'object',
  required: 'object',
  dependentRequired: 'object',
  dependentSchemas: 'object',
};

const ANNOTATIONS = ['title', 'description', 'default', 'examples', 'deprecated', 'readOnly', 'writeOnly', '$comment'];

/** What blueprints may say beyond JSON Schema, for whoever draws forms and lists; nothing is enforced by it. */
export const EXTENSION_KEYWORDS = [
  'x-label',
  'x-group',
  'x-order',
  'x-unit',
  'x-widget',
  'x-enum-labels',
  'x-index',
] as const;

/** Every keyword that a schema may use: each is either enforced or known to be an annotation. */
export const KEYWORDS: ReadonlySet<string> = new Set([
  ...Object.keys(APPLICATORS),
  ...Object.keys(ABOUT),
  ...ANNOTATIONS,
  ...EXTENSION_KEYWORDS,
  ...['type', 'enum', 'const', '$ref', '$schema'],
]);

/** A schema inside another, and the way to it from there. */
export interface Subschema {
  readonly path: readonly (string | number)[];
  readonly schema: JsonValue;
  readonly inPlace: boolean;
}

/** The schemas directly inside a schema. */
export function subschemas(schema: JsonObject): Subschema[] {
  return Object.entries(schema).flatMap(([keyword, value]) => {
    const holds = Object.hasOwn(APPLICATORS, keyword) ? APPLICATORS[keyword] : undefined;
    if (!holds) return [];
    const inPlace = Object.hasOwn(IN_PLACE, keyword);
    return heldBy(holds, value).map(([key, held]) => ({
      path: key === undefined ? [keyword] : [keyword, key],
      schema: held,
      inPlace,
    }));
  });
}

/** A copy of a schema in which every schema inside it went through `change`. */
export function mapSubschemas(schema: JsonObject, change: (schema: JsonValue) => JsonValue): JsonObject {
  const copy: JsonObject = {};
  for (const [keyword, value] of Object.entries(schema)) {
    const holds = Object.hasOwn(APPLICATORS, keyword) ? APPLICATORS[keyword] : undefined;
    if (holds === 'schema') copy[keyword] = change(value);
    else if (holds === 'list' && Array.isArray(value)) copy[keyword] = value.map(change);
    else if (holds === 'map' && isJsonObject(value)) {
      copy[keyword] = Object.fromEntries(Object.entries(value).map(([key, held]) => [key, change(held)]));
    } else copy[keyword] = value;
  }
  return copy;
}

function heldBy(holds: Holds, value: JsonValue): [string | number | undefined, JsonValue][] {
  if (holds === 'schema') return [[undefined, value]];
  if (holds === 'list') return Array.isArray(value) ? [...value.entries()] : [];
  return isJsonObject(value) ? Object.entries(value) : [];
}
