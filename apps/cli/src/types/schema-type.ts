import { isJsonObject, type JsonObject, type JsonValue } from '#libs/common';

const SCALARS: Readonly<Record<string, string>> = {
  string: 'string',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  null: 'null',
};
const NAME = /^[A-Za-z_$][\w$]*$/;

/** The TypeScript type of what a JSON Schema allows, as near as types come to it. */
export function schemaType(schema: JsonValue | undefined, indent = ''): string {
  if (!isJsonObject(schema)) return schema === false ? 'never' : 'unknown';
  if (Array.isArray(schema['enum'])) return union(schema['enum'].map(literal));
  if (schema['const'] !== undefined) return literal(schema['const']);
  const variants = schema['anyOf'] ?? schema['oneOf'];
  if (Array.isArray(variants)) return union(variants.map((variant) => schemaType(variant, indent)));
  const { type } = schema;
  const types = Array.isArray(type) ? type : type === undefined ? [] : [type];
  if (types.length === 0) return isJsonObject(schema['properties']) ? objectType(schema, indent) : 'unknown';
  return union(types.map((one) => typeOf(String(one), schema, indent)));
}

/** The members of an object type, one a line, each with what the schema says of it. */
export function members(schema: JsonObject, indent: string): readonly string[] {
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  const required = new Set(Array.isArray(schema['required']) ? schema['required'].map(String) : []);
  return Object.entries(properties).flatMap(([name, property]) => [
    ...comment(property, indent),
    `${indent}${NAME.test(name) ? name : JSON.stringify(name)}${required.has(name) ? '' : '?'}: ${schemaType(property, indent)};`,
  ]);
}

function typeOf(type: string, schema: JsonObject, indent: string): string {
  if (type === 'object') return objectType(schema, indent);
  if (type !== 'array') return SCALARS[type] ?? 'unknown';
  return `Array<${schemaType(schema['items'], indent)}>`;
}

function objectType(schema: JsonObject, indent: string): string {
  const own = members(schema, `${indent}  `);
  const more = schema['additionalProperties'];
  const values = schemaType(more === undefined || more === true ? undefined : more, indent);
  if (own.length === 0) return more === false ? 'Record<string, never>' : `Record<string, ${values}>`;
  const rest = more === false ? [] : [`${indent}  [name: string]: unknown;`];
  return ['{', ...own, ...rest, `${indent}}`].join('\n');
}

function union(types: readonly string[]): string {
  const different = [...new Set(types)];
  if (different.length === 0) return 'never';
  return different.includes('unknown') ? 'unknown' : different.join(' | ');
}

function literal(value: JsonValue): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  return Array.isArray(value) ? `[${value.map(literal).join(', ')}]` : 'Record<string, unknown>';
}

function comment(schema: JsonValue, indent: string): readonly string[] {
  const text = isJsonObject(schema) ? schema['description'] : undefined;
  if (typeof text !== 'string' || text.trim() === '') return [];
  return [`${indent}/** ${text.replaceAll('*/', '*\\/').replace(/\s+/g, ' ').trim()} */`];
}
