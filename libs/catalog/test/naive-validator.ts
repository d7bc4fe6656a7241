import { isJsonObject, type JsonObject, type JsonValue, stableStringify } from '#libs/common';

/** Whether a value is valid, and if so which of its members or items were evaluated. */
interface Outcome {
  readonly valid: boolean;
  readonly evaluated: ReadonlySet<string>;
}

const FAILED: Outcome = { valid: false, evaluated: new Set() };

/** JSON Schema as the specification words it, for what tells evaluated members: each schema answers with its annotations. */
export function isValidNaively(schema: JsonValue, value: JsonValue): boolean {
  return evaluate(schema, value, schema).valid;
}

function evaluate(schema: JsonValue, value: JsonValue, root: JsonValue): Outcome {
  if (!isJsonObject(schema)) return { valid: schema !== false, evaluated: new Set() };
  const evaluated = new Set<string>();
  const apply = (inner: JsonValue | undefined): boolean => {
    const outcome = inner === undefined ? undefined : evaluate(inner, value, root);
    for (const key of outcome?.valid ? outcome.evaluated : []) evaluated.add(key);
    return outcome?.valid ?? true;
  };
  const holds = [
    schema['type'] === undefined || typeOf(value) === schema['type'],
    schema['const'] === undefined || stableStringify(schema['const']) === stableStringify(value),
    typeof schema['minimum'] !== 'number' || typeof value !== 'number' || value >= schema['minimum'],
    ...inPlace(schema, value, root, apply),
    ...(isJsonObject(value) ? ofMembers(schema, value, evaluated, root) : []),
    ...(Array.isArray(value) ? ofItems(schema, value, evaluated, root) : []),
  ];
  return holds.every(Boolean) ? { valid: true, evaluated } : FAILED;
}

function inPlace(
  schema: JsonObject,
  value: JsonValue,
  root: JsonValue,
  apply: (inner: JsonValue | undefined) => boolean,
): boolean[] {
  const holds: boolean[] = [];
  if (typeof schema['$ref'] === 'string') holds.push(apply(definition(root, schema['$ref'])));
  holds.push(...listOf(schema['allOf']).map(apply));
  // Each is applied, whatever the others say: every one that holds evaluates.
  if (schema['anyOf'] !== undefined) holds.push(listOf(schema['anyOf']).map(apply).includes(true));
  if (schema['oneOf'] !== undefined) holds.push(listOf(schema['oneOf']).map(apply).filter(Boolean).length === 1);
  if (schema['not'] !== undefined) holds.push(!evaluate(schema['not'], value, root).valid);
  if (schema['if'] !== undefined) holds.push(apply(apply(schema['if']) ? schema['then'] : schema['else']));
  if (isJsonObject(value)) {
    const dependent = Object.entries(mapOf(schema['dependentSchemas']));
    holds.push(...dependent.filter(([name]) => Object.hasOwn(value, name)).map(([, inner]) => apply(inner)));
  }
  return holds;
}

function ofMembers(schema: JsonObject, value: JsonObject, evaluated: Set<string>, root: JsonValue): boolean[] {
  const holds = listOf(schema['required']).map((name) => Object.hasOwn(value, String(name)));
  const check = (name: string, inner: JsonValue) => {
    holds.push(evaluate(inner, value[name] ?? null, root).valid);
    evaluated.add(name);
  };
  const own = new Set<string>();
  for (const name of Object.keys(value)) {
    const named = Object.entries(mapOf(schema['properties'])).filter(([key]) => key === name);
    const matched = Object.entries(mapOf(schema['patternProperties'])).filter(([key]) => new RegExp(key).test(name));
    for (const [, inner] of [...named, ...matched]) {
      check(name, inner);
      own.add(name);
    }
  }
  const rest = schema['additionalProperties'];
  if (rest !== undefined) for (const name of Object.keys(value)) if (!own.has(name)) check(name, rest);
  const last = schema['unevaluatedProperties'];
  if (last !== undefined) for (const name of Object.keys(value)) if (!evaluated.has(name)) check(name, last);
  return holds;
}

function ofItems(schema: JsonObject, value: readonly JsonValue[], evaluated: Set<string>, root: JsonValue): boolean[] {
  const holds: boolean[] = [];
  const prefix = listOf(schema['prefixItems']);
  for (const [index, item] of value.entries()) {
    const inner = index < prefix.length ? prefix[index] : schema['items'];
    const last = evaluated.has(String(index)) ? undefined : schema['unevaluatedItems'];
    const chosen = inner ?? last;
    if (chosen === undefined) continue;
    holds.push(evaluate(chosen, item, root).valid);
    evaluated.add(String(index));
  }
  return holds;
}

function definition(root: JsonValue, reference: string): JsonValue | undefined {
  if (reference === '#') return root;
  return isJsonObject(root) ? mapOf(root['$defs'])[reference.replace('#/$defs/', '')] : undefined;
}

function typeOf(value: JsonValue): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function mapOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
