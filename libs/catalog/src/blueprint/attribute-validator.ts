import { type FieldError, isJsonObject, type JsonObject, jsonPointer } from '#libs/common';
import type { BlueprintRecord } from './blueprint-record.js';
import { type EffectiveSchema, requiredOf, type SchemaSource } from './effective-schema.js';
import { type CompiledSchema, checkBounded, compileSchema, isCompiled } from './schema-compiler.js';

/** What the attributes of one entity may take at most, as JSON. */
export const MAX_ATTRIBUTES_BYTES = 65_536;

// By record: the records of a version go when the next one is read, and their compiled schemas with them.
const compiled = new WeakMap<BlueprintRecord, Map<string, CompiledSchema>>();

/** Which of an entity's attributes are nobody's business but the blueprints'. */
export interface CheckOptions {
  /** As edges are: what no blueprint declares may be there, unless one of them says `additionalProperties: false`. */
  readonly open?: boolean;
}

/** What does not fit in the attributes of an entity; pointers lead into them. */
export function attributeFaults(
  schema: EffectiveSchema,
  attributes: JsonObject,
  { open = false }: CheckOptions = {},
): FieldError[] {
  const faults = open && !isClosed(schema) ? [] : undeclared(schema, attributes);
  for (const source of schema.sources) {
    faults.push(...checkBounded(validatorOf(source), picked(source, attributes)));
  }
  return faults;
}

/** @returns a fault where attributes are more than anybody may store in one entity */
export function sizeFaults(attributes: JsonObject): FieldError[] {
  if (Buffer.byteLength(JSON.stringify(attributes)) <= MAX_ATTRIBUTES_BYTES) return [];
  return [{ pointer: '', code: 'too_large', message: `must be at most ${MAX_ATTRIBUTES_BYTES} bytes of JSON` }];
}

function undeclared(schema: EffectiveSchema, attributes: JsonObject): FieldError[] {
  return Object.keys(attributes)
    .filter((name) => !schema.properties.has(name))
    .map((name) => ({
      pointer: jsonPointer(name),
      code: 'unknown_attribute',
      message: 'is declared by no blueprint in force here',
    }));
}

function isClosed({ sources }: EffectiveSchema): boolean {
  return sources.some(({ blueprint }) => blueprint.schema['additionalProperties'] === false);
}

// A blueprint sees the attributes that it declares and no others, so that what it says of all of them is about its own.
function picked({ blueprint }: SchemaSource, attributes: JsonObject): JsonObject {
  const names = Object.keys(propertiesOf(blueprint));
  return Object.fromEntries(names.flatMap((name) => pair(attributes, name)));
}

function pair(attributes: JsonObject, name: string): [string, JsonObject[string]][] {
  const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
  return value === undefined ? [] : [[name, value]];
}

function validatorOf(source: SchemaSource): CompiledSchema {
  const key = source.properties.join(' ');
  const known = compiled.get(source.blueprint) ?? new Map<string, CompiledSchema>();
  compiled.set(source.blueprint, known);
  let validate = known.get(key);
  if (!validate) {
    validate = compile(source);
    known.set(key, validate);
  }
  return validate;
}

function compile({ blueprint, properties: won }: SchemaSource): CompiledSchema {
  const { schema } = blueprint;
  const properties = Object.fromEntries(
    Object.entries(propertiesOf(blueprint)).map(([name, declared]) => [name, won.includes(name) ? declared : true]),
  );
  const required = requiredOf(schema).filter((name) => won.includes(name));
  const result = compileSchema({ ...schema, properties, required });
  if (isCompiled(result)) return result;
  // Written past the API, or by a version that knew more: nothing can be said of its values, but that.
  const message = `cannot be checked: the blueprint "${blueprint.slug}" is not usable`;
  return () => [{ pointer: '', code: 'unusable_blueprint', message }];
}

function propertiesOf({ schema }: BlueprintRecord): JsonObject {
  return isJsonObject(schema['properties']) ? schema['properties'] : {};
}
