import type { JsonValue } from '#libs/common';
import { divideRounded, fromUnits, toUnits } from './exact.js';
import { isPresent, type Measure, type Measured, measureValue } from './measure.js';
import type { ScoreMap } from './score-map.js';

/** A policy as the engine takes it. */
export interface Rule {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly enabled: boolean;
  /** 0–100, with at most four decimals. */
  readonly weight: number;
  readonly attribute: string;
  readonly measure: Measure;
  readonly map: ScoreMap;
  /** Ids of the project types it is for; undefined means all. An empty list means none. */
  readonly targets: readonly string[] | undefined;
}

/** What the engine has to know of a project. */
export interface Subject {
  readonly typeIds: readonly string[];
  /** Whether the attribute is among those that the project's types have. */
  has(attribute: string): boolean;
  read(attribute: string): JsonValue | undefined;
}

/** Why a policy counts, or not. All but `scored`, `no_value` and `no_mapping` take no part in the score. */
export const OUTCOMES = ['scored', 'no_value', 'no_mapping', 'disabled', 'not_targeted', 'no_attribute'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface RuleResult {
  readonly rule: Rule;
  readonly outcome: Outcome;
  readonly applies: boolean;
  readonly value: JsonValue | undefined;
  readonly measured: Measured | undefined;
  /** The entry of the map that the value met. */
  readonly matched: string | undefined;
  /** 0 where the policy applies but there is no value or no entry for it; undefined where it does not apply. */
  readonly score: number | undefined;
}

export interface Evaluation {
  /** 0–100, rounded once, to four decimals, at the very end. */
  readonly score: number;
  /** The weighted mean before it is floored at 0; it cannot be below as long as scores cannot. */
  readonly unfloored: number;
  /** Why it is 100 without anything that says so. */
  readonly flag: 'no_policies' | 'no_weight' | undefined;
  readonly results: readonly RuleResult[];
  /** Σ weight of the policies that apply. */
  readonly totalWeight: number;
}

const PERFECT = 100;

/** The score of one project: a function of its arguments alone, the same for every order of `rules`. */
export function evaluate(rules: readonly Rule[], subject: Subject, today: Date): Evaluation {
  const results = rules.map((rule) => apply(rule, subject, today));
  let weights = 0n;
  let weighted = 0n;
  let applicable = 0;
  for (const { rule, score } of results) {
    if (score === undefined) continue;
    applicable += 1;
    const weight = toUnits(rule.weight);
    weights += weight;
    weighted += toUnits(score) * weight;
  }
  if (weights === 0n) {
    const flag = applicable === 0 ? 'no_policies' : 'no_weight';
    return { score: PERFECT, unfloored: PERFECT, flag, results, totalWeight: 0 };
  }
  const base = fromUnits(divideRounded(weighted, weights));
  return {
    score: Math.max(0, base),
    unfloored: base,
    flag: undefined,
    results,
    totalWeight: fromUnits(weights),
  };
}

/** What one policy adds to the score: its part of the weighted mean, to four decimals. */
export function contribution(result: RuleResult, totalWeight: number): number {
  const weights = toUnits(totalWeight);
  if (result.score === undefined || weights === 0n) return 0;
  return fromUnits(divideRounded(toUnits(result.score) * toUnits(result.rule.weight), weights));
}

function apply(rule: Rule, subject: Subject, today: Date): RuleResult {
  const absent = whyNot(rule, subject);
  const value = absent === 'no_attribute' ? undefined : subject.read(rule.attribute);
  const without = { rule, value, measured: undefined, matched: undefined };
  if (absent) return { ...without, outcome: absent, applies: false, score: undefined };
  // For these two measures nothing is a value too: it is not present, and it has no members.
  const meansNothing = rule.measure === 'present' || rule.measure === 'count';
  if (!meansNothing && !isPresent(value)) return { ...without, outcome: 'no_value', applies: true, score: 0 };
  const measured = measureValue(value, rule.measure, today);
  const entry = measured === undefined ? undefined : rule.map.find(measured);
  return {
    rule,
    outcome: entry ? 'scored' : 'no_mapping',
    applies: true,
    value,
    measured,
    matched: entry?.key,
    score: entry?.score ?? 0,
  };
}

function whyNot(rule: Rule, subject: Subject): Outcome | undefined {
  if (!rule.enabled) return 'disabled';
  if (rule.targets && !rule.targets.some((target) => subject.typeIds.includes(target))) return 'not_targeted';
  return subject.has(rule.attribute) ? undefined : 'no_attribute';
}
