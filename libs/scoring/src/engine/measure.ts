import { isJsonObject, type JsonValue } from '#libs/common';

/**
 * What of an attribute the maps of a policy look at: the value itself, the age of a date in days, how many members a list
 * or map has, or whether there is anything at all.
 */
export const MEASURES = ['value', 'age_days', 'count', 'present'] as const;
export type Measure = (typeof MEASURES)[number];

/** What the maps can look up. */
export type Measured = string | number | boolean;

const DATE = /^\d{4}-\d{2}-\d{2}(?:$|[Tt ])/;
const DAY_MS = 86_400_000;

/**
 * Measures `value`; undefined where there is nothing to measure. `today` is any instant of the day (UTC) that ages are
 * counted to: an age is whole days between two dates, so that a score can only change with it at midnight.
 */
export function measureValue(value: JsonValue | undefined, measure: Measure, today: Date): Measured | undefined {
  switch (measure) {
    case 'value':
      return isScalar(value) ? value : undefined;
    case 'age_days':
      return ageInDays(value, today);
    case 'count':
      return countOf(value);
    case 'present':
      return isPresent(value);
  }
}

/** Whether there is a value: null, empty text, and empty lists and maps are none. */
export function isPresent(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === '') return false;
  if (Array.isArray(value)) return value.length > 0;
  return !isJsonObject(value) || Object.keys(value).length > 0;
}

function isScalar(value: JsonValue | undefined): value is Measured {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

// Nothing has no members; a number or a text is not of a kind that has any.
function countOf(value: JsonValue | undefined): number | undefined {
  if (value === undefined || value === null) return 0;
  if (Array.isArray(value)) return value.length;
  return isJsonObject(value) ? Object.keys(value).length : undefined;
}

function ageInDays(value: JsonValue | undefined, today: Date): number | undefined {
  if (typeof value !== 'string' || !DATE.test(value)) return undefined;
  const then = Date.parse(value);
  if (Number.isNaN(then)) return undefined;
  return dayOf(today.getTime()) - dayOf(then);
}

function dayOf(milliseconds: number): number {
  return Math.floor(milliseconds / DAY_MS);
}
