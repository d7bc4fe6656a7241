import { describe, expect, it } from '@jest/globals';
import { Totp } from './totp.js';

const RFC_SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const at = (seconds: number) => new Date(seconds * 1000);

describe('TOTP', () => {
  // RFC 6238, appendix B, the SHA-1 rows.
  it.each([
    [59, '94287082'],
    [1_111_111_109, '07081804'],
    [1_111_111_111, '14050471'],
    [1_234_567_890, '89005924'],
    [2_000_000_000, '69279037'],
    [20_000_000_000, '65353130'],
  ])('gives at %i s what RFC 6238 says', (seconds, code) => {
    expect(new Totp('Imbi', 8).code(RFC_SECRET, at(seconds))).toBe(code);
  });

  it('takes the codes of the present step and its neighbours, tells their steps, and takes no other', () => {
    const totp = new Totp('Imbi');
    const now = 1_700_000_010;
    const step = Math.floor(now / 30);
    for (const [offset, expected] of [
      [-60, undefined],
      [-30, step - 1],
      [0, step],
      [30, step + 1],
      [60, undefined],
    ] as const) {
      const code = totp.code(RFC_SECRET, at(now + offset));
      expect([offset, totp.stepOf(RFC_SECRET, code, at(now))]).toEqual([offset, expected]);
    }
    for (const code of ['', '12345', '1234567', 'abcdef']) {
      expect(totp.stepOf(RFC_SECRET, code, at(now))).toBeUndefined();
    }
  });

  it('makes secrets of 160 bits that are all different', () => {
    const secrets = Array.from({ length: 100 }, () => new Totp('Imbi').newSecret());
    for (const secret of secrets) expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(new Set(secrets).size).toBe(100);
  });

  it('writes addresses that authenticator apps read', () => {
    const uri = new URL(new Totp('Imbi & Co').uri(RFC_SECRET, 'ada+x@example.org'));
    expect([uri.protocol, uri.host, decodeURIComponent(uri.pathname)]).toEqual([
      'otpauth:',
      'totp',
      '/Imbi & Co:ada+x@example.org',
    ]);
    expect(Object.fromEntries(uri.searchParams)).toEqual({
      secret: RFC_SECRET,
      issuer: 'Imbi & Co',
      algorithm: 'SHA1',
      digits: '6',
      period: '30',
    });
  });
});
