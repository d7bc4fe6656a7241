import { isJsonObject, type JsonObject, type JsonValue } from '#libs/common';

/** The text of a value as an agtype parameter. Objects lose their null and undefined members at the top level only. */
export function encodeAgtype(value: JsonValue): string {
  return JSON.stringify(value);
}

/** A scalar, map or list that came back as agtype text; null for SQL NULL. */
export function decodeAgtype(text: string | null): JsonValue {
  if (text === null) return null;
  // What our own writes store is plain JSON; only Cypher results carry suffixes and non-JSON numbers.
  if (!NEEDS_CLEANING.test(text)) return JSON.parse(text);
  return JSON.parse(toJson(text));
}

/** A properties column. */
export function decodeMap(text: string): JsonObject {
  const value = decodeAgtype(text);
  if (!isJsonObject(value)) throw new Error('the database answered no map where properties were expected');
  return value;
}

const NEEDS_CLEANING = /::|NaN|Infinity|\d{16}/;
const STRING = String.raw`"(?:[^"\\]|\\.)*"`;
const SUFFIX = '::(?:vertex|edge|path|numeric)';
const NUMBER = String.raw`-?(?:Infinity|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)`;
const TOKEN = new RegExp(`${STRING}|${SUFFIX}|NaN|${NUMBER}`, 'gs');

// Drops type suffixes outside strings; turns what JSON or JavaScript cannot hold (NaN, wide integers) into text.
function toJson(text: string): string {
  return text.replace(TOKEN, (token) => {
    if (token.startsWith('"')) return token;
    if (token.startsWith('::')) return '';
    if (token === 'NaN' || token.endsWith('Infinity')) return `"${token}"`;
    return /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token;
  });
}
