import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { newId } from '#libs/common';
import { type CatalogWorld, catalogWorld, failure, projectWrite, query, walk } from '../../test/catalog-world.js';
import { DependsOn } from '../model/project.vertex.js';
import type { OrganizationScope } from '../shared/organization-scope.js';

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

async function projects(...slugs: string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const slug of slugs) ids.push((await world.project(scope, slug)).id);
  return ids;
}

describe('a dependency', () => {
  it('is listed at both its ends, with its properties', async () => {
    const [web = '', api = ''] = await projects('web', 'api');
    const put = await world.dependencies.put(scope, web, api, { critical: true });
    expect(put).toEqual({ id: api, slug: 'api', name: 'api', properties: { critical: true } });
    expect((await world.dependencies.list(scope, web, 'dependencies', query())).items).toEqual([put]);
    expect((await world.dependencies.list(scope, api, 'dependents', query())).items).toEqual([
      { id: web, slug: 'web', name: 'web', properties: { critical: true } },
    ]);
    expect((await world.dependencies.list(scope, api, 'dependencies', query())).items).toEqual([]);
  });

  it('is one, however often it is put, and announced when it changes', async () => {
    const [web = '', api = ''] = await projects('web', 'api');
    await world.takeEvents();
    await world.dependencies.put(scope, web, api, undefined);
    await world.dependencies.put(scope, web, api, {});
    await world.dependencies.put(scope, web, api, { critical: false });
    expect((await world.dependencies.list(scope, web, 'dependencies', query({ count: 'exact' }))).total).toBe(1);
    expect(await world.takeEvents()).toHaveLength(2);
    await world.dependencies.delete(scope, web, api);
    expect(await failure(world.dependencies.delete(scope, web, api))).toMatchObject({ kind: 'not_found' });
  });

  it('does not join a project to itself, nor to what is not there', async () => {
    const [web = ''] = await projects('web');
    expect(await failure(world.dependencies.put(scope, web, web, {}))).toMatchObject({ kind: 'invalid' });
    for (const [from, to] of [
      [web, newId()],
      [newId(), web],
      [web, 'no id'],
    ] as const) {
      expect(await failure(world.dependencies.put(scope, from, to, {}))).toMatchObject({ kind: 'not_found' });
    }
    for (const document of [[], 'text', 1]) {
      expect(await failure(world.dependencies.put(scope, web, newId(), document))).toMatchObject({ kind: 'invalid' });
    }
  });

  it('may close a circle, which the impact says', async () => {
    const [a = '', b = '', c = '', d = ''] = await projects('a', 'b', 'c', 'd');
    for (const [from, to] of [
      [a, b],
      [b, c],
      [c, a],
      [d, a],
    ] as const)
      await world.dependencies.put(scope, from, to, {});
    const impact = await world.dependencies.impact(scope, a, 10);
    expect(impact).toMatchObject({ cyclic: true, truncated: false });
    expect(impact.projects.map(({ slug, depth, cyclic, path }) => [slug, depth, cyclic, path])).toEqual(
      expect.arrayContaining([
        ['c', 1, true, [c]],
        ['d', 1, false, [d]],
        ['b', 2, true, [c, b]],
      ]),
    );
    expect((await world.dependencies.impact(scope, a, 1)).projects.map(({ slug }) => slug).sort()).toEqual(['c', 'd']);
    expect((await world.dependencies.impact(scope, d, 10)).projects).toEqual([]);
  });

  it('is listed page by page, by name', async () => {
    const [hub = '', ...others] = await projects('hub', ...Array.from({ length: 7 }, (_, index) => `n${6 - index}`));
    for (const id of others) await world.dependencies.put(scope, hub, id, {});
    for (const id of others) await world.dependencies.put(scope, id, hub, {});
    for (const direction of ['dependencies', 'dependents'] as const) {
      for (const limit of [1, 3, 7]) {
        const listed = await walk((page) => world.dependencies.list(scope, hub, direction, page), limit);
        expect(listed.map(({ slug }) => slug)).toEqual(['n0', 'n1', 'n2', 'n3', 'n4', 'n5', 'n6']);
      }
      const down = await world.dependencies.list(scope, hub, direction, query({ sort: '-name', limit: 2 }));
      expect(down.items.map(({ slug }) => slug)).toEqual(['n6', 'n5']);
    }
  });
});

describe('impact', () => {
  // 1,000 with IMBI_TEST_THOROUGH; each graph costs two batches of statements.
  const numRuns = process.env['IMBI_TEST_THOROUGH'] ? 1000 : 200;
  const size = 12;

  it(`is what a plain search over the edges finds, on ${numRuns} random graphs`, async () => {
    const slugs = Array.from({ length: size }, (_, index) => `v${index}`);
    const { items } = await world.batch.write(
      scope,
      slugs.map((slug) => ({ ...projectWrite(slug) })),
      { mode: 'create', atomic: true },
    );
    const ids = items.map(({ id = '' }) => id);
    const vertex = fc.nat({ max: size - 1 });
    const edges = fc.uniqueArray(
      fc.tuple(vertex, vertex).filter(([from, to]) => from !== to),
      {
        selector: ([from, to]) => from * size + to,
        maxLength: 40,
      },
    );
    await fc.assert(
      fc.asyncProperty(edges, vertex, fc.integer({ min: 1, max: size }), async (graph, start, depth) => {
        await world.graph.transaction(async (tx) => {
          await tx.disconnect(DependsOn, { from: ids });
          await tx.connectMany(
            DependsOn,
            graph.map(([from, to]) => ({ from: ids[from] ?? '', to: ids[to] ?? '' })),
          );
        });
        const impact = await world.dependencies.impact(scope, ids[start] ?? '', depth);
        const expected = search(graph, start, depth);
        expect(new Map(impact.projects.map((one) => [ids.indexOf(one.id), one.depth]))).toEqual(expected.depths);
        expect(impact.projects.map((one) => one.depth)).toEqual([...expected.depths.values()].sort((l, r) => l - r));
        for (const { id, depth: steps, path } of impact.projects) {
          expect([path.length, path.at(-1)]).toEqual([steps, id]);
          const way = [ids[start] ?? '', ...path].map((one) => ids.indexOf(one));
          for (const [at, to] of way.entries()) {
            const from = way[at + 1];
            if (from !== undefined) expect(graph).toContainEqual([from, to]);
          }
        }
        const members = [start, ...expected.depths.keys()];
        const cyclic = new Set(members.filter((one) => reachesItself(graph, one, members)));
        expect(new Set(impact.projects.filter((one) => one.cyclic).map(({ id }) => ids.indexOf(id)))).toEqual(
          new Set([...cyclic].filter((one) => one !== start)),
        );
        expect(impact.cyclic).toBe(cyclic.has(start));
      }),
      { numRuns },
    );
  }, 300_000);
});

type Edges = readonly (readonly [number, number])[];

/** Breadth first against the edges: how many steps each dependent is away. */
function search(edges: Edges, start: number, depth: number): { depths: Map<number, number> } {
  const depths = new Map<number, number>([[start, 0]]);
  for (let step = 1; step <= depth; step += 1) {
    for (const [from, to] of edges) if (depths.get(to) === step - 1 && !depths.has(from)) depths.set(from, step);
  }
  depths.delete(start);
  return { depths };
}

function reachesItself(edges: Edges, vertex: number, members: readonly number[]): boolean {
  const inside = edges.filter(([from, to]) => members.includes(from) && members.includes(to));
  const reached = new Set<number>();
  const open = [vertex];
  for (let current = open.pop(); current !== undefined; current = open.pop()) {
    for (const [from, to] of inside) {
      if (from !== current || reached.has(to)) continue;
      reached.add(to);
      open.push(to);
    }
  }
  return reached.has(vertex);
}
