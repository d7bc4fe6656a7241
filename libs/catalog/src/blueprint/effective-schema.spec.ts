import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonObject } from '#libs/common';
import type { BlueprintRecord } from './blueprint-record.js';
import { BlueprintSet } from './blueprint-schemas.js';
import { mergeBlueprints, type SchemaSubject } from './effective-schema.js';

const HERE = 'organization-here-0001';
const ELSEWHERE = 'organization-else-0001';

function blueprint(slug: string, more: Partial<BlueprintRecord> & { attributes?: readonly string[] } = {}) {
  const { attributes = ['tier'], ...rest } = more;
  const properties = Object.fromEntries(attributes.map((name) => [name, { type: 'string', title: slug }]));
  const record: BlueprintRecord = {
    id: `id-of-${slug}`,
    slug,
    organizationId: null,
    subject: 'Project',
    enabled: true,
    priority: 100,
    filter: { project_type: [], environment: [] },
    schema: { type: 'object', properties },
    version: 1,
    ...rest,
  };
  return record;
}

const filter = (project_type: string[], environment: string[] = []) => ({ project_type, environment });
const project = (types: string[], environments: string[] = []): SchemaSubject => ({
  subject: 'Project',
  organizationId: HERE,
  types,
  environments,
});
/** `attribute: winner < shadowed, …` of each attribute. */
const told = (blueprints: readonly BlueprintRecord[], subject: SchemaSubject = project(['api'])) =>
  [...mergeBlueprints('1', blueprints, subject).properties.values()].map(
    ({ name, blueprint: winner, shadowed }) => `${name}: ${[winner, ...shadowed].join(' < ')}`,
  );

describe('which blueprints are in force', () => {
  const cases: readonly [string, Partial<BlueprintRecord>, SchemaSubject, boolean][] = [
    ['no filter', {}, project(['api']), true],
    ['one of its types', { filter: filter(['web', 'api']) }, project(['api', 'job']), true],
    ['none of its types', { filter: filter(['web']) }, project(['api', 'job']), false],
    ['one of its environments', { filter: filter([], ['prod']) }, project(['api'], ['dev', 'prod']), true],
    ['deployed nowhere', { filter: filter([], ['prod']) }, project(['api']), false],
    ['both lists met', { filter: filter(['api'], ['prod']) }, project(['api'], ['prod']), true],
    ['the type only', { filter: filter(['api'], ['prod']) }, project(['api'], ['dev']), false],
    ['the environment only', { filter: filter(['api'], ['prod']) }, project(['web'], ['prod']), false],
    ['switched off', { enabled: false }, project(['api']), false],
    ['of this organization', { organizationId: HERE }, project(['api']), true],
    ['of another organization', { organizationId: ELSEWHERE }, project(['api']), false],
    ['of another kind', { subject: 'Team' }, project(['api']), false],
    ['of an edge', { subject: 'DEPLOYED_IN' }, project(['api']), false],
    [
      'an edge from one of its types',
      { subject: 'DEPLOYED_IN', filter: filter(['api'], ['prod']) },
      { subject: 'DEPLOYED_IN', organizationId: HERE, types: ['api'], environments: ['prod'] },
      true,
    ],
  ];
  it.each(cases)('%s', (_what, more, subject, inForce) => {
    expect(told([blueprint('one', more)], subject)).toEqual(inForce ? ['tier: one'] : []);
  });
});

describe('a clash', () => {
  const cases: readonly [string, BlueprintRecord[], string[]][] = [
    ['is won by the lower number', [blueprint('a', { priority: 2 }), blueprint('b', { priority: 1 })], ['tier: b < a']],
    ['is won by the first slug in a tie', [blueprint('b'), blueprint('a'), blueprint('c')], ['tier: a < b < c']],
    [
      'of equal slugs is won by the organization’s own',
      [blueprint('a'), blueprint('a', { organizationId: HERE, id: 'own' })],
      ['tier: a < a'],
    ],
    [
      'is decided property by property',
      [
        blueprint('a', { priority: 1, attributes: ['tier'] }),
        blueprint('b', { priority: 2, attributes: ['tier', 'lead'] }),
        blueprint('c', { priority: 3, attributes: ['lead', 'sla'] }),
      ],
      ['tier: a < b', 'lead: b < c', 'sla: c'],
    ],
  ];
  it.each(cases)('%s', (_what, blueprints, expected) => {
    expect(told(blueprints)).toEqual(expected);
    expect(told([...blueprints].reverse())).toEqual(expected);
  });

  it('of equal slugs gives the organization’s own schema', () => {
    const own = blueprint('a', { organizationId: HERE, schema: { properties: { tier: { type: 'integer' } } } });
    const { properties } = mergeBlueprints('1', [blueprint('a'), own], project(['api']));
    expect(properties.get('tier')?.schema).toEqual({ type: 'integer' });
  });

  it('takes what is required from who won the property only', () => {
    const needs = (slug: string, priority: number, required: string[]) =>
      blueprint(slug, {
        priority,
        schema: { properties: { tier: { type: 'string' }, lead: { type: 'string' } }, required },
      });
    expect(mergeBlueprints('1', [needs('a', 1, ['tier']), needs('b', 2, ['lead'])], project([])).required).toEqual([
      'tier',
    ]);
  });

  it('ends the same whatever order the blueprints were read in', () => {
    const record = fc
      .record({
        slug: fc.constantFrom('a', 'b', 'c', 'd'),
        priority: fc.integer({ min: 1, max: 3 }),
        attributes: fc.uniqueArray(fc.constantFrom('x', 'y', 'z'), { minLength: 1 }),
      })
      .map(({ slug, ...more }) => blueprint(slug, more));
    const lists = fc.uniqueArray(record, { selector: ({ slug }) => slug, maxLength: 4 });
    fc.assert(
      fc.property(
        lists.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        ([list, shuffled]) => expect(told(shuffled)).toEqual(told(list)),
      ),
    );
  });
});

describe('what is left of a blueprint in a merged schema', () => {
  it('is complete in itself, with the definitions that it refers to', () => {
    const $defs: JsonObject = { level: { enum: [1, 2] } };
    const schema = { properties: { tier: { $ref: '#/$defs/level' }, free: true, never: false }, $defs };
    const { properties } = mergeBlueprints('1', [blueprint('a', { schema })], project([]));
    expect([...properties.values()].map((one) => one.schema)).toEqual([
      { $ref: '#/$defs/level', $defs },
      {},
      { not: {} },
    ]);
  });
});

describe('all attributes of an organization', () => {
  it('are those of every blueprint in force there, whatever it is filtered by', () => {
    const set = new BlueprintSet('1', [
      blueprint('a', { filter: filter(['api']) }),
      blueprint('b', { organizationId: HERE, attributes: ['lead'] }),
      blueprint('c', { organizationId: ELSEWHERE, attributes: ['theirs'] }),
      blueprint('d', { enabled: false, attributes: ['off'] }),
      blueprint('e', { subject: 'Team', attributes: ['motto'] }),
    ]);
    expect([...set.attributes(HERE).keys()]).toEqual(['tier', 'lead']);
  });

  it('are any of what blueprints say where they say different things', () => {
    const integer = { type: 'integer' };
    const set = new BlueprintSet('1', [
      blueprint('a', { schema: { properties: { tier: integer } } }),
      blueprint('b', { schema: { properties: { tier: integer } } }),
      blueprint('c', { priority: 1, schema: { properties: { tier: { type: 'string' } } } }),
    ]);
    expect(set.attributes(HERE).get('tier')).toEqual({ anyOf: [{ type: 'string' }, integer] });
  });
});
