import { type FieldError, isJsonObject, type JsonObject, jsonPointer } from '#libs/common';
import type { BlueprintRecord } from './blueprint-record.js';
import { type EffectiveSchema, requiredOf, type SchemaSource } from './effective-schema.js';
import { type CompiledSchema, checkBounded, compileSchema, isCompiled } from './schema-compiler.js';

/** What the attributes of one entity may take at most, as JSON. */
export const MAX_ATTRIBUTES_BYTES = 65_536;

/** What one blueprint says of the attributes that it won, ready to be asked. */
interface SourceCheck {
  /** All that the blueprint declares. */
  readonly names: ReadonlySet<string>;
  readonly validate: CompiledSchema;
}

// By record: the records of a version go when the next one is read, and their compiled schemas with them.
const compiled = new WeakMap<BlueprintRecord, Map<string, SourceCheck>>();
// By schema: every project of a page asks for its own again.
const checks = new WeakMap<EffectiveSchema, readonly SourceCheck[]>();

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
  for (const check of checksOf(schema)) {
    faults.push(...checkBounded(check.validate, picked(check, attributes)));
  }
  return faults;
}

/** @returns a fault where attributes are more than anybody may store in one entity */
export function sizeFaults(attributes: JsonObject): FieldError[] {
  if (Buffer.byteLength(JSON.stringify(attributes)) <= MAX_ATTRIBUTES_BYTES) return [];
  return [{ pointer: '', code: 'too_large', message: `must be at most ${MAX_ATTRIBUTES_BYTES} bytes of JSON` }];
}

function undeclared(schema: EffectiveSchema, attributes: JsonObject): FieldError[] {
  const faults: FieldError[] = [];
  for (const name of Object.keys(attributes)) {
    if (schema.properties.has(name)) continue;
    const message = 'is declared by no blueprint in force here';
    faults.push({ pointer: jsonPointer(name), code: 'unknown_attribute', message });
  }
  return faults;
}

function isClosed({ sources }: EffectiveSchema): boolean {
  return sources.some(({ blueprint }) => blueprint.schema['additionalProperties'] === false);
}

// A blueprint sees the attributes that it declares and no others, so that what it says of all of them is about its own.
function picked({ names }: SourceCheck, attributes: JsonObject): JsonObject {
  const all = Object.entries(attributes);
  const own = all.filter(([name]) => names.has(name));
  return own.length === all.length ? attributes : Object.fromEntries(own);
}

function checksOf(schema: EffectiveSchema): readonly SourceCheck[] {
  let found = checks.get(schema);
  if (!found) {
    found = schema.sources.map(checkOf);
    checks.set(schema, found);
  }
  return found;
}

function checkOf(source: SchemaSource): SourceCheck {
  const key = source.properties.join(' ');
  const known = compiled.get(source.blueprint) ?? new Map<string, SourceCheck>();
  compiled.set(source.blueprint, known);
  let check = known.get(key);
  if (!check) {
    check = { names: new Set(Object.keys(propertiesOf(source.blueprint))), validate: compile(source) };
    known.set(key, check);
  }
  return check;
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
