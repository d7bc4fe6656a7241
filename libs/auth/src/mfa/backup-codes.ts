import { randomBytes } from 'node:crypto';

export const BACKUP_CODES = 10;

/** Crockford's base32: no I, L, O or U, which people mistake for others. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LENGTH = 16;

/** A code and the slot it begins with. */
export interface NewBackupCode {
  readonly slot: string;
  readonly code: string;
}

/** Ten codes of 80 random bits each: `3-7KQ2-9FXM-…`, the first character being the number of the code. */
export function newBackupCodes(): NewBackupCode[] {
  return Array.from({ length: BACKUP_CODES }, (_, index) => {
    const text = [...randomBytes(LENGTH)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
    return { slot: String(index), code: `${index}-${text.match(/.{4}/g)?.join('-') ?? text}` };
  });
}

/** The code as it was made, however it was typed; undefined where it cannot be one. */
export function readBackupCode(typed: string): NewBackupCode | undefined {
  const text = typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  if (!/^\d[0-9A-HJKMNP-TV-Z]{16}$/.test(text)) return undefined;
  const slot = text.slice(0, 1);
  return { slot, code: `${slot}-${text.slice(1).match(/.{4}/g)?.join('-') ?? ''}` };
}
