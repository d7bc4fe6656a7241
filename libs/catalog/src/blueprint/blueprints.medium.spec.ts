import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger, newId } from '#libs/common';
import type { JobContext } from '#libs/queue';
import {
  type CatalogWorld,
  catalogWorld,
  failure,
  failures,
  mergePatch,
  pointers,
  projectWrite,
  query,
  statementsOf,
} from '../../test/catalog-world.js';
import { Blueprint } from '../model/blueprint.vertex.js';
import { Project } from '../model/project.vertex.js';
import type { OrganizationScope } from '../shared/organization-scope.js';
import type { BlueprintWriteDto } from './blueprint.dto.js';
import type { BlueprintScope } from './blueprint.mapper.js';
import { BlueprintPurgeHandler } from './blueprint-purge.handler.js';
import { purgeBlueprint } from './blueprint-purges.service.js';
import { BlueprintSeeder, DEPLOYMENT_PROPERTIES } from './blueprint-seeder.js';
import { SchemasService } from './schemas.service.js';

const EVERYWHERE: BlueprintScope = { id: null };
let world: CatalogWorld;
let scope: OrganizationScope;
beforeAll(async () => {
  world = await catalogWorld();
  scope = await world.furnished();
});
afterAll(() => world?.close());
// Each test has its own blueprints, and no other's.
afterEach(async () => {
  const { items } = await world.graph.read.list(Blueprint, { limit: 100 });
  await world.graph.transaction((tx) =>
    tx.removeMany(
      Blueprint,
      items.map(({ id }) => id),
    ),
  );
});

function blueprint(properties: Record<string, unknown>, more: Partial<BlueprintWriteDto> = {}): BlueprintWriteDto {
  const json_schema = { type: 'object', properties, ...more.json_schema };
  return { slug: 'levels', name: 'Levels', kind: 'node', type: 'Project', ...more, json_schema };
}
const TIER = { tier: { type: 'integer', minimum: 1, maximum: 4 } };
const edge = (label: 'DEPLOYED_IN' | 'DEPENDS_ON') => ({ kind: 'relationship' as const, type: undefined, edge: label });

const declare = (
  properties: Record<string, unknown>,
  more: Partial<BlueprintWriteDto> = {},
  where: BlueprintScope = EVERYWHERE,
) => world.blueprints.create(where, blueprint(properties, more));

const slug = () => `p-${newId().toLowerCase().replaceAll('_', '0')}`;
const project = (more: object = {}) => world.project(scope, slug(), more);
const stored = async (id: string) => (await world.graph.read.find(Project, id))?.attributes;

describe('a blueprint', () => {
  it('is made, read, listed, changed and deleted, with events', async () => {
    await world.takeEvents();
    const made = await declare(TIER, { filter: { project_type: ['a', 'a'] } });
    expect(made).toMatchObject({ organization_id: null, priority: 100, enabled: true, version: 1 });
    expect(made.filter).toEqual({ project_type: ['a'], environment: [] });
    expect(await world.blueprints.get(scope, made.id)).toEqual(made);
    expect((await world.blueprints.list(scope, query())).items).toEqual([made]);
    const patch = mergePatch({ enabled: false });
    expect(await world.blueprints.patch(EVERYWHERE, made.id, patch, { version: 1 })).toMatchObject({ version: 2 });
    const stale = await failure(world.blueprints.patch(EVERYWHERE, made.id, patch, { version: 1 }));
    expect(stale.code).toBe('version_mismatch');
    await world.blueprints.patch(EVERYWHERE, made.id, mergePatch({ enabled: true, priority: 1 }), {});
    expect(await world.blueprints.delete(EVERYWHERE, made.id, {}, false)).toBeUndefined();
    expect((await failure(world.blueprints.get(EVERYWHERE, made.id))).kind).toBe('not_found');
    expect((await world.takeEvents()).map(({ name }) => name)).toEqual([
      'blueprint.created',
      'blueprint.disabled',
      'blueprint.enabled',
      'blueprint.updated',
      'blueprint.deleted',
    ]);
  });

  it('of one organization is nobody else’s, and those for all are not one organization’s to change', async () => {
    const rival = await world.organization();
    const ours = await declare(TIER, {}, scope);
    const general = await declare(TIER);
    expect((await world.blueprints.list(rival, query())).items.map(({ id }) => id)).toEqual([general.id]);
    const refused = [
      world.blueprints.get(rival, ours.id),
      world.blueprints.get(EVERYWHERE, ours.id),
      world.blueprints.patch(rival, ours.id, mergePatch({ name: 'x' }), {}),
      world.blueprints.delete(rival, ours.id, {}, false),
      world.blueprints.delete(rival, general.id, {}, false),
      world.blueprints.replace(scope, general.id, blueprint(TIER), {}),
    ];
    for (const error of await failures(...refused)) expect(error.kind).toBe('not_found');
  });

  it('has a slug of its own for its kind and type, there; of two that race one is made', async () => {
    const race = await Promise.allSettled([declare(TIER), declare(TIER)]);
    expect(race.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await failure(declare(TIER))).toMatchObject({ code: 'already_exists', kind: 'conflict' });
    await declare(TIER, {}, scope);
    await declare(TIER, { type: 'Team' });
    await declare(TIER, edge('DEPLOYED_IN'));
  });

  const refused: readonly [string, Partial<BlueprintWriteDto>, string][] = [
    ['that redefines a base field', { json_schema: { properties: { name: {} } } }, '/json_schema/properties/name'],
    [
      'that redefines a field of the answer',
      { json_schema: { properties: { team: {} } } },
      '/json_schema/properties/team',
    ],
    ['with a name that is none', { json_schema: { properties: { 'a.b': {} } } }, '/json_schema/properties/a.b'],
    ['that requires what it lacks', { json_schema: { properties: {}, required: ['x'] } }, '/json_schema/required/0'],
    ['that is about no object', { json_schema: { type: ['object', 'null'] } }, '/json_schema/type'],
    [
      'whose attribute refers to another',
      { json_schema: { properties: { a: {}, b: { $ref: '#/properties/a' } } } },
      '/json_schema/properties/b/$ref',
    ],
    [
      'with an unknown keyword',
      { json_schema: { properties: { a: { minLenght: 1 } } } },
      '/json_schema/properties/a/minLenght',
    ],
    ['about a node and an edge', { edge: 'DEPLOYED_IN' }, '/edge'],
    ['about nothing', { type: null }, '/type'],
    ['about an edge that ends elsewhere', { ...edge('DEPENDS_ON'), target: 'Environment' }, '/target'],
    ['filtered by what means nothing', { type: 'Team', filter: { project_type: ['a'] } }, '/filter/project_type'],
    [
      'of dependencies, filtered by environment',
      { ...edge('DEPENDS_ON'), filter: { environment: ['a'] } },
      '/filter/environment',
    ],
  ];
  it.each(refused)('is refused %s', async (_what, more, pointer) => {
    const error = await failure(declare({}, more));
    expect([error.kind, ...pointers(error)]).toEqual(['invalid', pointer]);
  });

  it('stays of its kind', async () => {
    const { id } = await declare(TIER);
    const error = await failure(world.blueprints.patch(EVERYWHERE, id, mergePatch({ type: 'Team' }), {}));
    expect(pointers(error)).toEqual(['/type']);
  });
});

describe('attributes of a project', () => {
  it('are checked on every way to write one', async () => {
    await declare(TIER, { json_schema: { required: ['tier'] } });
    const good = await project({ attributes: { tier: 1 } });
    expect([good.attributes, good.attribute_errors]).toEqual([{ tier: 1 }, []]);
    const bad = { attributes: { tier: 9, lead: 'Ada' } };
    const wrong = ['/attributes/lead', '/attributes/tier'];
    expect(pointers(await failure(project()))).toEqual(['/attributes/tier']);
    expect(pointers(await failure(project(bad)))).toEqual(wrong);
    expect(pointers(await failure(world.projects.replace(scope, good.id, projectWrite(good.slug, bad), {})))).toEqual(
      wrong,
    );
    expect(pointers(await failure(world.projects.patch(scope, good.id, mergePatch(bad), {})))).toEqual(wrong);
    const items = [{ ...projectWrite(slug(), bad) }, { ...projectWrite(slug(), { attributes: { tier: 2 } }) }];
    const batch = await world.batch.write(scope, items, { mode: 'create', atomic: false });
    expect(batch).toMatchObject({ created: 1, failed: 1 });
    expect(batch.items[0]?.errors?.map(({ pointer }) => pointer)).toEqual(wrong);
    const upsert = [{ ...projectWrite(good.slug, bad) }];
    expect(await world.batch.write(scope, upsert, { mode: 'upsert', atomic: false })).toMatchObject({ failed: 1 });
    expect(await world.projects.get(scope, good.id)).toEqual(good);
  });

  it('are patched one by one', async () => {
    await declare({ ...TIER, lead: { type: 'string' } });
    const { id } = await project({ attributes: { tier: 1, lead: 'Ada' } });
    const patched = await world.projects.patch(scope, id, mergePatch({ attributes: { tier: 2, lead: null } }), {});
    expect(patched.attributes).toEqual({ tier: 2 });
  });

  it('that fit no more are read, marked, and in nobody’s way until they are written', async () => {
    const { id: made } = await declare(TIER);
    const before = await project({ attributes: { tier: 4 } });
    await world.blueprints.patch(
      EVERYWHERE,
      made,
      mergePatch({ json_schema: { properties: { tier: { maximum: 3 } } } }),
      {},
    );
    const read = await world.projects.get(scope, before.id);
    const marked = [{ pointer: '/attributes/tier', code: 'maximum', message: 'must be <= 3' }];
    expect([read.attributes, read.attribute_errors, read.version]).toEqual([{ tier: 4 }, marked, 1]);
    const { items } = await world.projects.list(scope, query({ limit: 200 }));
    expect(items.find(({ id }) => id === before.id)?.attribute_errors).toEqual(marked);
    const renamed = await world.projects.patch(scope, before.id, mergePatch({ name: 'Renamed' }), {});
    expect([renamed.name, renamed.attribute_errors]).toEqual(['Renamed', marked]);
    const whole = projectWrite(before.slug, { attributes: { tier: 4 } });
    expect(pointers(await failure(world.projects.replace(scope, before.id, whole, {})))).toEqual(['/attributes/tier']);
    expect((await world.projects.replace(scope, before.id, whole, {}, 'keep')).attribute_errors).toEqual(marked);
    const worse = world.projects.replace(
      scope,
      before.id,
      projectWrite(before.slug, { attributes: { tier: 5 } }),
      {},
      'keep',
    );
    expect(pointers(await failure(worse))).toEqual(['/attributes/tier']);
    const mended = await world.projects.patch(scope, before.id, mergePatch({ attributes: { tier: 3 } }), {});
    expect(mended.attribute_errors).toEqual([]);
  });

  it('are unseen without their blueprint, survive writes, and come back with it', async () => {
    const made = await declare(TIER);
    const { id, slug: own } = await project({ attributes: { tier: 2 } });
    await world.blueprints.delete(EVERYWHERE, made.id, {}, false);
    expect(await world.projects.get(scope, id)).toMatchObject({ attributes: {}, attribute_errors: [] });
    await world.projects.replace(scope, id, projectWrite(own, { description: 'New' }), {});
    await declare(TIER);
    expect((await world.projects.get(scope, id)).attributes).toEqual({ tier: 2 });
  });

  it('are checked again when its types change: refused, or kept and marked', async () => {
    await declare({ tier: { type: 'integer' } }, { filter: { project_type: ['a'] } });
    await declare({ tier: { type: 'string' } }, { slug: 'texts', filter: { project_type: ['b'] } });
    const { id } = await project({ attributes: { tier: 1 } });
    const to = (type: string, onInvalid?: 'keep') =>
      world.projects.patch(scope, id, mergePatch({ project_types: [type] }), {}, onInvalid);
    expect(pointers(await failure(to('b')))).toEqual(['/attributes/tier']);
    expect(await failure(to('c'))).toMatchObject({
      errors: [{ pointer: '/attributes/tier', code: 'unknown_attribute' }],
    });
    expect(await to('b', 'keep')).toMatchObject({ attributes: { tier: 1 }, attribute_errors: [{ code: 'type' }] });
    expect(await to('c', 'keep')).toMatchObject({ attributes: {}, attribute_errors: [] });
    expect(await stored(id)).toEqual({ tier: 1 });
    expect(await to('a')).toMatchObject({ attributes: { tier: 1 }, attribute_errors: [] });
  });

  it('cost no statement more to read, and one after a change of blueprints', async () => {
    const { id } = await project();
    await world.projects.get(scope, id);
    expect(await statementsOf(() => world.projects.get(scope, id))).toHaveLength(1);
    await declare(TIER);
    expect(await statementsOf(() => world.projects.get(scope, id))).toHaveLength(2);
    expect(await statementsOf(() => world.projects.get(scope, id))).toHaveLength(1);
  });
});

describe('attributes of other entities', () => {
  it('are checked and shown: teams, types, environments, organizations', async () => {
    const color = { color: { enum: ['red', 'blue'] } };
    for (const type of ['Team', 'ProjectType', 'Environment', 'Organization'] as const) await declare(color, { type });
    const write = { slug: slug(), name: 'X', attributes: { color: 'red' } };
    const bad = { ...write, slug: slug(), attributes: { color: 'green' } };
    for (const entities of [world.teams, world.types, world.environments]) {
      expect(pointers(await failure(entities.create(scope, bad)))).toEqual(['/attributes/color']);
      expect(await entities.create(scope, write)).toMatchObject({ attributes: { color: 'red' }, attribute_errors: [] });
      const patch = mergePatch({ attributes: { color: 'green' } });
      expect(pointers(await failure(entities.patch(scope, write.slug, patch, {})))).toEqual(['/attributes/color']);
      expect(await entities.get(scope, write.slug)).toMatchObject({ attributes: { color: 'red' } });
    }
    expect(pointers(await failure(world.organizations.create(bad)))).toEqual(['/attributes/color']);
    const { id } = await world.organizations.create(write);
    const other = { id, slug: write.slug };
    await world.organizations.patch(other, mergePatch({ attributes: { color: 'blue' } }), {});
    expect(await world.organizations.get(other)).toMatchObject({ attributes: { color: 'blue' } });
  });
});

describe('properties of edges', () => {
  it('of deployments are checked by environment and type, wherever they are written', async () => {
    const url = { url: { type: 'string', format: 'uri' } };
    await declare(url, { ...edge('DEPLOYED_IN'), filter: { project_type: ['a'], environment: ['a', 'b'] } });
    const bad = { url: 'no address' };
    expect(pointers(await failure(project({ environments: { a: bad } })))).toEqual(['/environments/a/url']);
    const { id } = await project({ environments: { c: bad, a: { url: 'https://a.org', replicas: 3 } } });
    await project({ project_types: ['b'], environments: { a: bad } });
    expect(pointers(await failure(world.deployments.put(scope, id, 'b', bad, {})))).toEqual(['/url']);
    expect(pointers(await failure(world.deployments.patch(scope, id, 'a', mergePatch(bad), {})))).toEqual(['/url']);
    const patch = mergePatch({ environments: { b: bad } });
    expect(pointers(await failure(world.projects.patch(scope, id, patch, {})))).toEqual(['/environments/b/url']);
    const retyped = { project_types: ['b'] };
    const loose = await world.project(scope, slug(), { project_types: ['b'], environments: { a: bad } });
    expect((await world.projects.patch(scope, id, mergePatch(retyped), {})).attribute_errors).toEqual([]);
    const back = world.projects.patch(scope, loose.id, mergePatch({ project_types: ['a'] }), {});
    expect(pointers(await failure(back))).toEqual(['/environments/a/url']);
  });

  it('of dependencies are checked, and marked where they fit no more', async () => {
    const [from, to] = [await project(), await project()];
    await world.dependencies.put(scope, from.id, to.id, { critical: 'yes' });
    await declare({ critical: { type: 'boolean' } }, edge('DEPENDS_ON'));
    expect(pointers(await failure(world.dependencies.put(scope, from.id, to.id, { critical: 'no' })))).toEqual([
      '/critical',
    ]);
    const { items } = await world.dependencies.list(scope, from.id, 'dependencies', query());
    expect(items[0]?.attribute_errors).toMatchObject([{ pointer: '/properties/critical', code: 'type' }]);
  });

  it('may be what nobody declares, unless a blueprint says otherwise', async () => {
    await project({ environments: { a: { anything: 1 } } });
    await declare({ url: {} }, { ...edge('DEPLOYED_IN'), json_schema: { additionalProperties: false } });
    expect(pointers(await failure(project({ environments: { a: { anything: 1 } } })))).toEqual([
      '/environments/a/anything',
    ]);
  });
});

describe('the preview', () => {
  it('counts what a blueprint would make invalid, valid and unseen, and saves nothing', async () => {
    const home = await world.furnished();
    const { id } = await declare({ tier: { type: 'integer', maximum: 3 } }, {}, home);
    for (const tier of [1, 2, 3]) await world.project(home, `t${tier}`, { attributes: { tier } });
    await world.project(home, 'none', {});
    const preview = (maximum: number, more: Partial<BlueprintWriteDto> = {}) =>
      world.previews.preview(home, { ...blueprint({ tier: { type: 'integer', maximum } }, more), replaces: id });
    expect(await preview(1)).toMatchObject({ checked: 4, would_become_invalid: 2, would_become_valid: 0 });
    expect((await preview(2)).samples).toMatchObject([{ slug: 't3', to: null, errors: [{ pointer: '/tier' }] }]);
    expect(await preview(3, { enabled: false })).toMatchObject({ would_become_invalid: 0, would_be_hidden: 3 });
    expect(await preview(3, { filter: { project_type: ['b'] } })).toMatchObject({ checked: 4, would_be_hidden: 3 });
    await world.blueprints.replace(home, id, blueprint({ tier: { type: 'integer', maximum: 1 } }), {});
    expect(await preview(2)).toMatchObject({ would_become_valid: 1, would_stay_invalid: 1, would_become_invalid: 0 });
    expect((await world.projects.list(home, query())).items.map(({ version }) => version)).toEqual([1, 1, 1, 1]);
  });

  it('sees edges, and only what is its organization’s', async () => {
    const home = await world.furnished();
    await world.project(home, 'one', { environments: { a: { url: 1 }, b: { url: 'x' } } });
    const write = blueprint({ url: { type: 'string' } }, edge('DEPLOYED_IN'));
    const result = await world.previews.preview(home, write);
    expect(result).toMatchObject({ checked: 2, would_become_invalid: 1, samples: [{ slug: 'one', to: 'a' }] });
    expect(await world.previews.preview(await world.organization(), write)).toMatchObject({ checked: 0 });
  });
});

describe('purging', () => {
  const context: JobContext = {
    jobId: newId(),
    attempt: 1,
    signal: new AbortController().signal,
    logger: createLogger('test'),
    progress: async () => undefined,
  };
  const handler = () => new BlueprintPurgeHandler(world.graph, world.schemas);

  it('removes the values that nobody else declares, in chunks, with events, and goes on where it was cut off', async () => {
    const home = await world.furnished();
    await declare({ ...TIER, lead: {} }, {}, home);
    await declare({ lead: {} }, { slug: 'leads', filter: { project_type: ['b'] } }, home);
    const items = Array.from({ length: 250 }, (_, index) =>
      projectWrite(`p${index}`, { project_types: [index < 10 ? 'b' : 'a'], attributes: { tier: 1, lead: 'Ada' } }),
    );
    await world.batch.write(
      home,
      items.map((item) => ({ ...item })),
      { mode: 'create', atomic: true },
    );
    const { items: found } = await world.blueprints.list(home, query({ filter: { 'filter[slug][eq]': 'levels' } }));
    await world.takeEvents();
    const purge = await world.blueprints.delete(home, found[0]?.id ?? '', {}, true);
    const purge_id = purge?.id ?? '';
    expect(purge).toMatchObject({ state: 'pending', attributes: ['lead', 'tier'], total: 250, subject: 'Project' });
    const cut = { ...context, progress: () => Promise.reject(new Error('cut off')) };
    await expect(handler().run({ purge_id }, cut)).rejects.toThrow('cut off');
    expect(await world.purges.get(home, purge_id)).toMatchObject({ state: 'running', checked: 200 });
    await handler().run({ purge_id }, context);
    await handler().run({ purge_id }, context);
    expect(await world.purges.get(home, purge_id)).toMatchObject({ state: 'done', checked: 250, removed: 250 });
    const left = await world.graph.read.list(Project, { where: { organization_id: home.id }, limit: 300 });
    const counts = Map.groupBy(left.items, ({ attributes }) => JSON.stringify(attributes));
    expect([...counts].map(([text, projects]) => [text, projects.length]).sort()).toEqual([
      ['{"lead": "Ada"}'.replace(' ', ''), 10],
      ['{}', 240],
    ]);
    const events = await world.takeEvents();
    expect(events.filter(({ name }) => name === 'project.updated')).toHaveLength(250);
    expect((await failure(world.purges.get(scope, purge_id))).kind).toBe('not_found');
    expect(purgeBlueprint.name).toBe('catalog/purge-blueprint');
  });

  it('removes properties of edges', async () => {
    const home = await world.furnished();
    const { id: made } = await declare({ url: {} }, edge('DEPLOYED_IN'), home);
    const { id } = await world.project(home, 'one', { environments: { a: { url: 'x', port: 1 } } });
    const purge = await world.blueprints.delete(home, made, {}, true);
    await handler().run({ purge_id: purge?.id ?? '' }, context);
    expect((await world.projects.get(home, id)).environments[0]?.properties).toEqual({ port: 1 });
  });
});

describe('the seed', () => {
  it('is set up once, though two start together, and what an operator makes of it stays', async () => {
    const seeder = () => new BlueprintSeeder(world.graph, world.blueprints);
    const done = await Promise.all([seeder().seed(), seeder().seed()]);
    expect(done.flat()).toEqual([DEPLOYMENT_PROPERTIES.slug]);
    const { items } = await world.blueprints.list(EVERYWHERE, query());
    expect(items).toMatchObject([{ slug: 'deployment-properties', edge: 'DEPLOYED_IN', source: 'Project' }]);
    expect(pointers(await failure(project({ environments: { a: { url: 'x' } } })))).toEqual(['/environments/a/url']);
    await world.blueprints.delete(EVERYWHERE, items[0]?.id ?? '', {}, false);
    expect(await seeder().seed()).toEqual([]);
    expect((await world.blueprints.list(EVERYWHERE, query())).items).toEqual([]);
  });
});

describe('the schema of a combination of types', () => {
  it('says where each attribute comes from and what it shadows, and is a schema that stands by itself', async () => {
    const $defs = { level: { enum: [1, 2] } };
    await declare(
      { tier: { $ref: '#/$defs/level' } },
      { priority: 1, filter: { project_type: ['a'] }, json_schema: { $defs } },
    );
    await declare({ tier: {}, lead: {} }, { slug: 'second', json_schema: { required: ['lead', 'tier'] } });
    const schemas = new SchemasService(world.schemas);
    const { json_schema, sources } = await schemas.forProject(scope, { project_types: 'a,b' });
    expect(sources).toEqual({
      tier: { blueprint: 'levels', shadowed: ['second'] },
      lead: { blueprint: 'second', shadowed: [] },
    });
    expect(json_schema).toMatchObject({
      properties: { tier: { $ref: '#/properties/tier/$defs/level', $defs }, lead: {} },
      required: ['lead'],
      additionalProperties: false,
    });
    expect((await schemas.forProject(scope, { project_types: 'b' })).sources['tier']?.blueprint).toBe('second');
    expect((await failure(schemas.forSubject(scope, 'Tag', {}))).kind).toBe('not_found');
  });
});
