import { describe, expect, it } from '@jest/globals';
import { entityTag, matchesNone, parseIfMatch, parseIfNoneMatchAny } from './entity-tag.js';

describe('If-Match', () => {
  it.each<[string | undefined, number | undefined]>([
    [undefined, undefined],
    ['*', undefined],
    ['"3"', 3],
    [' "0" ', 0],
    [entityTag(12, '{"team":"Platform"}'), 12],
  ])('%s expects version %s', (header, version) => {
    expect(parseIfMatch(header)).toBe(version);
  });

  it.each(['3', '""3""', '"3', '', '"1", "2"', '"a b"'])('%s is no precondition', (header) => {
    expect(() => parseIfMatch(header)).toThrow(expect.objectContaining({ code: 'malformed_precondition' }));
  });

  it.each(['W/"3"', '"abc"', '"-1"', '"03"', '"3."', '"3.short"', '"3.twelve-chars"'])('%s never matches', (header) => {
    expect(() => parseIfMatch(header)).toThrow(expect.objectContaining({ kind: 'precondition_failed' }));
  });
});

describe('If-None-Match', () => {
  it('compares weakly on reads', () => {
    const tag = entityTag(3);
    expect(['"3"', 'W/"3"', '*', '"1", W/"3"'].map((header) => matchesNone(header, tag))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(['"4"', '', '3'].map((header) => matchesNone(header, tag))).toEqual([false, false, false]);
  });

  it('tells apart what one version looked like', () => {
    const [before, after] = [entityTag(3, '{"team":"Old"}'), entityTag(3, '{"team":"New"}')];
    expect(before).not.toBe(after);
    expect(before).toBe(entityTag(3, '{"team":"Old"}'));
    expect([before, '"3"'].map((header) => matchesNone(header, after))).toEqual([false, false]);
  });

  it('can only be * on writes', () => {
    expect([undefined, '*'].map(parseIfNoneMatchAny)).toEqual([false, true]);
    expect(() => parseIfNoneMatchAny('"3"')).toThrow(expect.objectContaining({ code: 'malformed_precondition' }));
  });
});
