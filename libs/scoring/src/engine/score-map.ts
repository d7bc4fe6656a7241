import type { FieldError } from '#libs/common';
import { jsonPointer } from '#libs/common';
import type { Measured } from './measure.js';

/** A score map as it is stored and sent: value or range → score. */
export type ScoreEntries = Readonly<Record<string, number>>;

/** What a compiled map knows of one of its entries. */
export interface ScoreEntry {
  readonly key: string;
  readonly score: number;
}

/** `[low, high)`; a missing bound is infinite. */
export interface ScoreRange extends ScoreEntry {
  readonly low: number;
  readonly high: number;
}

/** Looks up what a measured value is worth; undefined where the map says nothing of it. */
export interface ScoreMap {
  readonly kind: 'value' | 'range';
  readonly entries: readonly ScoreEntry[];
  find(measured: Measured): ScoreEntry | undefined;
}

/** A map that compiles, or what is wrong with it. */
export type Compiled = { readonly map: ScoreMap } | { readonly faults: readonly FieldError[] };

const NUMBER = /^-?(?:\d{1,15}(?:\.\d{1,15})?|\.\d{1,15})$/;
const RANGE = /^(-?[\d.]*)\.\.(-?[\d.]*)$/;

/** Texts match as they are, booleans by "true" and "false", numbers by value: 5 meets "5" as well as "5.0". */
export function compileValueMap(entries: ScoreEntries, field: string): Compiled {
  const texts = new Map<string, ScoreEntry>();
  const numbers = new Map<number, ScoreEntry>();
  const faults: FieldError[] = [];
  for (const [key, score] of Object.entries(entries)) {
    const entry = { key, score };
    texts.set(key, entry);
    if (!NUMBER.test(key)) continue;
    const number = normal(Number(key));
    const other = numbers.get(number);
    if (other) faults.push(fault(field, key, 'same_number', `"${other.key}" and "${key}" are the same number.`));
    numbers.set(number, entry);
  }
  if (faults.length > 0) return { faults };
  const find = (measured: Measured) =>
    typeof measured === 'number' ? numbers.get(normal(measured)) : texts.get(String(measured));
  return { map: { kind: 'value', entries: [...texts.values()], find } };
}

/** Keys are `low..high`, either of which may be missing; the low end is part of a range, the high end is not. */
export function compileRangeMap(entries: ScoreEntries, field: string): Compiled {
  const faults: FieldError[] = [];
  const ranges: ScoreRange[] = [];
  for (const [key, score] of Object.entries(entries)) {
    const range = parseRange(key, score);
    if (range) ranges.push(range);
    else faults.push(fault(field, key, 'malformed_range', `"${key}" is no range such as "0..50", "..50" or "90..".`));
  }
  ranges.sort((left, right) => left.low - right.low || left.high - right.high);
  // Sorted by their low ends, an overlap is one with the range that reaches furthest so far.
  let furthest: ScoreRange | undefined;
  for (const range of ranges) {
    if (furthest && range.low < furthest.high) {
      faults.push(fault(field, range.key, 'overlap', `The ranges "${furthest.key}" and "${range.key}" overlap.`));
    }
    if (!furthest || range.high > furthest.high) furthest = range;
  }
  if (faults.length > 0) return { faults };
  const find = (measured: Measured) =>
    typeof measured === 'number' ? ranges.find(({ low, high }) => low <= measured && measured < high) : undefined;
  return { map: { kind: 'range', entries: ranges, find } };
}

/** The range that a key names; undefined where it names none, or an empty one. */
export function parseRange(key: string, score: number): ScoreRange | undefined {
  const [, lowText = '', highText = ''] = RANGE.exec(key) ?? [];
  if (!RANGE.test(key) || !isBound(lowText) || !isBound(highText)) return undefined;
  const low = lowText === '' ? Number.NEGATIVE_INFINITY : normal(Number(lowText));
  const high = highText === '' ? Number.POSITIVE_INFINITY : normal(Number(highText));
  return low < high ? { key, score, low, high } : undefined;
}

function isBound(text: string): boolean {
  return text === '' || NUMBER.test(text);
}

// −0 and 0 are one number, but two keys of a map.
function normal(number: number): number {
  return number === 0 ? 0 : number;
}

function fault(field: string, key: string, code: string, message: string): FieldError {
  return { pointer: `/${field}${jsonPointer(key)}`, code, message };
}
