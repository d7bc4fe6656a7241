import type { ByteRange } from './object-storage.js';
import { rangeNotSatisfiable } from './storage-error.js';

const MAX_EXPIRY_SECONDS = 604_800;

export function assertExpiry(seconds: number): void {
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_EXPIRY_SECONDS) return;
  throw new Error(`A link cannot be valid for ${seconds} seconds.`);
}

/** The bytes that a range means in an object of `size` bytes; an empty object gives `end: -1`. */
export function resolveRange(range: ByteRange | undefined, size: number): { start: number; end: number } {
  if (!range) return { start: 0, end: size - 1 };
  const end = Math.min(range.end ?? size - 1, size - 1);
  if (range.start < 0 || range.start >= size || end < range.start) throw rangeNotSatisfiable(size);
  return { start: range.start, end };
}

/**
 * The one range of a `Range` header; undefined when it is to be ignored (absent, malformed or several ranges, RFC 9110
 * section 14.2). A suffix range (`-500`) is resolved against `size`.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Number(last);
    return { start: length === 0 ? size : Math.max(0, size - length) };
  }
  if (last !== '' && Number(last) < Number(first)) return undefined;
  return last === '' ? { start: Number(first) } : { start: Number(first), end: Number(last) };
}
