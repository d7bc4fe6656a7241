import { describe, expect, it } from '@jest/globals';
import { assertSafeJson, jsonPointer, stableStringify } from './json.js';

function faultOf(value: unknown, maxDepth?: number) {
  try {
    assertSafeJson(value, { maxDepth });
    return undefined;
  } catch (error) {
    return (error as { errors: { pointer: string; code: string }[] }).errors[0];
  }
}

describe('assertSafeJson', () => {
  it.each([
    ['a prototype key', JSON.parse('{"a":{"__proto__":{}}}'), '/a/__proto__', 'forbidden_key'],
    ['a constructor key in a list', JSON.parse('[{"constructor":1}]'), '/0/constructor', 'forbidden_key'],
    ['a NUL in text', { a: ['x\u0000'] }, '/a/0', 'nul_character'],
    ['a NUL in a key', { 'x\u0000': 1 }, '/x\u0000', 'nul_character'],
    ['a lone surrogate', { a: '\ud800' }, '/a', 'lone_surrogate'],
    ['an integer that a double cannot hold', { a: 2 ** 53 }, '/a', 'inexact_integer'],
    ['no number', { a: Number.NaN }, '/a', 'not_finite'],
  ])('refuses %s and points at it', (_what, value, pointer, code) => {
    expect(faultOf(value)).toMatchObject({ pointer, code });
  });

  it('allows exactly the depth it is given', () => {
    const nest = (depth: number): unknown => (depth === 0 ? 1 : { a: nest(depth - 1) });
    expect(faultOf(nest(4), 4)).toBeUndefined();
    expect(faultOf(nest(5), 4)).toMatchObject({ code: 'too_deep', pointer: '/a/a/a/a' });
  });

  it('accepts ordinary documents', () => {
    expect(faultOf({ a: [1, -0.5, 1e20 / 1e10, 'é😀', null, true, {}] })).toBeUndefined();
  });
});

describe('stableStringify', () => {
  it('gives equal text for equal objects whatever the order of their keys', () => {
    expect(stableStringify({ b: 1, a: { d: [{ y: 1, x: 2 }], c: 2 } })).toBe(
      stableStringify({ a: { c: 2, d: [{ x: 2, y: 1 }] }, b: 1 }),
    );
  });
});

describe('jsonPointer', () => {
  it('escapes what RFC 6901 says', () => {
    expect(jsonPointer('a/b', '~', 0)).toBe('/a~1b/~0/0');
  });
});
