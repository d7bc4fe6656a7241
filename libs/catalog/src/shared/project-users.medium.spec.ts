import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type CatalogWorld,
  catalogWorld,
  failure,
  mergePatch,
  pointers,
  projectWrite,
} from '../../test/catalog-world.js';
import { Environment } from '../model/organization-owned.vertex.js';
import { DeployedIn } from '../model/project.vertex.js';
import type { OrganizationScope } from './organization-scope.js';

let world: CatalogWorld;
let scope: OrganizationScope;
beforeAll(async () => {
  world = await catalogWorld();
});
beforeEach(async () => {
  scope = await world.furnished();
});
afterAll(async () => {
  expect(await world.faults()).toEqual([]);
  await world.close();
});

const USED = {
  team: 'a',
  project_types: ['a'],
  environments: { a: { url: 'https://a.org' } },
  tags: ['a'],
  links: { a: 'https://a.org' },
};

describe('deleting what projects use', () => {
  it.each(['teams', 'types', 'environments', 'tags', 'links'] as const)(
    'is refused for %s, with the count',
    async (kind) => {
      await world.project(scope, 'one', USED);
      await world.project(scope, 'two', USED);
      const error = await failure(world[kind].delete(scope, 'a', {}));
      expect(error).toMatchObject({ code: 'in_use', kind: 'conflict', details: { counts: { projects: 2 } } });
      await world[kind].delete(scope, 'c', {});
    },
  );

  it.each(['teams', 'types', 'environments'] as const)('moves the projects of %s to the replacement', async (kind) => {
    const { id } = await world.project(scope, 'one', USED);
    await world.project(scope, 'untouched', { team: 'c', project_types: ['c'] });
    await world.takeEvents();
    await world[kind].delete(scope, 'a', {}, 'b');
    const moved = await world.projects.get(scope, id);
    const shown = { teams: moved.team, types: moved.project_types[0], environments: moved.environments[0] }[kind];
    expect(shown).toMatchObject({ slug: 'b' });
    // The project's ETag is its version: what it shows has changed.
    expect(moved.version).toBe(2);
    expect((await world.takeEvents()).map(({ name, payload }) => [name, payload['id']])).toContainEqual([
      'project.updated',
      id,
    ]);
    expect(await failure(world[kind].get(scope, 'a'))).toMatchObject({ kind: 'not_found' });
  });

  it('leaves a project that has the replacement already with one of each', async () => {
    const write = { project_types: ['a', 'b'], environments: { a: { from: 'a' }, b: { from: 'b' } } };
    const { id } = await world.project(scope, 'both', { ...write, team: 'b' });
    await world.types.delete(scope, 'a', {}, 'b');
    await world.environments.delete(scope, 'a', {}, 'b');
    expect(await world.projects.get(scope, id)).toMatchObject({
      project_types: [{ slug: 'b' }],
      environments: [{ slug: 'b', properties: { from: 'b' } }],
      version: 3,
    });
  });

  it('takes the properties of a deployment along, those of machines too', async () => {
    const { id } = await world.project(scope, 'one', { environments: { a: { url: 'https://a.org' } } });
    const environment = await world.graph.read.find(Environment, { organization_id: scope.id, slug: 'a' });
    const machine = { last_release: '1.0' };
    await world.graph.transaction((tx) => tx.patchEdge(DeployedIn, id, environment?.id ?? '', { set: { machine } }));
    await world.environments.delete(scope, 'a', {}, 'b');
    const [deployment] = (await world.projects.get(scope, id)).environments;
    expect(deployment).toMatchObject({ slug: 'b', properties: { url: 'https://a.org', ...machine } });
  });

  it.each([
    ['what does not exist', 'none'],
    ['itself', 'a'],
  ])('moves nothing when the replacement is %s', async (_what, replacement) => {
    const { id } = await world.project(scope, 'one', USED);
    for (const kind of ['teams', 'types', 'environments'] as const) {
      const error = await failure(world[kind].delete(scope, 'a', {}, replacement));
      expect([error.kind, pointers(error)]).toEqual(['invalid', ['/replace_with']]);
      await world[kind].get(scope, 'a');
    }
    expect((await world.projects.get(scope, id)).version).toBe(1);
  });

  it('takes tags and links off the projects where it cascades', async () => {
    const { id } = await world.project(scope, 'one', {
      tags: ['a', 'b'],
      links: { a: 'https://a.org', b: 'https://b.org' },
    });
    await world.tags.delete(scope, 'a', {}, true);
    expect(await world.projects.get(scope, id)).toMatchObject({ tags: [{ slug: 'b' }], version: 2 });
    await world.links.delete(scope, 'a', {}, true);
    expect(await world.projects.get(scope, id)).toMatchObject({ links: { b: 'https://b.org' }, version: 3 });
  });
});

describe('renaming what projects use', () => {
  it.each([
    ['teams', (project: { team: unknown }) => project.team],
    ['types', (project: { project_types: unknown[] }) => project.project_types[0]],
    ['environments', (project: { environments: unknown[] }) => project.environments[0]],
    ['tags', (project: { tags: unknown[] }) => project.tags[0]],
  ] as const)('shows in the projects of %s', async (kind, shown) => {
    const { id } = await world.project(scope, 'one', USED);
    await world[kind].patch(scope, 'a', mergePatch({ slug: 'renamed' }), {});
    expect(shown(await world.projects.get(scope, id))).toMatchObject({ slug: 'renamed' });
  });

  it('takes the links of projects along', async () => {
    const { id } = await world.project(scope, 'one', { links: { a: 'https://a.org', b: 'https://b.org' } });
    await world.links.patch(scope, 'a', mergePatch({ slug: 'renamed' }), {});
    const renamed = await world.projects.get(scope, id);
    expect(renamed).toMatchObject({ links: { renamed: 'https://a.org', b: 'https://b.org' }, version: 2 });
    const write = projectWrite('one', { links: renamed.links });
    expect(await world.projects.replace(scope, id, write, {})).toEqual(renamed);
  });
});
