import { type FieldError, invalid } from '#libs/common';
import type { Rule } from '../engine/evaluate.js';
import { DECIMALS } from '../engine/exact.js';
import type { Measure } from '../engine/measure.js';
import {
  type Compiled,
  compileRangeMap,
  compileValueMap,
  type ScoreEntries,
  type ScoreMap,
} from '../engine/score-map.js';
import type { PolicyRow } from './policies.read-model.js';

const MAX_ENTRIES = 500;
const MAX_KEY = 500;

/** The maps of a policy, as it is written. */
interface Maps {
  readonly measure?: Measure;
  readonly value_score_map?: ScoreEntries | null;
  readonly range_score_map?: ScoreEntries | null;
}

/** The one map of a policy, ready to look values up. @throws DomainError `validation_failed` with a pointer to each fault */
export function compileMaps({ measure = 'value', value_score_map, range_score_map }: Maps): ScoreMap {
  if (Boolean(value_score_map) === Boolean(range_score_map)) {
    const message = 'Give exactly one of value_score_map and range_score_map.';
    throw invalid([{ pointer: '/value_score_map', code: 'one_map', message }]);
  }
  const field = value_score_map ? 'value_score_map' : 'range_score_map';
  const entries = value_score_map ?? range_score_map ?? {};
  const faults = [...entryFaults(entries, field), ...measureFaults(entries, field, measure)];
  if (faults.length > 0) throw invalid(faults);
  const compiled: Compiled = value_score_map ? compileValueMap(entries, field) : compileRangeMap(entries, field);
  if ('faults' in compiled) throw invalid(compiled.faults);
  return compiled.map;
}

/** A stored policy as the engine takes it. */
export function toRule({ policy, targets }: PolicyRow): Rule {
  return {
    id: policy.id,
    slug: policy.slug,
    name: policy.name,
    enabled: policy.enabled,
    weight: policy.weight,
    attribute: policy.attribute_name,
    measure: policy.measure,
    map: compileMaps(policy),
    targets: policy.targeted ? targets.map(({ id }) => id) : undefined,
  };
}

function entryFaults(entries: ScoreEntries, field: string): FieldError[] {
  const given = Object.entries(entries);
  if (given.length === 0) return [{ pointer: `/${field}`, code: 'empty_map', message: 'The map has no entry.' }];
  if (given.length > MAX_ENTRIES) {
    return [{ pointer: `/${field}`, code: 'too_many', message: `The map has more than ${MAX_ENTRIES} entries.` }];
  }
  return given
    .filter(([key, score]) => key.length > MAX_KEY || !isScore(score))
    .map(([key]) => ({
      pointer: `/${field}/${key.slice(0, MAX_KEY).replaceAll('~', '~0').replaceAll('/', '~1')}`,
      code: 'not_a_score',
      message: `A score is a number from 0 to 100 with at most ${DECIMALS} decimals.`,
    }));
}

function isScore(value: unknown): boolean {
  if (typeof value !== 'number' || !(value >= 0 && value <= 100)) return false;
  return Number(value.toFixed(DECIMALS)) === value;
}

function measureFaults(entries: ScoreEntries, field: string, measure: Measure): FieldError[] {
  if (measure !== 'present') return [];
  const fits = field === 'value_score_map' && Object.keys(entries).every((key) => key === 'true' || key === 'false');
  if (fits) return [];
  const message = 'What is measured as present has a value map with "true", "false" or both.';
  return [{ pointer: `/${field}`, code: 'present_or_not', message }];
}
