import { isJsonObject, type JsonObject, type JsonValue, jsonPointer } from '#libs/common';
import type { EffectiveSchema } from './effective-schema.js';
import type { EffectiveSchemaDto } from './schema.dto.js';
import { mapSubschemas } from './schema-keywords.js';
import { JSON_SCHEMA_DIALECT } from './schema-lint.js';

const CONDITIONS = [
  ...['dependentRequired', 'dependentSchemas', 'allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else'],
  ...['minProperties', 'maxProperties'],
];

/** An effective schema as one JSON Schema that a client can use, and where each attribute comes from. */
export function toSchemaDocument(schema: EffectiveSchema, { open = false } = {}): EffectiveSchemaDto {
  const properties: JsonObject = {};
  const sources: EffectiveSchemaDto['sources'] = {};
  for (const [name, { schema: declared, blueprint, shadowed }] of schema.properties) {
    properties[name] = rebased(declared, `#${jsonPointer('properties', name)}`);
    sources[name] = { blueprint, shadowed: [...shadowed] };
  }
  const conditions: JsonObject[] = [];
  for (const { blueprint } of schema.sources) conditions.push(...conditionsOf(blueprint.schema, conditions.length));
  const closed = !open || schema.sources.some(({ blueprint }) => blueprint.schema['additionalProperties'] === false);
  return {
    version: schema.version,
    json_schema: {
      $schema: JSON_SCHEMA_DIALECT,
      type: 'object',
      properties,
      required: [...schema.required],
      ...(conditions.length > 0 ? { allOf: conditions } : {}),
      ...(closed ? { additionalProperties: false } : {}),
    },
    sources,
  };
}

function conditionsOf(schema: JsonObject, index: number): JsonObject[] {
  const own = Object.fromEntries(Object.entries(schema).filter(([keyword]) => CONDITIONS.includes(keyword)));
  if (Object.keys(own).length === 0) return [];
  const withDefinitions = isJsonObject(schema['$defs']) ? { ...own, $defs: schema['$defs'] } : own;
  return [rebased(withDefinitions, `#${jsonPointer('allOf', index)}`)];
}

// References of a blueprint lead into its own definitions, which stand elsewhere in the whole.
function rebased(schema: JsonObject, at: string): JsonObject {
  const change = (value: JsonValue): JsonValue => {
    if (!isJsonObject(value)) return value;
    const inner = mapSubschemas(value, change);
    const reference = inner['$ref'];
    return typeof reference === 'string' ? { ...inner, $ref: at + reference.slice(1) } : inner;
  };
  const result = change(schema);
  return isJsonObject(result) ? result : {};
}
