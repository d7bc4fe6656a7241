import { COMMON_WORDS, KEY_ROWS } from './common-passwords.js';

const MIN_WORD = 4;
const MIN_RUN = 3;
const MAX_BLOCK = 6;
// What one predictable stretch is worth, whatever its length: an attacker tries it as one unit.
const CHUNK_WORTH = 1;

const LEET: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};

const commonWords = new Set(COMMON_WORDS.filter((word) => word.length >= MIN_WORD));
const longestWord = Math.max(...COMMON_WORDS.map((word) => word.length));
const rows = KEY_ROWS.flatMap((row) => [row, [...row].reverse().join('')]);

/**
 * How many characters a password is worth to someone who guesses: each common word (leet spelling included), run along
 * a keyboard row or alphabet, repetition, or `personal` word counts as one character. `length` is never less.
 */
export function effectiveLength(password: string, personal: readonly string[] = []): number {
  const characters = [...password.toLowerCase()].map(toOneUnit);
  const words = new Set(personal.map((word) => word.toLowerCase()).filter((word) => word.length >= MIN_WORD));
  const plain = characters.join('');
  const unleeted = characters.map((character) => LEET[character] ?? character).join('');
  let worth = 0;
  for (let at = 0; at < characters.length; ) {
    const predictable = Math.max(
      wordAt(plain, at, words),
      wordAt(unleeted, at, words),
      runAt(plain, at),
      repetitionAt(plain, at),
    );
    worth += predictable > 1 ? CHUNK_WORTH : 1;
    at += Math.max(predictable, 1);
  }
  return worth;
}

// Positions below count UTF-16 units, so characters of two units stand in by one from the private use area.
function toOneUnit(character: string): string {
  if (character.length === 1) return character;
  return String.fromCharCode(0xe000 + ((character.codePointAt(0) ?? 0) % 0x1900));
}

function wordAt(text: string, at: number, personal: ReadonlySet<string>): number {
  const longest = Math.max(longestWord, ...[...personal].map((word) => word.length));
  for (let length = Math.min(longest, text.length - at); length >= MIN_WORD; length -= 1) {
    const part = text.slice(at, at + length);
    if (commonWords.has(part) || personal.has(part)) return length;
  }
  return 0;
}

function runAt(text: string, at: number): number {
  let longest = 0;
  for (const row of rows) {
    let length = 0;
    while (at + length < text.length && row.includes(text.slice(at, at + length + 1))) length += 1;
    longest = Math.max(longest, length);
  }
  return longest >= MIN_RUN ? longest : 0;
}

// The same block again and again: "aaa", "abab", "abcabc"; the first one still counts, as one.
function repetitionAt(text: string, at: number): number {
  let longest = 0;
  for (let block = 1; block <= MAX_BLOCK; block += 1) {
    const unit = text.slice(at, at + block);
    let length = block;
    while (unit.length === block && text.startsWith(unit, at + length)) length += block;
    if (length > block && length >= MIN_RUN) longest = Math.max(longest, length);
  }
  return longest;
}
