import {
  assertSafeJson,
  type FieldError,
  isDomainError,
  isId,
  isJsonObject,
  isSlug,
  type JsonValue,
  jsonPointer,
} from '#libs/common';
import type { Property } from './property.js';
import type { PropertyCipher } from './property-cipher.js';

const TIMESTAMP = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)$/;
const WEB_ADDRESS = /^https?:\/\//i;

/** A value that does not fit its property; `pointer` leads to it from the properties map. */
export class PropertyFault extends Error {
  constructor(
    readonly pointer: string,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }

  toFieldError(): FieldError {
    return { pointer: this.pointer, code: this.code, message: this.message };
  }
}

/** The value as it is stored. @throws PropertyFault when it does not fit */
export function encodeValue(declared: Property, value: unknown, pointer: string, cipher: PropertyCipher): JsonValue {
  switch (declared.kind) {
    case 'id':
      return textThat(isId, value, pointer, 'not_an_id', 'Must be a 21-character id.');
    case 'slug':
      return textThat(isSlug, value, pointer, 'not_a_slug', 'Must be a slug: a-z, 0-9 and -, at most 64 characters.');
    case 'text':
      return boundedText(value, pointer, declared.maxLength);
    case 'secret':
      return plainText(value, pointer);
    case 'encrypted':
      return cipher.encrypt(plainText(value, pointer));
    case 'url':
      return textThat(isWebAddress, value, pointer, 'not_a_url', 'Must be an absolute http or https address.');
    case 'one_of':
      return choice(value, pointer, declared.values ?? []);
    case 'integer':
      if (Number.isSafeInteger(value)) return Number(value);
      throw new PropertyFault(pointer, 'not_an_integer', 'Must be a whole number between ±(2^53 − 1).');
    case 'number':
      if (typeof value === 'number') return safe(value, pointer);
      throw new PropertyFault(pointer, 'not_a_number', 'Must be a number.');
    case 'boolean':
      if (typeof value === 'boolean') return value;
      throw new PropertyFault(pointer, 'not_a_boolean', 'Must be true or false.');
    case 'timestamp':
      return timestamp(value, pointer);
    case 'list':
      if (!Array.isArray(value)) throw new PropertyFault(pointer, 'not_a_list', 'Must be a list.');
      return value.map((item, index) => encodeNested(declared, item, pointer + jsonPointer(index), cipher));
    case 'map':
      return encodeMap(declared, value, pointer, cipher);
    case 'json':
      return safe(value, pointer);
  }
}

function encodeMap(declared: Property, value: unknown, pointer: string, cipher: PropertyCipher): JsonValue {
  if (!isJsonObject(value)) throw new PropertyFault(pointer, 'not_a_map', 'Must be an object.');
  safe(value, pointer);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, encodeNested(declared, item, pointer + jsonPointer(key), cipher)]),
  );
}

function encodeNested(declared: Property, item: unknown, pointer: string, cipher: PropertyCipher): JsonValue {
  if (!declared.of) throw new Error('a list or map property does not say what it holds');
  return encodeValue(declared.of, item, pointer, cipher);
}

function safe(value: unknown, pointer: string): JsonValue {
  try {
    assertSafeJson(value);
  } catch (error) {
    const fault = isDomainError(error) ? error.errors?.[0] : undefined;
    if (!fault) throw error;
    throw new PropertyFault(pointer + fault.pointer, fault.code, fault.message);
  }
  if (!isJson(value)) throw new PropertyFault(pointer, 'not_json', 'Must be a JSON value.');
  return value;
}

// Enough at the top: members that JSON does not know (undefined, functions) are dropped when it is written.
function isJson(value: unknown): value is JsonValue {
  return value === null || ['string', 'number', 'boolean', 'object'].includes(typeof value);
}

function plainText(value: unknown, pointer: string): string {
  if (typeof value !== 'string') throw new PropertyFault(pointer, 'not_text', 'Must be text.');
  safe(value, pointer);
  return value;
}

function boundedText(value: unknown, pointer: string, maxLength: number | undefined): string {
  const text = plainText(value, pointer);
  if (maxLength === undefined || text.length <= maxLength) return text;
  throw new PropertyFault(pointer, 'too_long', `Must be at most ${maxLength} characters.`);
}

function textThat(
  fits: (text: string) => boolean,
  value: unknown,
  pointer: string,
  code: string,
  message: string,
): string {
  if (typeof value === 'string' && fits(value)) return plainText(value, pointer);
  throw new PropertyFault(pointer, code, message);
}

function choice(value: unknown, pointer: string, values: readonly string[]): string {
  if (typeof value === 'string' && values.includes(value)) return value;
  throw new PropertyFault(pointer, 'not_a_choice', `Must be one of ${values.join(', ')}.`);
}

function timestamp(value: unknown, pointer: string): string {
  const text = value instanceof Date ? dateText(value) : value;
  if (typeof text === 'string' && TIMESTAMP.test(text)) {
    const instant = new Date(text);
    if (!Number.isNaN(instant.getTime())) return instant.toISOString();
  }
  throw new PropertyFault(pointer, 'not_a_timestamp', 'Must be an RFC 3339 time.');
}

function dateText(value: Date): string {
  return Number.isNaN(value.getTime()) ? '' : value.toISOString();
}

function isWebAddress(text: string): boolean {
  return WEB_ADDRESS.test(text) && URL.canParse(text);
}
