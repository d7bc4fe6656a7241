import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type JsonObject, newId } from '#libs/common';
import { type CatalogWorld, catalogWorld, failure, query, statementsOf, walk } from '../../test/catalog-world.js';
import { Blueprint } from '../model/blueprint.vertex.js';
import { Project } from '../model/project.vertex.js';
import type { OrganizationScope } from '../shared/organization-scope.js';
import { ProjectFacetsQueryDto } from './project-facets.dto.js';

const PROPERTIES: JsonObject = {
  maturity: { type: 'string', enum: ['sandbox', 'incubating', 'graduated'] },
  accepted: { type: 'string', format: 'date' },
  released: { type: 'string', format: 'date-time' },
  cost: { type: 'number' },
  replicas: { type: 'integer' },
  public: { type: 'boolean' },
  languages: { type: 'array', items: { type: 'string' } },
  ports: { type: 'array', items: { type: 'integer' } },
  owner: { type: ['string', 'null'] },
  contact: { type: 'object' },
  team: { type: 'string' },
};

const STORED: Readonly<Record<string, JsonObject>> = {
  alpha: {
    maturity: 'graduated',
    accepted: '2018-08-09',
    released: '2024-05-01T12:00:00+02:00',
    cost: 10.5,
    replicas: 3,
    public: true,
    languages: ['go', 'c'],
    ports: [80, 443],
    owner: "O'Neil",
    contact: { mail: 'a@example.org' },
    team: 'sre',
  },
  beta: {
    maturity: 'graduated',
    accepted: '2016-03-10',
    released: '2024-05-01T10:30:00Z',
    cost: 9,
    replicas: 10,
    public: false,
    languages: ['go'],
    ports: [8080],
    owner: 'ada',
  },
  gamma: {
    maturity: 'sandbox',
    accepted: '2021-01-31',
    released: '2024-05-01T09:59:59.999Z',
    cost: 100,
    languages: [],
  },
  // Before the blueprint was what it is.
  delta: { maturity: 7, cost: 'much', languages: 'go' },
  epsilon: {},
};

let world: CatalogWorld;
let scope: OrganizationScope;
beforeAll(async () => {
  world = await catalogWorld();
  scope = await world.furnished();
  await declareIn(scope, PROPERTIES);
  for (const [slug, attributes] of Object.entries(STORED)) {
    const { id } = await world.project(scope, slug, { team: slug === 'alpha' ? 'b' : 'a', project_types: ['a', 'b'] });
    await world.graph.transaction((tx) => tx.patch(Project, id, { set: { attributes } }));
  }
  const other = await world.furnished();
  const { id } = await world.project(other, 'theirs');
  await world.graph.transaction((tx) => tx.patch(Project, id, { set: { attributes: { maturity: 'graduated' } } }));
});
afterAll(() => world?.close());

async function slugs(filter: Record<string, unknown>, sort = 'slug'): Promise<string[]> {
  return (await world.projects.list(scope, query({ filter, sort }))).items.map(({ slug }) => slug);
}

describe('projects by their attributes', () => {
  it.each([
    ['filter[attributes.maturity][eq]', 'graduated', ['alpha', 'beta']],
    ['filter[maturity]', 'graduated', ['alpha', 'beta']],
    ['filter[maturity][ne]', 'graduated', ['delta', 'epsilon', 'gamma']],
    ['filter[maturity][in]', 'graduated,sandbox', ['alpha', 'beta', 'gamma']],
    ['filter[maturity][nin]', 'graduated,sandbox', ['delta', 'epsilon']],
    ['filter[maturity][exists]', 'false', ['epsilon']],
    ['filter[accepted][lt]', '2018-08-09', ['beta']],
    ['filter[accepted][lte]', '2018-08-09', ['alpha', 'beta']],
    ['filter[accepted][gte]', '2018-08-09', ['alpha', 'gamma']],
    ['filter[released][eq]', '2024-05-01T10:00:00Z', ['alpha']],
    ['filter[released][gt]', '2024-05-01T10:00:00Z', ['beta']],
    ['filter[released][lt]', '2024-05-01T10:00:00Z', ['gamma']],
    ['filter[released][in]', '2024-05-01T10:00:00Z,2024-05-01T12:30:00+02:00', ['alpha', 'beta']],
    ['filter[released][ne]', '2024-05-01T10:00:00Z', ['beta', 'delta', 'epsilon', 'gamma']],
    ['filter[released][exists]', 'true', ['alpha', 'beta', 'gamma']],
    ['filter[cost][eq]', '10.5', ['alpha']],
    ['filter[cost][lt]', '10.5', ['beta']],
    ['filter[cost][lte]', '10.5', ['alpha', 'beta']],
    ['filter[cost][gt]', '-1e3', ['alpha', 'beta', 'gamma']],
    ['filter[owner][gt]', 'a', ['beta']],
    ['filter[replicas][gt]', '3', ['beta']],
    ['filter[public]', 'true', ['alpha']],
    ['filter[public][ne]', 'true', ['beta', 'delta', 'epsilon', 'gamma']],
    ['filter[languages][contains]', 'go', ['alpha', 'beta', 'delta']],
    ['filter[ports][contains]', '80', ['alpha']],
    ['filter[owner][eq]', "O'Neil", ['alpha']],
    ['filter[owner][contains]', 'ADA', ['beta']],
    ['filter[contact][exists]', 'true', ['alpha']],
    // The project's own team, and the attribute of that name.
    ['filter[team]', 'b', ['alpha']],
    ['filter[attributes.team]', 'sre', ['alpha']],
  ])('are filtered by %s=%s', async (parameter, value, expected) => {
    expect(await slugs({ [parameter]: value })).toEqual(expected);
  });

  it.each([
    ['filter[maturity]', 'ripe'],
    ['filter[accepted][gt]', '2024-02-30'],
    ['filter[released]', 'yesterday'],
    ['filter[cost][gt]', 'much'],
    ['filter[replicas]', '1.5'],
    ['filter[public]', 'yes'],
    ['filter[ports][contains]', 'http'],
    ['filter[ports][gt]', '80'],
    ['filter[contact]', 'x'],
    ['filter[attributes.none]', 'x'],
    ['filter[none]', 'x'],
    ['filter[attributes.__proto__]', 'x'],
  ])('are not filtered by %s=%s', async (parameter, value) => {
    expect(await failure(world.projects.list(scope, query({ filter: { [parameter]: value } })))).toMatchObject({
      code: 'invalid_parameters',
      errors: [{ pointer: `/${parameter}` }],
    });
  });

  it.each([
    ['attributes.accepted', ['beta', 'alpha', 'gamma']],
    ['-accepted', ['gamma', 'alpha', 'beta']],
    ['released', ['gamma', 'alpha', 'beta']],
    ['-released', ['beta', 'alpha', 'gamma']],
    ['attributes.replicas,-name', ['alpha', 'beta']],
    ['maturity,-accepted', ['alpha', 'beta', 'gamma']],
  ])('are sorted by %s, in pages as in one', async (sort, expected) => {
    const having = { 'filter[accepted][exists]': 'true' };
    const found = (await slugs(having, sort)).filter((slug) => expected.includes(slug));
    expect(found).toEqual(expected);
    for (const limit of [1, 2, 3]) {
      const walked = await walk((page) => world.projects.list(scope, { ...page, sort }), limit);
      expect(walked.map(({ slug }) => slug)).toEqual(await slugs({}, sort));
      expect(walked).toHaveLength(5);
    }
  });

  it('are not sorted by what has no order', async () => {
    for (const sort of ['languages', 'attributes.contact', 'attributes.none']) {
      expect(await failure(world.projects.list(scope, query({ sort })))).toMatchObject({
        errors: [{ pointer: '/sort' }],
      });
    }
  });

  it('cost one statement more, and only where an attribute is asked for', async () => {
    expect(await statementsOf(() => slugs({ 'filter[team]': 'a' }))).toHaveLength(1);
    expect(await statementsOf(() => slugs({ 'filter[maturity]': 'graduated' }))).toHaveLength(2);
  });
});

describe('projects counted by facets', () => {
  const facets = (fields: string, filter: Record<string, unknown> = {}, q?: string) =>
    world.facets.count(scope, Object.assign(new ProjectFacetsQueryDto(), { fields, filter, q }));

  it('are counted by what they are joined to and by attributes, in one statement', async () => {
    expect(await facets('team,project_type,environment,archived,maturity,attributes.languages,public')).toEqual({
      total: 5,
      facets: [
        {
          field: 'team',
          values: [
            { value: 'a', name: 'Team a', count: 4 },
            { value: 'b', name: 'Team b', count: 1 },
          ],
          other: 0,
          missing: 0,
        },
        {
          field: 'project_type',
          values: [
            { value: 'a', name: 'Type a', count: 5 },
            { value: 'b', name: 'Type b', count: 5 },
          ],
          other: 0,
          missing: 0,
        },
        { field: 'environment', values: [], other: 0, missing: 5 },
        { field: 'archived', values: [{ value: false, name: null, count: 5 }], other: 0, missing: 0 },
        {
          field: 'attributes.maturity',
          values: [
            { value: 'graduated', name: null, count: 2 },
            { value: 'sandbox', name: null, count: 1 },
            { value: 7, name: null, count: 1 },
          ],
          other: 0,
          missing: 1,
        },
        {
          field: 'attributes.languages',
          values: [
            { value: 'go', name: null, count: 3 },
            { value: 'c', name: null, count: 1 },
          ],
          other: 0,
          missing: 1,
        },
        {
          field: 'attributes.public',
          values: [
            { value: false, name: null, count: 1 },
            { value: true, name: null, count: 1 },
          ],
          other: 0,
          missing: 3,
        },
      ],
    });
    expect(await statementsOf(() => facets('team,tag'))).toHaveLength(1);
    expect(await statementsOf(() => facets('team,maturity,accepted'))).toHaveLength(2);
  });

  it('count what matches every filter and the search', async () => {
    const { total, facets: counted } = await facets('maturity', { 'filter[team]': 'a' }, 'ta e');
    expect(total).toBe(0);
    expect(counted[0]?.values).toEqual([]);
    expect(await facets('maturity', { 'filter[team]': 'a' }, 'eta')).toMatchObject({
      total: 1,
      facets: [{ values: [{ value: 'graduated', count: 1 }], missing: 0 }],
    });
    expect((await facets('team', { 'filter[maturity]': 'graduated' })).total).toBe(2);
  });

  it('name the hundred commonest values and add up the others', async () => {
    const busy = await world.furnished();
    await declareIn(busy, { note: { type: 'string' } });
    const projects = Array.from({ length: 130 }, (_, index) => `p${index}`);
    await world.graph.transaction((tx) =>
      tx.insertMany(
        Project,
        projects.map((slug, index) => ({
          organization_id: busy.id,
          slug,
          name: slug,
          attributes: { note: index < 10 ? 'common' : index < 19 ? 'rarer' : slug },
        })),
      ),
    );
    const query = Object.assign(new ProjectFacetsQueryDto(), { fields: 'note' });
    const {
      facets: [note],
    } = await world.facets.count(busy, query);
    expect(note?.values).toHaveLength(100);
    expect(note?.values.slice(0, 3)).toEqual([
      { value: 'common', name: null, count: 10 },
      { value: 'rarer', name: null, count: 9 },
      { value: 'p100', name: null, count: 1 },
    ]);
    expect(note).toMatchObject({ other: 13, missing: 0 });
  });

  it.each(['', 'name', 'attributes.none', 'contact', 'attributes.contact', 'a,b,c,d,e,f,g,h,i,j,k'])(
    'are not counted by "%s"',
    async (fields) => {
      expect(await failure(facets(fields))).toMatchObject({ errors: [{ pointer: '/fields' }] });
    },
  );
});

function declareIn(organization: OrganizationScope, properties: JsonObject): Promise<unknown> {
  return world.graph.transaction((tx) =>
    tx.insert(Blueprint, {
      organization_id: organization.id,
      slug: 'notes',
      name: 'Notes',
      kind: 'node',
      type: 'Project',
      enabled: true,
      priority: 100,
      filter: { project_type: [], environment: [] },
      json_schema: { type: 'object', properties },
      key: newId(),
    }),
  );
}
