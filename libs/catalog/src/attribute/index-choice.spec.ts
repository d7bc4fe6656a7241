import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '#libs/common';
import type { BlueprintRecord } from '../blueprint/blueprint-record.js';
import { type AttributeUses, chooseIndexes } from './index-choice.js';

function blueprint(properties: JsonObject, more: Partial<BlueprintRecord> = {}): BlueprintRecord {
  const filter = { project_type: [], environment: [] };
  const rest = { id: 'b', slug: 'b', organizationId: null, enabled: true, priority: 1, filter, version: 1 };
  return { ...rest, subject: 'Project', schema: { type: 'object', properties }, ...more };
}
const text = { type: 'string' };
const uses = (name: string, lately: number, inAll = lately): AttributeUses => ({ name, lately, inAll });
const large = { present: [], uses: [], isLarge: true };

describe('the attributes that get an index', () => {
  it('are those that ask for one, then the hottest of the others', () => {
    const declared = blueprint({ asked: { ...text, 'x-index': true }, a: text, b: text, c: text, d: text });
    const situation = { ...large, uses: [uses('a', 200), uses('b', 900), uses('c', 199), uses('asked', 5)] };
    expect(chooseIndexes([declared], situation)).toEqual(['asked', 'b', 'a']);
    expect(chooseIndexes([declared], { ...situation, isLarge: false })).toEqual(['asked']);
  });

  it('keep it until hardly anybody looks for them', () => {
    const declared = blueprint({ a: text, b: text });
    const situation = { ...large, uses: [uses('a', 0, 50), uses('b', 0, 49)] };
    expect(chooseIndexes([declared], { ...situation, present: ['a', 'b'] })).toEqual(['a']);
    expect(chooseIndexes([declared], situation)).toEqual([]);
  });

  it.each<[string, BlueprintRecord]>([
    ['that a blueprint refuses one', blueprint({ a: { ...text, 'x-index': false } })],
    ['without an order of values', blueprint({ a: { type: 'array', items: text } })],
    ['with times, which are compared as instants', blueprint({ a: { ...text, format: 'date-time' } })],
    ['that no blueprint declares', blueprint({ b: text })],
    ['of a blueprint that is not in force', blueprint({ a: text }, { enabled: false })],
    ['of something else than projects', blueprint({ a: text }, { subject: 'Team' })],
  ])('are none %s, however hot', (_what, declared) => {
    expect(chooseIndexes([declared], { ...large, uses: [uses('a', 9999)], present: ['a'] })).toEqual([]);
  });
});
