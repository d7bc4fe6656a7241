import { isJsonObject, type JsonObject, type JsonValue } from '#libs/common';
import type { FilterField } from '#libs/http';

const SCALARS: Readonly<Record<string, FilterField>> = {
  string: { type: 'text' },
  integer: { type: 'integer' },
  number: { type: 'number' },
  boolean: { type: 'boolean' },
};
const FORMATS: Readonly<Record<string, FilterField>> = { date: { type: 'date' }, 'date-time': { type: 'datetime' } };

/** How an attribute of this JSON Schema is filtered by: what it does not pin to one type can only be asked to exist. */
export function attributeField(schema: JsonObject): FilterField {
  if (Array.isArray(schema['anyOf'])) return commonField(schema['anyOf'].filter(isJsonObject));
  const target = referredTo(schema);
  if (target) return attributeField(target);
  const [type, ...others] = typesOf(schema);
  if (type === undefined) return { type: 'opaque' };
  if (others.length > 0) return numeric([type, ...others]) ? { type: 'number' } : { type: 'opaque' };
  if (type === 'array') return listField(schema['items']);
  if (type === 'string') return textField(schema);
  return SCALARS[type] ?? { type: 'opaque' };
}

/** Whether values of a field have an order that a list can be sorted by. */
export function isSortable({ type }: FilterField): boolean {
  return type !== 'list' && type !== 'opaque';
}

// Several blueprints may declare one attribute: its values are compared by what they have in common.
function commonField(variants: readonly JsonObject[]): FilterField {
  const [first, ...others] = variants.map(attributeField);
  if (!first) return { type: 'opaque' };
  if (others.some(({ type }) => type !== first.type)) {
    return numeric([first, ...others].map(({ type }) => type)) ? { type: 'number' } : { type: 'opaque' };
  }
  if (first.type === 'list') {
    const items = variants.map((variant) => variant['items'] ?? {}).filter(isJsonObject);
    return listField({ anyOf: items });
  }
  const values = [first, ...others].map((field) => field.values);
  return values.every((one) => one !== undefined)
    ? { type: first.type, values: [...new Set(values.flat())] }
    : { type: first.type };
}

// A property of a blueprint brings along what it refers to.
function referredTo({ $ref, $defs }: JsonObject): JsonObject | undefined {
  const name = /^#\/\$defs\/([^/~]+)$/.exec(String($ref))?.[1];
  const found = name !== undefined && isJsonObject($defs) ? $defs[name] : undefined;
  // A definition that refers on is taken for anything: it might refer to itself.
  return isJsonObject(found) && found['$ref'] === undefined ? found : undefined;
}

function listField(items: JsonValue | undefined): FilterField {
  const field = isJsonObject(items) ? attributeField(items) : undefined;
  return field && isSortable(field) ? { type: 'list', items: field } : { type: 'opaque' };
}

function textField(schema: JsonObject): FilterField {
  const values = valuesOf(schema)?.filter((value) => typeof value === 'string');
  if (values) return { type: 'text', values };
  return FORMATS[String(schema['format'])] ?? { type: 'text' };
}

// Null is allowed beside a type for what is optional, and adds nothing that could be compared.
function typesOf(schema: JsonObject): string[] {
  const { type } = schema;
  const declared = Array.isArray(type) ? type.map(String) : typeof type === 'string' ? [type] : typesOfValues(schema);
  return declared.filter((name) => name !== 'null');
}

function typesOfValues(schema: JsonObject): string[] {
  return [...new Set((valuesOf(schema) ?? []).map(typeOf))];
}

function valuesOf(schema: JsonObject): readonly JsonValue[] | undefined {
  if (Array.isArray(schema['enum'])) return schema['enum'];
  return schema['const'] === undefined ? undefined : [schema['const']];
}

function typeOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value;
}

function numeric(types: readonly string[]): boolean {
  return types.every((type) => type === 'integer' || type === 'number');
}
