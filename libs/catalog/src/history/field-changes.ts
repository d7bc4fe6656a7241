import { isJsonObject, type JsonObject, type JsonValue, jsonPointer, stableStringify } from '#libs/common';

export interface FieldChange {
  readonly pointer: string;
  readonly before: JsonValue;
  readonly after: JsonValue;
}

// They change with every write and say nothing about what was written.
const BOOKKEEPING = new Set(['version', 'updated_at', 'created_at', 'organization_id']);

/**
 * What differs between two states of an entity, one entry for each member that does. Maps are looked into, those too that
 * came or went as a whole; only an empty one is a value by itself.
 */
export function fieldChanges(before: JsonObject, after: JsonObject, base = ''): FieldChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name) => {
    if (base === '' && BOOKKEEPING.has(name)) return [];
    const [old, now] = [before[name] ?? null, after[name] ?? null];
    const pointer = base + jsonPointer(name);
    if (isMap(old) && isMap(now) && !(isEmpty(old) && isEmpty(now))) return fieldChanges(old ?? {}, now ?? {}, pointer);
    return stableStringify(old) === stableStringify(now) ? [] : [{ pointer, before: old, after: now }];
  });
}

function isMap(value: JsonValue): value is JsonObject | null {
  return value === null || isJsonObject(value);
}

function isEmpty(value: JsonObject | null): boolean {
  return value === null || Object.keys(value).length === 0;
}

/** The properties before or after a change. */
export function stateOf(text: string): JsonObject {
  if (text === '') return {};
  const value: unknown = JSON.parse(text);
  return isJsonObject(value) ? value : {};
}
