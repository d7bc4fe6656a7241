import { describe, expect, it } from '@jest/globals';
import {
  defineEdge,
  defineVertex,
  type EdgeOf,
  type Filter,
  GraphModel,
  type InsertOf,
  type PatchOf,
  property,
  type VertexOf,
} from './index.js';

const Team = defineVertex('Team', {
  properties: {
    slug: property.slug(),
    size: property.integer({ optional: true }),
    kind: property.oneOf(['core', 'guild']),
    key: property.secret(),
  },
  unique: [['slug']],
});

describe('a definition', () => {
  it.each([
    ['team', {}],
    ['Te am', {}],
    ['Team"; drop table', {}],
    ['T'.repeat(60), {}],
  ])('refuses the label %s', (label, properties) => {
    expect(() => defineVertex(label, { properties })).toThrow('no vertex label');
  });

  it.each(['Name', 'a-b', `a'b`, 'and', 'at', 'constructor', '__proto__x', ''])('refuses the property %s', (name) => {
    expect(() => defineVertex('Team', { properties: { [name]: property.text() } })).toThrow('no property name');
  });

  it('refuses what every vertex has, keys over nothing, and kinds that nobody knows', () => {
    expect(() => defineVertex('Team', { properties: { version: property.integer() } })).toThrow('every vertex has');
    expect(() => defineVertex('Team', { properties: {}, unique: [['slug' as 'id']] })).toThrow('does not have');
    const manifest = JSON.parse('{"kind": "blob", "optional": false, "hidden": false}');
    expect(() => defineVertex('Team', { properties: { data: manifest } })).toThrow('unknown kind');
    const leaky = JSON.parse('{"kind": "encrypted", "optional": false, "hidden": false}');
    expect(() => defineVertex('Team', { properties: { token: leaky } })).toThrow('must be hidden');
  });

  it('can come from a manifest: it is data', () => {
    const manifest = JSON.parse('{"arn": {"kind": "text", "optional": false, "hidden": false}}');
    const Service = defineVertex('AwsService', { properties: manifest, unique: [['arn']] });
    expect(JSON.parse(JSON.stringify(Service))).toMatchObject({ label: 'AwsService', unique: [['id'], ['arn']] });
  });

  it('gives types to what is read and written', () => {
    const read: VertexOf<typeof Team> = {
      slug: 'a',
      size: null,
      kind: 'core',
      id: 'x',
      created_at: '',
      updated_at: '',
      version: 1,
    };
    const insert: InsertOf<typeof Team> = { slug: 'a', kind: 'guild', key: 'hash' };
    const patch: PatchOf<typeof Team> = { size: null };
    const filter: Filter<typeof Team> = { kind: { in: ['core'] }, or: [{ size: { gte: 3 } }, { slug: 'x' }] };
    // @ts-expect-error secrets are not read
    const secret = read.key;
    // @ts-expect-error nor filtered by
    const bySecret: Filter<typeof Team> = { key: 'hash' };
    // @ts-expect-error a required property cannot be cleared
    const cleared: PatchOf<typeof Team> = { slug: null };
    // @ts-expect-error a choice is one of its values
    const wrong: InsertOf<typeof Team> = { slug: 'a', kind: 'other', key: 'hash' };
    expect([insert, patch, filter, secret, bySecret, cleared, wrong]).toHaveLength(7);
  });

  it('gives types to edges', () => {
    const Leads = defineEdge('LEADS', { from: Team, to: Team, properties: { since: property.timestamp() } });
    const edge: EdgeOf<typeof Leads> = { from: 'a', to: 'b', properties: { since: '2026-01-01T00:00:00.000Z' } };
    expect(edge.properties.since).toContain('2026');
    expect(() => defineEdge('leads', { from: Team, to: Team })).toThrow('no edge label');
  });
});

describe('a model', () => {
  it('refuses labels that clash, whatever their case, and edges between strangers', () => {
    const model = new GraphModel([Team]);
    expect(() => model.add(defineVertex('TEAM', { properties: {} }))).toThrow('clashes with Team');
    const Other = defineVertex('Other', { properties: {} });
    expect(() => model.add(defineEdge('KNOWS', { from: Team, to: Other }))).toThrow('the model does not have');
  });

  it('knows which edges may touch a vertex, and keeps labels that edges need', () => {
    const Other = defineVertex('Other', { properties: {} });
    const Knows = defineEdge('KNOWS', { from: Team, to: Other });
    const Sees = defineEdge('SEES', { from: 'any', to: Team });
    const model = new GraphModel([Team, Other, Knows, Sees]);
    expect(model.incident(Other)).toEqual([
      { edge: Knows, out: false, in: true },
      { edge: Sees, out: true, in: false },
    ]);
    expect(() => model.delete('Other')).toThrow('is an end of KNOWS');
    model.delete('KNOWS');
    model.delete('Other');
    expect(model.vertex('Other')).toBeUndefined();
  });
});
