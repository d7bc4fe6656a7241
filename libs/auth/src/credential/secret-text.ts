import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const CHECKSUM_LENGTH = 6;
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** The greatest multiple of 62 that a byte can hold; bytes from there on would make some characters likelier. */
const FAIR = 248;

/** Random letters and digits: each has nearly six bits. */
export function randomText(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < FAIR && text.length < length) text += ALPHABET[byte % ALPHABET.length];
    }
  }
  return text;
}

/** The text with six characters more, by which a scanner can tell it from noise. */
export function withChecksum(text: string): string {
  return text + checksum(text);
}

export function hasChecksum(text: string): boolean {
  return text === withChecksum(text.slice(0, -CHECKSUM_LENGTH));
}

function checksum(text: string): string {
  let rest = crc32(text);
  let sum = '';
  while (sum.length < CHECKSUM_LENGTH) {
    sum = ALPHABET[rest % ALPHABET.length] + sum;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return sum;
}
