import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Measured } from './measure.js';
import { type Compiled, compileRangeMap, compileValueMap } from './score-map.js';

const found = (compiled: Compiled, measured: Measured) =>
  'map' in compiled ? compiled.map.find(measured)?.score : compiled.faults;
const codes = (compiled: Compiled) => ('faults' in compiled ? compiled.faults.map(({ code }) => code) : []);

describe('a value map', () => {
  const compiled = compileValueMap({ gold: 1, true: 2, '5.0': 3, '-0': 4, '': 5 }, 'value_score_map');
  it.each<[Measured, number | undefined]>([
    ['gold', 1],
    ['Gold', undefined],
    [true, 2],
    ['true', 2],
    [false, undefined],
    [5, 3],
    ['5.0', 3],
    ['5', undefined],
    [0, 4],
    ['', 5],
  ])('%p is worth %p', (measured, score) => {
    expect(found(compiled, measured)).toBe(score);
  });

  it('refuses two keys that are one number, naming both', () => {
    const twice = compileValueMap({ '1': 0, '1.0': 50, one: 10 }, 'value_score_map');
    expect(twice).toMatchObject({ faults: [{ pointer: '/value_score_map/1.0', code: 'same_number' }] });
    expect('faults' in twice && twice.faults[0]?.message).toContain('"1" and "1.0"');
  });
});

describe('a range map', () => {
  const compiled = compileRangeMap({ '90..': 4, '-5..0': 1, '..-5': 0, '0..50.5': 2, '60..90': 3 }, 'range_score_map');
  it.each<[Measured, number | undefined]>([
    [-1e300, 0],
    [-5.0001, 0],
    [-5, 1],
    [-0, 2],
    [50.4999, 2],
    [50.5, undefined],
    [59, undefined],
    [60, 3],
    [89.999, 3],
    [90, 4],
    [1e300, 4],
    ['60', undefined],
    [true, undefined],
  ])('%p is worth %p', (measured, score) => {
    expect(found(compiled, measured)).toBe(score);
  });

  it('may touch, may leave gaps, and may be open on both sides', () => {
    expect(codes(compileRangeMap({ '0..10': 1, '10..20': 2, '30..': 3 }, 'r'))).toEqual([]);
    expect(found(compileRangeMap({ '..': 7 }, 'r'), 42)).toBe(7);
  });

  it('refuses overlaps, naming both', () => {
    const overlap = compileRangeMap({ '0..10': 1, '9.99..20': 2 }, 'range_score_map');
    expect(overlap).toMatchObject({ faults: [{ pointer: '/range_score_map/9.99..20', code: 'overlap' }] });
    expect('faults' in overlap && overlap.faults[0]?.message).toBe('The ranges "0..10" and "9.99..20" overlap.');
    expect(codes(compileRangeMap({ '0..100': 1, '10..20': 2, '50..60': 3 }, 'r'))).toEqual(['overlap', 'overlap']);
    expect(codes(compileRangeMap({ '..10': 1, '..20': 2 }, 'r'))).toEqual(['overlap']);
    expect(codes(compileRangeMap({ '0..10': 1, '00..10.0': 2 }, 'r'))).toEqual(['overlap']);
  });

  it.each(['', '5', '5..5', '9..1', 'a..b', '1...2', '1..2..3', '0x1..2', '1e3..', ' 1..2', '..-', '-..', '.'])(
    'refuses "%s"',
    (key) => {
      expect(codes(compileRangeMap({ [key]: 1 }, 'r'))).toEqual(['malformed_range']);
    },
  );

  it('finds what a search through all of them finds, and refuses exactly what overlaps', () => {
    const bound = fc.integer({ min: -20, max: 20 });
    const pair = fc.tuple(bound, bound).filter(([low, high]) => low < high);
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1, maxLength: 6 }), bound, (pairs, value) => {
        const entries = Object.fromEntries(pairs.map(([low, high], index) => [`${low}..${high}`, index]));
        const kept = Object.keys(entries).map((key) => key.split('..').map(Number));
        const overlaps = kept.some(([low = 0, high = 0], index) =>
          kept.some(([otherLow = 0, otherHigh = 0], other) => other !== index && low < otherHigh && otherLow < high),
        );
        const compiledPairs = compileRangeMap(entries, 'r');
        expect('faults' in compiledPairs).toBe(overlaps);
        if (overlaps) return;
        const hit = Object.entries(entries).find(([key]) => {
          const [low = 0, high = 0] = key.split('..').map(Number);
          return low <= value && value < high;
        });
        expect(found(compiledPairs, value)).toBe(hit?.[1]);
      }),
    );
  });
});
