import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PasswordPolicy } from './password-policy.js';

const adr = new PasswordPolicy({ profile: 'adr', minLength: 12 });
const asvs = new PasswordPolicy({ profile: 'asvs', minLength: 12 });
const codes = (policy: PasswordPolicy, password: string, owner = {}) =>
  policy.check(password, owner).map((fault) => fault.code);

describe('PasswordPolicy, profile adr', () => {
  it.each([
    ['Tr0ub4dor&3xyz', []],
    ['Ünïcode-Pässe-9', []],
    ['short1!A', ['too_short']],
    ['alllowercase1!', ['missing_upper']],
    ['ALLUPPERCASE1!', ['missing_lower']],
    ['NoDigitsHere!!', ['missing_digit']],
    ['NoSpecials1234', ['missing_special']],
    ['            ', ['missing_upper', 'missing_lower', 'missing_digit', 'missing_special']],
  ])('judges "%s"', (password, expected) => {
    expect(codes(adr, password)).toEqual(expected);
  });

  it('allows at least 64 characters and names the field it was given', () => {
    expect(adr.check(`Aa1!${'x'.repeat(252)}`)).toEqual([]);
    expect(adr.check(`Aa1!${'x'.repeat(253)}`, {}, '/new_password')).toEqual([
      { pointer: '/new_password', code: 'too_long', message: 'Use at most 256 characters.' },
    ]);
  });

  it('counts characters, not bytes or halves of them, after composing them', () => {
    expect(codes(adr, `Aa1!${'😀'.repeat(7)}`)).toEqual(['too_short']);
    expect(codes(adr, `Aa1!${'😀'.repeat(8)}`)).toEqual([]);
    expect(codes(adr, `Aa1!${'e\u0301'.repeat(7)}`)).toEqual(['too_short']);
  });
});

describe('PasswordPolicy, profile asvs', () => {
  it.each([
    'password1234',
    'PASSWORD!!!!!!',
    'P@ssw0rd2024!'.replace('2024', '1234'),
    'aaaaaaaaaaaaaaaa',
    'abcabcabcabcabc',
    'qwertyuiopasdfgh',
    'poiuytrewqlkjh',
    '123456789012345',
    'letmeinletmein',
    'dragonmonkeyfootball',
    'Summer123456789',
    '1qaz2wsx3edc4rfv',
    '😀😀😀😀😀😀😀😀😀😀😀😀',
  ])('refuses "%s"', (password) => {
    expect(codes(asvs, password)).toEqual(['too_common']);
  });

  it.each(['correct horse battery staple', 'nine wet otters dance', 'x7fk2mvq9trw', 'ŝajnas ke pluvos morgaŭ'])(
    'accepts "%s" without asking for kinds of characters',
    (password) => {
      expect(codes(asvs, password)).toEqual([]);
    },
  );

  it('refuses what is little more than the owner’s own e-mail or name', () => {
    const owner = { email: 'wilhelmina.grubb@example.org', name: 'Wilhelmina Grubb' };
    expect(codes(asvs, 'wilhelminagrubb77', owner)).toEqual(['too_common']);
    expect(codes(asvs, 'wilhelmina.grubb@example.org', owner)).toEqual(['too_common']);
    expect(codes(asvs, 'wilhelminagrubb77')).toEqual([]);
  });

  it('accepts any 16 random base64url characters', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 12, maxLength: 12 }), (bytes) => {
        fc.pre(new Set(bytes).size > 10);
        expect(codes(asvs, Buffer.from(bytes).toString('base64url'))).toEqual([]);
      }),
    );
  });

  it('judges text of any kind without failing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (password) => {
        expect(Array.isArray(asvs.check(password))).toBe(true);
      }),
    );
  });
});
