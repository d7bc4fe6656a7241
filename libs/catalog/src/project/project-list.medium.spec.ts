import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CatalogWorld, catalogWorld, mergePatch, projectWrite, query, walk } from '../../test/catalog-world.js';
import { Project } from '../model/project.vertex.js';
import type { OrganizationScope } from '../shared/organization-scope.js';

let world: CatalogWorld;
let scope: OrganizationScope;
beforeAll(async () => {
  world = await catalogWorld();
  scope = await world.furnished();
  const other = await world.furnished();
  await world.project(other, 'theirs', { tags: ['a'], environments: { a: {} } });
  await world.project(scope, 'api', {
    name: 'Zeta',
    description: 'Serves the web.',
    team: 'a',
    project_types: ['a', 'b'],
    environments: { a: {}, b: {} },
    tags: ['a'],
  });
  await world.project(scope, 'web', { name: 'Alpha', team: 'b', project_types: ['b'], environments: { b: {} } });
  await world.project(scope, 'cli', { name: 'Mid', team: 'c', project_types: ['c'], tags: ['a', 'b'] });
  const { id } = await world.project(scope, 'old', { name: 'Mid', team: 'a' });
  await world.projects.setArchived(scope, id, true, {});
  await setScore('api', 90.5);
  await setScore('cli', 12);
});
afterAll(() => world.close());

async function setScore(slug: string, score: number): Promise<void> {
  const id = await world.projects.findIdBySlug(scope, slug);
  await world.graph.transaction((tx) => tx.patch(Project, id, { set: { score } }));
}

async function slugs(more: Parameters<typeof query>[0]): Promise<string[]> {
  return (await world.projects.list(scope, query(more))).items.map(({ slug }) => slug);
}

describe('the list of projects', () => {
  it.each([
    ['name', ['web', 'cli', 'old', 'api']],
    ['-name', ['api', 'cli', 'old', 'web']],
    ['slug', ['api', 'cli', 'old', 'web']],
    ['-slug', ['web', 'old', 'cli', 'api']],
    ['created_at', ['api', 'web', 'cli', 'old']],
    ['name,-slug', ['web', 'old', 'cli', 'api']],
  ])('is sorted by %s', async (sort, expected) => {
    const found = await slugs({ sort });
    // Where names tie, the ids, which are random, decide.
    const settled = sort.endsWith('name') ? found.toSorted((l, r) => expected.indexOf(l) - expected.indexOf(r)) : found;
    expect(settled).toEqual(expected);
  });

  it.each([
    'name',
    '-name',
    'slug',
    '-created_at',
    'updated_at',
    'score',
    '-score',
    'archived_at',
    'name,-slug',
    '-id',
  ])('is the same in pages as in one, sorted by %s', async (sort) => {
    const whole = await slugs({ sort });
    expect(whole.toSorted()).toEqual(['api', 'cli', 'old', 'web']);
    for (const limit of [1, 2, 3]) {
      const walked = await walk((page) => world.projects.list(scope, { ...page, sort }), limit);
      expect(walked.map(({ slug }) => slug)).toEqual(whole);
    }
  });

  it.each([
    ['filter[team][eq]', 'a', ['api', 'old']],
    ['filter[team][ne]', 'a', ['cli', 'web']],
    ['filter[team][in]', 'b,c', ['cli', 'web']],
    ['filter[project_type][eq]', 'b', ['api', 'web']],
    ['filter[project_type][nin]', 'b,c', ['old']],
    ['filter[environment][eq]', 'b', ['api', 'web']],
    ['filter[environment][exists]', 'true', ['api', 'web']],
    ['filter[environment][exists]', 'false', ['cli', 'old']],
    ['filter[tag][in]', 'b,none', ['cli']],
    ['filter[tag][ne]', 'a', ['old', 'web']],
    ['filter[tag][eq]', 'none', []],
    ['filter[archived][eq]', 'true', ['old']],
    ['filter[archived][eq]', 'false', ['api', 'cli', 'web']],
    ['filter[archived][ne]', 'true', ['api', 'cli', 'web']],
    ['filter[archived_at][exists]', 'true', ['old']],
    ['filter[score][gte]', '12', ['api', 'cli']],
    ['filter[score][gt]', '12', ['api']],
    ['filter[score][lt]', '90.5', ['cli']],
    ['filter[score][exists]', 'false', ['old', 'web']],
    ['filter[name][eq]', 'Mid', ['cli', 'old']],
    ['filter[slug][in]', 'api,web,theirs', ['api', 'web']],
    ['filter[description][contains]', 'the web', ['api']],
    ['filter[created_at][gt]', '2100-01-01T00:00:00Z', []],
  ])('is filtered by %s=%s', async (parameter, value, expected) => {
    const filter = { [parameter]: value };
    expect(await slugs({ sort: 'slug', filter })).toEqual(expected);
    const counted = await world.projects.list(scope, query({ filter, limit: 1, count: 'exact' }));
    expect(counted.total).toBe(expected.length);
  });

  it('shows only what fulfils every filter', async () => {
    const filter = { 'filter[team][eq]': 'a', 'filter[tag][eq]': 'a', 'filter[archived][eq]': 'false' };
    expect(await slugs({ filter })).toEqual(['api']);
  });

  it('misses nothing that is there throughout and repeats nothing, while others write', async () => {
    const busy = await world.furnished();
    const lasting = Array.from({ length: 60 }, (_, index) => `k${String(index).padStart(2, '0')}`);
    await world.batch.write(
      busy,
      lasting.map((slug) => ({ ...projectWrite(slug, { environments: { a: {} } }) })),
      { mode: 'create', atomic: true },
    );
    let walking = true;
    const disturb = async () => {
      for (let round = 0; walking; round += 1) {
        // Before, between and after what lasts.
        const made = [];
        for (const slug of [`a${round}`, `k30-${round}`, `z${round}`]) made.push(await world.project(busy, slug));
        for (const { id } of made) await world.projects.delete(busy, id, {});
        const id = await world.projects.findIdBySlug(busy, lasting[round % lasting.length] ?? '');
        await world.projects.patch(busy, id, mergePatch({ description: `round ${round}` }), {});
      }
    };
    const disturbed = disturb();
    try {
      for (const sort of ['slug', '-slug', 'name']) {
        const seen = (await walk((page) => world.projects.list(busy, { ...page, sort }), 7)).map(({ slug }) => slug);
        expect(new Set(seen).size).toBe(seen.length);
        expect(seen.filter((slug) => lasting.includes(slug)).toSorted()).toEqual(lasting);
      }
    } finally {
      walking = false;
      await disturbed;
    }
  });
});
