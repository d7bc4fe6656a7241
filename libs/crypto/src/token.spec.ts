import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hmacSha256, randomToken, sha256, timingSafeEqualText } from './token.js';

describe('token helpers', () => {
  it('makes random text of the asked size that never repeats', () => {
    const tokens = Array.from({ length: 200 }, () => randomToken());
    expect(new Set(tokens).size).toBe(200);
    for (const token of tokens) expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(Buffer.from(randomToken(10), 'base64url')).toHaveLength(10);
  });

  it('hashes as FIPS 180-4 and RFC 4231 say', () => {
    expect(Buffer.from(sha256('abc'), 'base64url').toString('hex')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
    const code = hmacSha256('Jefe', 'what do ya want for nothing?');
    expect(Buffer.from(code, 'base64url').toString('hex')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });

  it('compares texts like ===', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (left, right) => {
        expect(timingSafeEqualText(left, right)).toBe(left === right);
        expect(timingSafeEqualText(left, left)).toBe(true);
      }),
    );
  });
});
