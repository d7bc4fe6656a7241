import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type CatalogWorld,
  catalogWorld,
  mergePatch,
  projectWrite,
  query,
  statementsOf,
} from '../../test/catalog-world.js';
import type { OrganizationScope } from '../shared/organization-scope.js';

let world: CatalogWorld;
let scope: OrganizationScope;
let id: string;

const FULL = {
  project_types: ['a', 'b'],
  environments: { a: { url: 'x' }, b: {}, c: {} },
  tags: ['a', 'b', 'c'],
  links: { a: 'https://a.org' },
};

beforeAll(async () => {
  world = await catalogWorld();
  scope = await world.furnished();
  id = (await world.project(scope, 'api', FULL)).id;
  const slugs = Array.from({ length: 30 }, (_, index) => `p${index}`);
  await world.batch.write(
    scope,
    slugs.map((slug) => ({ ...projectWrite(slug, FULL) })),
    { mode: 'create', atomic: true },
  );
  const { items } = await world.projects.list(scope, query());
  for (const one of items) if (one.id !== id) await world.dependencies.put(scope, one.id, id, {});
});
afterAll(() => world.close());

// Each is the whole cost of a request besides finding out who calls, which is one statement more. Raise a number only
// with a reason.
describe('statements sent to the database', () => {
  const reads: Readonly<Record<string, readonly [number, () => Promise<unknown>]>> = {
    'a project': [1, () => world.projects.get(scope, id)],
    'a page of projects': [1, () => world.projects.list(scope, query({ limit: 25 }))],
    'a page of projects, filtered by what they are joined to': [
      1,
      () => world.projects.list(scope, query({ filter: { 'filter[team][eq]': 'a', 'filter[tag][in]': 'a,b' } })),
    ],
    'a page of projects and their number': [2, () => world.projects.list(scope, query({ count: 'exact' }))],
    'a project by its slug': [1, () => world.projects.findIdBySlug(scope, 'api')],
    'a page of teams': [1, () => world.teams.list(scope, query())],
    'a team': [1, () => world.teams.get(scope, 'a')],
    'an organization': [1, () => world.organizations.get(scope)],
    'a page of organizations': [1, () => world.organizations.list({ ids: 'all' }, query())],
    'a page of dependents': [1, () => world.dependencies.list(scope, id, 'dependents', query())],
    'the impact of a project': [2, () => world.dependencies.impact(scope, id, 10)],
  };
  it.each(Object.entries(reads))('for %s', async (_what, [expected, read]) => {
    expect(await statementsOf(read)).toHaveLength(expected);
  });

  // Those of a write include the one that fills the outbox, and one that asks for the version of the blueprints where
  // nothing else is read first that brings it along.
  const writes: Readonly<Record<string, readonly [number, () => Promise<unknown>]>> = {
    'creating a team': [4, () => world.teams.create(scope, { slug: 'counted', name: 'Counted' })],
    'creating a project': [10, () => world.project(scope, 'counted', FULL)],
    'patching one field of a project': [6, () => world.projects.patch(scope, id, mergePatch({ name: 'New' }), {})],
    'patching a project to what it is': [4, () => world.projects.patch(scope, id, mergePatch({ name: 'New' }), {})],
    'deleting a project, and finding it by its slug first': [
      7,
      async () => world.projects.delete(scope, await world.projects.findIdBySlug(scope, 'counted'), {}),
    ],
  };
  it.each(Object.entries(writes))('for %s', async (_what, [expected, write]) => {
    expect(await statementsOf(write)).toHaveLength(expected);
  });

  it('for a batch of projects, whatever their number', async () => {
    const batch = (slugs: string[]) =>
      statementsOf(() =>
        world.batch.write(
          scope,
          slugs.map((slug) => ({ ...projectWrite(slug, FULL) })),
          { mode: 'create', atomic: true },
        ),
      );
    const one = await batch(['b0']);
    const fifty = await batch(Array.from({ length: 50 }, (_, index) => `c${index}`));
    expect(fifty).toHaveLength(one.length);
  });
});
