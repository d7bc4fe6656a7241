import { DomainError, type FieldError } from './domain-error.js';

export type JsonScalar = string | number | boolean | null;
export type JsonValue = JsonScalar | JsonValue[] | { [key: string]: JsonValue };
export type JsonObject = { [key: string]: JsonValue };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON text with sorted keys: equal values give equal text, whatever order their keys were written in. */
export function stableStringify(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([left], [right]) => (left < right ? -1 : 1)));
  });
}

export function jsonPointer(...segments: (string | number)[]): string {
  return segments.map((segment) => `/${String(segment).replace(/~/g, '~0').replace(/\//g, '~1')}`).join('');
}

const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);
/** Deepest nesting of any JSON we take: far below what the embedded engine's parser can stand. */
export const JSON_MAX_DEPTH = 32;

/**
 * Refuses JSON that is dangerous to keep: prototype keys, nesting over `maxDepth`, and text that no engine stores
 * unchanged (NUL, lone surrogates) or numbers that agtype cannot hold exactly.
 */
export function assertSafeJson(value: unknown, options: { maxDepth?: number } = {}): void {
  const fault = findUnsafe(value, '', 0, options.maxDepth ?? JSON_MAX_DEPTH);
  if (fault) throw new DomainError('unsafe_json', 'malformed', fault.message, { errors: [fault] });
}

function findUnsafe(value: unknown, pointer: string, depth: number, maxDepth: number): FieldError | undefined {
  if (typeof value === 'string') return unsafeText(value, pointer);
  if (typeof value === 'number') return unsafeNumber(value, pointer);
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth >= maxDepth) return { pointer, code: 'too_deep', message: `Nested deeper than ${maxDepth} levels.` };
  const entries = Array.isArray(value) ? value.entries() : Object.entries(value);
  for (const [key, inner] of entries) {
    const at = pointer + jsonPointer(key);
    if (typeof key === 'string') {
      if (FORBIDDEN_KEYS.has(key))
        return { pointer: at, code: 'forbidden_key', message: `The key "${key}" is not allowed.` };
      const fault = unsafeText(key, at);
      if (fault) return fault;
    }
    const fault = findUnsafe(inner, at, depth + 1, maxDepth);
    if (fault) return fault;
  }
  return undefined;
}

function unsafeText(text: string, pointer: string): FieldError | undefined {
  if (text.includes('\u0000')) return { pointer, code: 'nul_character', message: 'Text may not contain U+0000.' };
  if (!text.isWellFormed()) return { pointer, code: 'lone_surrogate', message: 'Text must be well-formed Unicode.' };
  return undefined;
}

function unsafeNumber(number: number, pointer: string): FieldError | undefined {
  if (!Number.isFinite(number)) return { pointer, code: 'not_finite', message: 'Numbers must be finite.' };
  // JSON.stringify writes these as integers beyond int64, which agtype refuses; beyond 2^53 they are inexact anyway.
  if (Number.isInteger(number) && !Number.isSafeInteger(number)) {
    return { pointer, code: 'inexact_integer', message: 'Integers beyond ±(2^53 − 1) must be sent as text.' };
  }
  return undefined;
}
