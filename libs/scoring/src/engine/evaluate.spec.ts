import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonValue } from '#libs/common';
import { contribution, evaluate, type Rule, type Subject } from './evaluate.js';
import { compileRangeMap, compileValueMap, type ScoreMap } from './score-map.js';

const TODAY = new Date('2026-11-28T12:00:00Z');
const RUNS = Number(process.env['IMBI_TEST_SCORING_RUNS'] ?? 300);

function mapOf(compiled: ReturnType<typeof compileValueMap>): ScoreMap {
  if ('faults' in compiled) throw new Error(JSON.stringify(compiled.faults));
  return compiled.map;
}

const values = (entries: Record<string, number>) => mapOf(compileValueMap(entries, 'value_score_map'));
const ranges = (entries: Record<string, number>) => mapOf(compileRangeMap(entries, 'range_score_map'));

let counter = 0;
function rule(more: Partial<Rule> & Pick<Rule, 'map'>): Rule {
  counter += 1;
  const slug = more.slug ?? `p${counter}`;
  return {
    id: slug,
    slug,
    name: slug,
    enabled: true,
    weight: 1,
    attribute: 'a',
    measure: 'value',
    targets: undefined,
    ...more,
  };
}

function subject(attributes: Record<string, JsonValue>, typeIds: string[] = ['api']): Subject {
  return {
    typeIds,
    has: (name) => Object.hasOwn(attributes, name),
    read: (name) => (Object.hasOwn(attributes, name) ? attributes[name] : undefined),
  };
}

const scoreOf = (rules: readonly Rule[], attributes: Record<string, JsonValue>) =>
  evaluate(rules, subject(attributes), TODAY);

describe('a score', () => {
  it('is the weighted mean of what the values are worth', () => {
    const rules = [
      rule({ map: values({ gold: 100, silver: 60 }), weight: 10, attribute: 'tier' }),
      rule({ map: ranges({ '..50': 0, '50..80': 50, '80..': 100 }), weight: 5, attribute: 'coverage' }),
      rule({ map: values({ true: 100, false: 0 }), weight: 5, attribute: 'onCall' }),
    ];
    const evaluation = scoreOf(rules, { tier: 'silver', coverage: 80, onCall: false });
    expect(evaluation).toMatchObject({ score: 55, unfloored: 55, flag: undefined, totalWeight: 20 });
    expect(evaluation.results.map((one) => contribution(one, 20))).toEqual([30, 25, 0]);
    expect(evaluation.results.map(({ matched }) => matched)).toEqual(['silver', '80..', 'false']);
  });

  it('is 100 with a flag where nothing applies, and where what applies weighs nothing', () => {
    expect(scoreOf([], {})).toMatchObject({ score: 100, flag: 'no_policies' });
    expect(scoreOf([rule({ map: values({ x: 1 }) })], {})).toMatchObject({ score: 100, flag: 'no_policies' });
    expect(scoreOf([rule({ map: values({ x: 1 }), weight: 0 })], { a: 'x' })).toMatchObject({
      score: 100,
      flag: 'no_weight',
    });
  });

  it.each<[string, Partial<Rule>, Record<string, JsonValue>, string, boolean]>([
    ['is disabled', { enabled: false }, { a: 'x' }, 'disabled', false],
    ['is for other types', { targets: ['library'] }, { a: 'x' }, 'not_targeted', false],
    ['was for types that are gone', { targets: [] }, { a: 'x' }, 'not_targeted', false],
    ['is for one of the types', { targets: ['library', 'api'] }, { a: 'x' }, 'scored', true],
    ['looks at what the project has not', {}, {}, 'no_attribute', false],
    ['finds null', {}, { a: null }, 'no_value', true],
    ['finds empty text', {}, { a: '' }, 'no_value', true],
    ['finds what the map does not know', {}, { a: 'y' }, 'no_mapping', true],
    ['finds a list', {}, { a: ['x'] }, 'no_mapping', true],
  ])('of a policy that %s', (_what, more, attributes, outcome, applies) => {
    const [result] = scoreOf([rule({ map: values({ x: 70 }), ...more })], attributes).results;
    expect(result).toMatchObject({ outcome, applies });
    expect(result?.score).toBe(applies ? (outcome === 'scored' ? 70 : 0) : undefined);
  });

  it('rounds once, at the end', () => {
    const third = [rule({ map: values({ x: 100 }) }), rule({ map: values({ y: 1 }) }), rule({ map: values({ z: 1 }) })];
    expect(scoreOf(third, { a: 'x' }).score).toBe(33.3333);
    const tenths = Array.from({ length: 10 }, () => rule({ map: values({ x: 0.1 }), weight: 0.1 }));
    expect(scoreOf(tenths, { a: 'x' }).score).toBe(0.1);
  });
});

describe('measures', () => {
  const worth = (measure: Rule['measure'], map: ScoreMap, value: JsonValue, today = TODAY) =>
    evaluate([rule({ map, measure })], subject({ a: value }), today).results[0];

  it.each<[JsonValue, number | undefined]>([
    ['2026-11-28', 0],
    ['2026-11-27', 1],
    ['2025-11-28', 365],
    ['2026-11-27T23:59:59.999Z', 1],
    ['2026-11-28T23:59:59Z', 0],
    ['2026-11-28T01:00:00+02:00', 1],
    ['2026-12-01', -3],
    ['yesterday', undefined],
    ['2026-13-45', undefined],
    [20261128, undefined],
  ])('the age of %s is %s days', (value, days) => {
    expect(worth('age_days', ranges({ '..': 100 }), value)?.measured).toBe(days);
  });

  it('ages change at midnight UTC only', () => {
    const at = (today: string) => worth('age_days', ranges({ '..': 1 }), '2026-11-20', new Date(today))?.measured;
    expect([at('2026-11-28T00:00:00Z'), at('2026-11-28T23:59:59.999Z'), at('2026-11-29T00:00:00Z')]).toEqual([8, 8, 9]);
  });

  it('counts members, of nothing too', () => {
    const map = ranges({ '0..1': 0, '1..3': 50, '3..': 100 });
    const all: JsonValue[] = [null, {}, [], { a: 'x' }, ['a', 'b', 'c']];
    const scores = all.map((value) => worth('count', map, value)?.score);
    expect(scores).toEqual([0, 0, 0, 50, 100]);
    expect(worth('count', map, 'text')).toMatchObject({ outcome: 'no_mapping', score: 0 });
  });

  it('says whether there is anything', () => {
    const map = values({ true: 100, false: 10 });
    const all: JsonValue[] = [null, '', [], {}, 'x', 0, false, ['x'], { a: null }];
    expect(all.map((value) => worth('present', map, value)?.score)).toEqual([10, 10, 10, 10, 100, 100, 100, 100, 100]);
  });
});

const score = fc.integer({ min: 0, max: 1_000_000 }).map((units) => units / 10_000);
const weight = fc.integer({ min: 0, max: 1_000_000 }).map((units) => units / 10_000);
const graded = fc.record({ score, weight, value: fc.constantFrom<JsonValue>('x', 'y', null) });
const rulesOf = (all: readonly { score: number; weight: number }[]) =>
  all.map((one, index) => rule({ map: values({ x: one.score }), weight: one.weight, attribute: `a${index}` }));
const valuesOf = (all: readonly { value: JsonValue }[]) =>
  Object.fromEntries(all.map(({ value }, index) => [`a${index}`, value]));

describe('whatever the policies are', () => {
  const check = (property: fc.IRawProperty<unknown>) => fc.assert(property as fc.IProperty<unknown>, { numRuns: RUNS });

  it('a score is from 0 to 100, and between the least and the greatest of what it is made of', () => {
    check(
      fc.property(fc.array(graded, { maxLength: 60 }), (all) => {
        const { score: result, results, flag } = scoreOf(rulesOf(all), valuesOf(all));
        expect(result).toBeGreaterThanOrEqual(0);
        expect(result).toBeLessThanOrEqual(100);
        if (flag) return;
        const parts = results.filter(({ rule: { weight: own } }) => own > 0).map((one) => one.score ?? 0);
        expect(result).toBeGreaterThanOrEqual(Math.min(...parts));
        expect(result).toBeLessThanOrEqual(Math.max(...parts));
      }),
    );
  });

  it('only the proportions of weights matter', () => {
    check(
      fc.property(fc.array(graded, { maxLength: 30 }), fc.integer({ min: 1, max: 1000 }), (all, factor) => {
        const scaled = all.map((one) => ({ ...one, weight: one.weight * factor }));
        expect(scoreOf(rulesOf(scaled), valuesOf(all)).score).toBe(scoreOf(rulesOf(all), valuesOf(all)).score);
      }),
    );
  });

  it('their order does not matter: not the last digit drifts', () => {
    const shuffled = fc
      .array(graded, { minLength: 2, maxLength: 60 })
      .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray([...all.keys()], { minLength: all.length })));
    check(
      fc.property(shuffled, ([all, order]) => {
        const rules = rulesOf(all);
        const reordered = order.flatMap((index) => rules[index] ?? []);
        expect(scoreOf(reordered, valuesOf(all)).score).toBe(scoreOf(rules, valuesOf(all)).score);
      }),
    );
  });

  it('a better value never lowers the score', () => {
    const two = fc.tuple(fc.array(graded, { minLength: 1, maxLength: 30 }), score, score, fc.nat());
    check(
      fc.property(two, ([all, one, other, at]) => {
        const index = at % all.length;
        const rules = rulesOf(all).map((own, place) =>
          place === index ? { ...own, map: values({ low: Math.min(one, other), high: Math.max(one, other) }) } : own,
        );
        const attributes = valuesOf(all);
        const low = scoreOf(rules, { ...attributes, [`a${index}`]: 'low' }).score;
        const high = scoreOf(rules, { ...attributes, [`a${index}`]: 'high' }).score;
        expect(high).toBeGreaterThanOrEqual(low);
      }),
    );
  });

  it('it is the exact quotient, rounded half up to four decimals', () => {
    check(
      fc.property(fc.array(graded, { minLength: 1, maxLength: 40 }), (all) => {
        const units = (number: number) => BigInt(Math.round(number * 10_000));
        const total = all.reduce((sum, one) => sum + units(one.weight), 0n);
        fc.pre(total > 0n);
        const sum = all.reduce(
          (part, one) => part + (one.value === 'x' ? units(one.score) : 0n) * units(one.weight),
          0n,
        );
        const quotient = sum / total;
        const rest = sum % total;
        const rounded = Number(quotient + (rest * 2n >= total ? 1n : 0n)) / 10_000;
        expect(scoreOf(rulesOf(all), valuesOf(all)).score).toBe(rounded);
      }),
    );
  });
});
