import { isJsonObject, SLUG_PATTERN } from '#libs/common';

export type SchemaNode = Record<string, unknown>;

const TIME_NAME = /(^time|_at)$/;

/**
 * Adds to a schema what the house's conventions say and TypeScript's types cannot: numbers are whole unless they have a
 * format, what is called `…_at` is an RFC 3339 time, and what is called `slug` is one.
 */
export function applyConventions(schema: SchemaNode, name = ''): void {
  if (hasType(schema, 'number') && schema['format'] === undefined) replaceType(schema, 'number', 'integer');
  if (hasType(schema, 'string') && TIME_NAME.test(name)) schema['format'] ??= 'date-time';
  if (hasType(schema, 'string') && name === 'slug') schema['pattern'] ??= SLUG_PATTERN.source;
  // To its validator, a boolean in a query is text.
  if (hasType(schema, 'boolean')) delete schema['pattern'];
  for (const [key, inner] of Object.entries(members(schema, 'properties'))) applyConventions(inner, key);
  for (const key of ['items', 'additionalProperties']) {
    const inner = schema[key];
    if (isJsonObject(inner)) applyConventions(inner);
  }
}

/**
 * The schema of a JSON merge patch (RFC 7396) of a document: everything may be left out and then stays as it is, and
 * null clears what the document may do without.
 */
export function mergePatchOf(schema: SchemaNode): SchemaNode {
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const properties = Object.entries(members(schema, 'properties')).map(([name, property]) => {
    const patch = patchOfProperty(property);
    return [name, required.includes(name) ? patch : nullable(patch)];
  });
  return {
    type: 'object',
    description: 'A JSON merge patch (RFC 7396): what is left out stays as it is, null clears.',
    properties: Object.fromEntries(properties),
  };
}

/** The schemas under a key of a schema, such as its properties. */
export function members(schema: SchemaNode, key: string): Record<string, SchemaNode> {
  const value = schema[key];
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => (isJsonObject(inner) ? [[name, inner]] : [])),
  );
}

// A default would be a lie: what a patch leaves out keeps its value.
function patchOfProperty({ default: _default, ...schema }: SchemaNode): SchemaNode {
  const values = schema['additionalProperties'];
  if (!isJsonObject(values)) return schema;
  return { ...schema, additionalProperties: nullable(patchOfProperty(values)) };
}

function nullable(schema: SchemaNode): SchemaNode {
  const { type, enum: values } = schema;
  if (typeof type !== 'string') return schema;
  const allowed = Array.isArray(values) ? { enum: [...values, null] } : {};
  return { ...schema, ...allowed, type: [type, 'null'] };
}

function hasType(schema: SchemaNode, type: string): boolean {
  return [schema['type']].flat().includes(type);
}

function replaceType(schema: SchemaNode, from: string, to: string): void {
  const types = [schema['type']].flat().map((type) => (type === from ? to : type));
  schema['type'] = types.length === 1 ? types[0] : types;
}
