import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonValue } from '#libs/common';
import { cheapestPath } from './cheapest.js';
import { evaluate, type Rule } from './evaluate.js';
import { compileRangeMap, compileValueMap, type ScoreMap } from './score-map.js';

const TODAY = new Date('2026-11-28T00:00:00Z');

function mapOf(compiled: ReturnType<typeof compileValueMap>): ScoreMap {
  if ('faults' in compiled) throw new Error(JSON.stringify(compiled.faults));
  return compiled.map;
}

function rule(slug: string, attribute: string, map: ScoreMap, weight = 1, measure: Rule['measure'] = 'value'): Rule {
  return { id: slug, slug, name: slug, enabled: true, weight, attribute, measure, map, targets: undefined };
}

function evaluateOn(rules: readonly Rule[], attributes: Record<string, JsonValue>) {
  const subject = { typeIds: [], has: () => true, read: (name: string) => attributes[name] };
  return evaluate(rules, subject, TODAY);
}

const values = (entries: Record<string, number>) => mapOf(compileValueMap(entries, 'v'));
const ranges = (entries: Record<string, number>) => mapOf(compileRangeMap(entries, 'r'));

describe('the cheapest path', () => {
  const rules = [
    rule('tier', 'tier', values({ gold: 100, silver: 60, bronze: 30 }), 3),
    rule('coverage', 'coverage', ranges({ '..50': 0, '50..80': 50, '80..': 100 }), 2),
    rule('reviewed', 'reviewed_at', ranges({ '0..90': 100, '90..365': 40 }), 1, 'age_days'),
  ];

  it('changes as few attributes as possible, and the last one no more than needed', () => {
    const evaluation = evaluateOn(rules, { tier: 'bronze', coverage: 10, reviewed_at: '2026-11-01' });
    expect(evaluation.score).toBe(31.6667);
    expect(cheapestPath(evaluation, 40).steps).toMatchObject([{ attribute: 'tier', wanted: ['silver'], gain: 15 }]);
    expect(cheapestPath(evaluation, 90)).toMatchObject({
      reachable: true,
      reached: 100,
      steps: [
        { attribute: 'tier', value: 'bronze', wanted: ['gold'], gain: 35 },
        { attribute: 'coverage', value: 10, wanted: ['80..'], gain: 33.3333 },
      ],
    });
  });

  it('is empty where nothing has to change, and says where it cannot be done', () => {
    const best = evaluateOn(rules, { tier: 'gold', coverage: 80, reviewed_at: '2026-11-27' });
    expect(cheapestPath(best, 100)).toEqual({ reachable: true, reached: 100, steps: [] });
    const capped = evaluateOn([rule('a', 'a', values({ x: 40 }))], { a: 'y' });
    expect(cheapestPath(capped, 90)).toMatchObject({ reachable: false, reached: 40, steps: [{ wanted: ['x'] }] });
    expect(cheapestPath(evaluateOn([], {}), 100)).toEqual({ reachable: true, reached: 100, steps: [] });
  });

  it('moves all policies on one attribute together', () => {
    const both = [
      rule('high', 'n', ranges({ '0..10': 0, '10..': 100 }), 1),
      rule('low', 'n', ranges({ '0..5': 100, '5..': 20 }), 1),
    ];
    const path = cheapestPath(evaluateOn(both, { n: 7 }), 60);
    expect(path).toMatchObject({
      reachable: true,
      reached: 60,
      steps: [{ wanted: ['10..', '5..'], policies: ['high'] }],
    });
  });

  it('changes no more attributes than any other way, and gets where it says', () => {
    const KEYS = ['k0', 'k1', 'k2'];
    const map = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 3 });
    const policy = fc.record({ scores: map, weight: fc.integer({ min: 0, max: 5 }), attribute: fc.nat({ max: 3 }) });
    fc.assert(
      fc.property(fc.array(policy, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 100 }), (all, target) => {
        const made = all.map(({ scores, weight, attribute }, index) => {
          const entries = Object.fromEntries(scores.map((score, at) => [KEYS[at], score]));
          return rule(`p${index}`, `a${attribute}`, values(entries), weight);
        });
        const start = evaluateOn(made, {});
        const path = cheapestPath(start, target);
        const names = [...new Set(made.map(({ attribute }) => attribute))];
        let fewest = Number.POSITIVE_INFINITY;
        const choices = [undefined, ...KEYS];
        for (let code = 0; code < choices.length ** names.length; code += 1) {
          const attributes: Record<string, JsonValue> = {};
          names.forEach((name, at) => {
            const choice = choices[Math.floor(code / choices.length ** at) % choices.length];
            if (choice !== undefined) attributes[name] = choice;
          });
          if (evaluateOn(made, attributes).score >= target) {
            fewest = Math.min(fewest, Object.keys(attributes).length);
          }
        }
        expect(path.reachable).toBe(fewest < Number.POSITIVE_INFINITY);
        if (path.reachable) expect(path.steps.length).toBe(fewest);
        const chosen = Object.fromEntries(path.steps.map(({ attribute, wanted }) => [attribute, wanted[0] ?? '']));
        expect(evaluateOn(made, chosen).score).toBe(path.reached);
      }),
      { numRuns: Number(process.env['IMBI_TEST_SCORING_RUNS'] ?? 150) },
    );
  });
});
