import { DomainError } from '#libs/common';

const MAX_BYTES = 1024;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/**
 * Refuses a key that some part of the way could read in another way: path segments that URL parsers fold (`..`, `.`,
 * empty ones), control characters, backslashes, lone surrogates, more than 1024 bytes.
 * @throws DomainError `invalid_key`
 */
export function assertKey(key: string): void {
  const problem = keyProblem(key);
  if (problem) throw new DomainError('invalid_key', 'invalid', `The key of the file ${problem}.`);
}

/** Like {@link assertKey} for the beginning of keys, which may be empty or end within a segment. */
export function assertPrefix(prefix: string): void {
  if (prefix !== '') assertKey(`${prefix}x`);
}

function keyProblem(key: string): string | undefined {
  if (key === '') return 'is empty';
  if (!key.isWellFormed()) return 'is not well-formed text';
  if (Buffer.byteLength(key) > MAX_BYTES) return `is longer than ${MAX_BYTES} bytes`;
  if (CONTROL.test(key)) return 'has control characters';
  if (key.includes('\\')) return 'has a backslash';
  if (key.split('/').some((segment) => segment === '' || segment === '.' || segment === '..')) {
    return 'has an empty, "." or ".." segment';
  }
  return undefined;
}
