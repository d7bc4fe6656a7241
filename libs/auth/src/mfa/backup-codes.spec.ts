import { describe, expect, it } from '@jest/globals';
import { BACKUP_CODES, newBackupCodes, readBackupCode } from './backup-codes.js';

describe('backup codes', () => {
  it('are ten of 80 random bits each, numbered', () => {
    const codes = newBackupCodes();
    expect(codes.map(({ slot }) => slot).join('')).toBe('0123456789');
    for (const { slot, code } of codes) expect(code).toMatch(new RegExp(`^${slot}(-[0-9A-HJKMNP-TV-Z]{4}){4}$`));
    expect(new Set(codes.map(({ code }) => code.slice(2))).size).toBe(BACKUP_CODES);
  });

  it('are read however they are typed', () => {
    expect(readBackupCode(' 3 7kq2 9fxm oI0L abcd ')).toEqual({ slot: '3', code: '3-7KQ2-9FXM-0101-ABCD' });
    for (const { slot, code } of newBackupCodes()) {
      expect(readBackupCode(code.toLowerCase().replaceAll('-', ''))).toEqual({ slot, code });
    }
  });

  it.each([
    '',
    '123456',
    '3-7KQ2-9FXM-0101-ABC',
    '37KQ29FXM0101ABCDE',
    'X-7KQ2-9FXM-0101-ABCD',
    '3-7KQ2-9FXM-0101-ABC!',
  ])('are not "%s"', (text) => {
    expect(readBackupCode(text)).toBeUndefined();
  });
});
