import { isJsonObject, type JsonObject, type JsonValue, jsonPointer, stableStringify } from '#libs/common';

export interface FieldChange {
  readonly pointer: string;
  readonly before: JsonValue;
  readonly after: JsonValue;
}

// They change with every write and say nothing about what was written.
const BOOKKEEPING = new Set(['version', 'updated_at', 'created_at', 'organization_id']);

/** What differs between two states of an entity, one entry for each member that does; maps are looked into. */
export function fieldChanges(before: JsonObject, after: JsonObject, base = ''): FieldChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name) => {
    if (base === '' && BOOKKEEPING.has(name)) return [];
    const [old, now] = [before[name] ?? null, after[name] ?? null];
    const pointer = base + jsonPointer(name);
    if (isJsonObject(old) && isJsonObject(now)) return fieldChanges(old, now, pointer);
    return stableStringify(old) === stableStringify(now) ? [] : [{ pointer, before: old, after: now }];
  });
}
