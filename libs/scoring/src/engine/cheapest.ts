import type { JsonValue } from '#libs/common';
import type { Evaluation, RuleResult } from './evaluate.js';
import { divideRounded, fromUnits, toUnits } from './exact.js';
import type { Measure } from './measure.js';
import type { ScoreRange } from './score-map.js';

/** One attribute to change. */
export interface Step {
  readonly attribute: string;
  readonly measure: Measure;
  readonly value: JsonValue | undefined;
  /** The entries that the new value meets, one a policy that knows it. */
  readonly wanted: readonly string[];
  /** Slugs of the policies whose score rises. */
  readonly policies: readonly string[];
  readonly gain: number;
}

export interface Path {
  readonly reachable: boolean;
  readonly reached: number;
  readonly steps: readonly Step[];
}

/** What an attribute could be, and what that would add to Σ score × weight. */
interface Option {
  readonly results: readonly RuleResult[];
  readonly entries: ReadonlyMap<RuleResult, { key: string; score: number }>;
  readonly gain: bigint;
}

/**
 * The fewest attributes to change so that the score is at least `target`; of the last one, the least change that will do.
 * All policies on one measure of an attribute move together. Where one attribute is measured in several ways, what the
 * other measures would say of the new value is not guessed: they count as they do now, so that the promise holds.
 */
export function cheapestPath(evaluation: Evaluation, target: number): Path {
  const counting = evaluation.results.filter(({ applies }) => applies);
  const weights = counting.reduce((sum, { rule }) => sum + toUnits(rule.weight), 0n);
  const now = counting.reduce((sum, { rule, score = 0 }) => sum + toUnits(score) * toUnits(rule.weight), 0n);
  if (weights === 0n) return { reachable: evaluation.score >= target, reached: evaluation.score, steps: [] };
  const total = (sum: bigint) => fromUnits(divideRounded(sum, weights));
  const gainers = byAttribute(counting)
    .map(optionsOf)
    .filter((options) => options.length > 0);
  const best = gainers.sort((left, right) => compare(largest(right).gain, largest(left).gain));
  const chosen: Option[] = [];
  let sum = now;
  for (const options of best) {
    if (total(sum) >= target) break;
    // Least first: the first that will do is the least that does.
    const option = options.find(({ gain }) => total(sum + gain) >= target) ?? largest(options);
    chosen.push(option);
    sum += option.gain;
  }
  return {
    reachable: total(sum) >= target,
    reached: total(sum),
    steps: chosen.map((option) => toStep(option, weights)),
  };
}

/** Of several measures of one attribute, only the one with the most to gain: a change cannot be counted twice. */
function byAttribute(results: readonly RuleResult[]): RuleResult[][] {
  const groups = Map.groupBy(results, ({ rule }) => `${rule.attribute} ${rule.measure}`);
  const attributes = Map.groupBy([...groups.values()], ([first]) => first?.rule.attribute);
  return [...attributes.values()].flatMap((measures) => {
    const [most] = measures.sort((left, right) => compare(potential(right), potential(left)));
    return most ? [most] : [];
  });
}

function potential(group: readonly RuleResult[]): bigint {
  const options = optionsOf(group);
  return options.length > 0 ? largest(options).gain : 0n;
}

/** What the measured value could be instead, by what it would gain, least first. */
function optionsOf(results: readonly RuleResult[]): Option[] {
  const options = candidates(results).map((candidate) => {
    const entries = new Map<RuleResult, { key: string; score: number }>();
    let gain = 0n;
    for (const result of results) {
      const entry = result.rule.map.find(candidate);
      if (entry) entries.set(result, entry);
      gain += (toUnits(entry?.score ?? 0) - toUnits(result.score ?? 0)) * toUnits(result.rule.weight);
    }
    return { results, entries, gain };
  });
  return options.filter(({ gain }) => gain > 0n).sort((left, right) => compare(left.gain, right.gain));
}

// One value of each kind that the maps tell apart: every key, and a number from each piece between bounds of ranges.
function candidates(results: readonly RuleResult[]): (string | number | boolean)[] {
  const found = new Set<string | number | boolean>();
  const bounds = new Set<number>();
  for (const { rule } of results) {
    for (const entry of rule.map.entries) {
      if (isRange(entry)) {
        bounds.add(entry.low).add(entry.high);
        continue;
      }
      found.add(entry.key);
      if (entry.key === 'true' || entry.key === 'false') found.add(entry.key === 'true');
      const number = Number(entry.key);
      if (entry.key !== '' && !Number.isNaN(number)) found.add(number);
    }
  }
  const finite = [...bounds].filter(Number.isFinite);
  for (const bound of finite) found.add(bound);
  if (bounds.size > 0) found.add(Math.min(0, ...finite) - 1).add(Math.max(0, ...finite) + 1);
  return [...found];
}

function isRange(entry: { key: string; score: number }): entry is ScoreRange {
  return 'low' in entry && 'high' in entry;
}

function toStep({ results, entries, gain }: Option, weights: bigint): Step {
  const better = results.filter((result) => (entries.get(result)?.score ?? 0) > (result.score ?? 0));
  const [first] = results;
  return {
    attribute: first?.rule.attribute ?? '',
    measure: first?.rule.measure ?? 'value',
    value: first?.value,
    wanted: [...new Set([...entries.values()].map(({ key }) => key))],
    policies: better.map(({ rule }) => rule.slug),
    gain: fromUnits(divideRounded(gain, weights)),
  };
}

function largest(options: readonly Option[]): Option {
  const last = options.at(-1);
  if (!last) throw new Error('an attribute that could not gain anything');
  return last;
}

function compare(left: bigint, right: bigint): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
