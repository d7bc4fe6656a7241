import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Grant, signGrant, verifyGrant } from './signed-token.js';

const key = randomBytes(32);
const grant: Grant = { key: 'uploads/ä', method: 'GET', expiresAt: 1000 };

describe('signed grants', () => {
  it('come back as they were until they expire', () => {
    const token = signGrant(grant, key);
    expect(verifyGrant(token, key, 999_999)).toEqual(grant);
    expect(verifyGrant(token, key, 1_000_000)).toBeUndefined();
  });

  it('are refused under another key', () => {
    expect(verifyGrant(signGrant(grant, randomBytes(32)), key, 0)).toBeUndefined();
  });

  it('are refused after any change of any character', () => {
    const token = signGrant(grant, key);
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(...'ABab01-_.=+/ '), (at, character) => {
        fc.pre(token[at] !== character);
        expect(verifyGrant(token.slice(0, at) + character + token.slice(at + 1), key, 0)).toBeUndefined();
      }),
    );
  });

  it('are refused when they are any other text', () => {
    fc.assert(fc.property(fc.string(), (text) => expect(verifyGrant(text, key, 0)).toBeUndefined()));
  });

  it('are spelt in one way only', () => {
    const token = signGrant(grant, key);
    const respelt = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_')
      .map((character) => token.slice(0, -1) + character)
      .filter((other) => verifyGrant(other, key, 0));
    expect(respelt).toEqual([token]);
  });
});
