import { isJsonObject, type JsonObject, type JsonValue } from '#libs/common';

/** The text of a value as an agtype parameter. Objects lose their null and undefined members at the top level only. */
export function encodeAgtype(value: JsonValue): string {
  return JSON.stringify(value);
}

/** A scalar, map or list that came back as agtype text; null for SQL NULL. */
export function decodeAgtype(text: string | null): JsonValue {
  if (text === null) return null;
  // What our own writes store is plain JSON; only Cypher results carry suffixes and non-JSON numbers.
  if (!needsCleaning(text)) return JSON.parse(text);
  return JSON.parse(toJson(text));
}

/** A properties column. */
export function decodeMap(text: string): JsonObject {
  const value = decodeAgtype(text);
  if (!isJsonObject(value)) throw new Error('the database answered no map where properties were expected');
  return value;
}

const WIDE = 16;

// Each page of a list goes through here: a regular expression for all of it takes as long as parsing does.
function needsCleaning(text: string): boolean {
  return text.includes('::') || text.includes('NaN') || text.includes('Infinity') || hasWideNumber(text);
}

/** Whether there are sixteen digits in a row. One of any sixteen characters in a row has a place divisible by sixteen. */
function hasWideNumber(text: string): boolean {
  for (let at = 0; at < text.length; at += WIDE) {
    if (!isDigit(text, at)) continue;
    let from = at;
    let to = at + 1;
    while (isDigit(text, from - 1)) from -= 1;
    while (to - from < WIDE && isDigit(text, to)) to += 1;
    if (to - from >= WIDE) return true;
  }
  return false;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}

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
