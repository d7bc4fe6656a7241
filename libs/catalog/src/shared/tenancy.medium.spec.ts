import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type CatalogWorld,
  catalogWorld,
  failure,
  failures,
  mergePatch,
  projectWrite,
  query,
  statementsOf,
} from '../../test/catalog-world.js';
import type { OrganizationScope } from './organization-scope.js';

let world: CatalogWorld;
let ours: OrganizationScope;
let theirs: { id: string; other: string };
let theirScope: OrganizationScope;
let own: string;
let before: unknown;

beforeAll(async () => {
  world = await catalogWorld();
  ours = await world.furnished();
  const scope = await world.furnished();
  theirScope = scope;
  await world.teams.create(scope, { slug: 'theirs', name: 'Theirs' });
  const project = await world.project(scope, 'secret', { environments: { a: {} }, team: 'theirs' });
  const other = await world.project(scope, 'other');
  await world.dependencies.put(scope, other.id, project.id, {});
  theirs = { id: project.id, other: other.id };
  own = (await world.project(ours, 'own')).id;
  before = await world.projects.get(scope, project.id);
  afterwards = async () => world.projects.get(scope, project.id);
});
let afterwards: () => Promise<unknown>;

afterAll(async () => {
  expect(await afterwards()).toEqual(before);
  expect(await world.faults()).toEqual([]);
  await world.close();
});

describe('projects of several organizations, read at the same time', () => {
  it('are one statement, and each caller gets those of their own', async () => {
    const calls = [
      [ours, own],
      [ours, theirs.id],
      [theirScope, theirs.id],
      [theirScope, own],
      [ours, own],
    ] as const;
    let answers: PromiseSettledResult<{ id: string }>[] = [];
    const statements = await statementsOf(async () => {
      answers = await Promise.allSettled(calls.map(([scope, id]) => world.projects.get(scope, id)));
    });
    expect(statements).toHaveLength(1);
    expect(answers.map((answer) => (answer.status === 'fulfilled' ? answer.value.id : answer.reason.code))).toEqual([
      own,
      'not_found',
      theirs.id,
      'not_found',
      own,
    ]);
  });
});

describe('a project of another organization', () => {
  const operations: Readonly<Record<string, () => Promise<unknown>>> = {
    read: () => world.projects.get(ours, theirs.id),
    'found by slug': () => world.projects.findIdBySlug(ours, 'secret'),
    replaced: () => world.projects.replace(ours, theirs.id, projectWrite('secret'), {}),
    patched: () => world.projects.patch(ours, theirs.id, mergePatch({ name: 'ours' }), {}),
    archived: () => world.projects.setArchived(ours, theirs.id, true, {}),
    unarchived: () => world.projects.setArchived(ours, theirs.id, false, {}),
    deleted: () => world.projects.delete(ours, theirs.id, {}),
    deployed: () => world.deployments.put(ours, theirs.id, 'a', {}, {}),
    'patched in an environment': () => world.deployments.patch(ours, theirs.id, 'a', mergePatch({ x: 1 }), {}),
    'taken out of an environment': () => world.deployments.delete(ours, theirs.id, 'a', {}),
    'asked for its dependencies': () => world.dependencies.list(ours, theirs.id, 'dependencies', query()),
    'asked for its dependents': () => world.dependencies.list(ours, theirs.id, 'dependents', query({ count: 'exact' })),
    'asked for its impact': () => world.dependencies.impact(ours, theirs.id, 3),
    'made dependent': () => world.dependencies.put(ours, theirs.id, own, {}),
    'depended on': () => world.dependencies.put(ours, own, theirs.id, {}),
    'no longer dependent': () => world.dependencies.delete(ours, theirs.other, theirs.id),
    'no longer depended on': () => world.dependencies.delete(ours, own, theirs.id),
  };

  it.each(Object.keys(operations))('is not found when it is %s', async (name) => {
    expect(await failure(operations[name]?.() ?? Promise.resolve())).toMatchObject({
      code: 'not_found',
      kind: 'not_found',
    });
  });

  it('is in no list of ours, whatever the filter', async () => {
    for (const filter of [
      {},
      { 'filter[slug][eq]': 'secret' },
      { 'filter[team][eq]': 'theirs' },
      { 'filter[team][ne]': 'z' },
    ]) {
      const page = await world.projects.list(ours, query({ filter, count: 'exact' }));
      expect(page.items.every(({ id }) => id === own)).toBe(true);
      expect(page.total).toBe(page.items.length);
    }
  });

  it('is not touched by a batch of ours with its slug', async () => {
    const scope = await world.furnished();
    const { items } = await world.batch.write(scope, [{ ...projectWrite('secret') }], { mode: 'upsert', atomic: true });
    expect(items[0]).toMatchObject({ status: 'created' });
    expect(items[0]?.id).not.toBe(theirs.id);
  });
});

describe('what another organization calls by slug', () => {
  it.each(['teams', 'types', 'environments', 'links', 'tags'] as const)('is not found among our %s', async (kind) => {
    const scope = await world.organization();
    const service = world[kind];
    for (const error of await failures(
      service.get(scope, 'a'),
      service.patch(scope, 'a', mergePatch({ name: 'ours' }), {}),
      service.delete(scope, 'a', {}),
    )) {
      expect(error).toMatchObject({ kind: 'not_found' });
    }
    expect((await service.list(scope, query())).items).toEqual([]);
  });
});
