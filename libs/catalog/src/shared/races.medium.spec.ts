import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { isDomainError, type JsonObject } from '#libs/common';
import { type CatalogWorld, catalogWorld, mergePatch, projectWrite, query } from '../../test/catalog-world.js';
import type { OrganizationScope } from './organization-scope.js';

// On a server these really run at the same time; the embedded engine takes one transaction after the other.
const ROUNDS = 10;

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

/** How each call ended: `ok`, or the kind of its domain error; anything else is thrown. */
async function outcomes(...calls: Promise<unknown>[]): Promise<string[]> {
  const settled = await Promise.allSettled(calls);
  return settled.map((one) => {
    if (one.status === 'fulfilled') return 'ok';
    if (isDomainError(one.reason)) return one.reason.kind;
    throw one.reason;
  });
}

describe('racing writers', () => {
  it('of one slug: one creates it and all the others are told of the conflict', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const slug = `r${round}`;
      const five = Array.from({ length: 5 });
      for (const ended of [
        await outcomes(...five.map(() => world.project(scope, slug))),
        await outcomes(...five.map(() => world.teams.create(scope, { slug, name: slug }))),
        await outcomes(...five.map(() => world.organizations.create({ slug: `${scope.slug}-${slug}`, name: slug }))),
      ]) {
        expect(ended.sort()).toEqual(['conflict', 'conflict', 'conflict', 'conflict', 'ok']);
      }
    }
  });

  it('of one PUT that creates: one does, and the others fail the precondition', async () => {
    const put = () => world.tags.replace(scope, 'new', { slug: 'new', name: 'New' }, { absent: true });
    const ended = await outcomes(put(), put(), put());
    expect(ended.sort()).toEqual(['ok', 'precondition_failed', 'precondition_failed']);
  });

  it('that expect the same version: one wins', async () => {
    const { id } = await world.project(scope, 'api');
    const write = (name: string) => world.projects.patch(scope, id, mergePatch({ name }), { version: 1 });
    const ended = await outcomes(write('one'), write('two'), write('three'));
    expect(ended.sort()).toEqual(['ok', 'precondition_failed', 'precondition_failed']);
    expect((await world.projects.get(scope, id)).version).toBe(2);
  });

  it('that change different fields: no update is lost', async () => {
    const { id } = await world.project(scope, 'api');
    const patches: JsonObject[] = [
      { name: 'New' },
      { description: 'New.' },
      { team: 'b' },
      { tags: ['a', 'b'] },
      { environments: { a: { url: 'x' } } },
      { environments: { b: { url: 'y' } } },
      { identifiers: { jira: 'J' } },
      { links: { a: 'https://a.org' } },
    ];
    await Promise.all(patches.map((patch) => world.projects.patch(scope, id, mergePatch(patch), {})));
    expect(await world.projects.get(scope, id)).toMatchObject({
      name: 'New',
      description: 'New.',
      team: { slug: 'b' },
      tags: [{ slug: 'a' }, { slug: 'b' }],
      environments: [{ properties: { url: 'x' } }, { properties: { url: 'y' } }],
      identifiers: { jira: 'J' },
      links: { a: 'https://a.org' },
      version: patches.length + 1,
    });
  });

  it('of a rename and a deletion: the entity is renamed and stays, or is gone', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const [from, to] = [`from-${round}`, `to-${round}`];
      await world.teams.create(scope, { slug: from, name: from });
      const [renamed, deleted] = await outcomes(
        world.teams.patch(scope, from, mergePatch({ slug: to }), {}),
        world.teams.delete(scope, from, {}),
      );
      expect([renamed, deleted].sort()).toEqual(['not_found', 'ok']);
      const filter = { 'filter[slug][in]': `${from},${to}` };
      const left = (await world.teams.list(scope, query({ filter }))).items.map(({ slug }) => slug);
      expect(left).toEqual(renamed === 'ok' ? [to] : []);
    }
  });

  it.each(['teams', 'types', 'environments', 'tags', 'links'] as const)(
    'of a deletion among the %s and a project that comes to use it: never both',
    async (kind) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const slug = `used-${round}`;
        const entity = { slug, name: slug };
        if (kind === 'links') await world.links.create(scope, { ...entity, url_template: '{url}' });
        else await world[kind].create(scope, entity);
        const uses: Record<typeof kind, JsonObject> = {
          teams: { team: slug },
          types: { project_types: [slug] },
          environments: { environments: { [slug]: {} } },
          tags: { tags: [slug] },
          links: { links: { [slug]: 'https://example.org' } },
        };
        const use = uses[kind];
        const { id } = await world.project(scope, `p-${round}`);
        const [deleted, created, patched] = await outcomes(
          world[kind].delete(scope, slug, {}),
          world.project(scope, `q-${round}`, use),
          world.projects.patch(scope, id, mergePatch(use), {}),
        );
        const expected = deleted === 'ok' ? ['ok', 'invalid', 'invalid'] : ['conflict', 'ok', 'ok'];
        // The deletion may also come between the two.
        if (created === patched) expect([deleted, created, patched]).toEqual(expected);
        else expect(deleted).toBe('conflict');
      }
      const { items } = await world.projects.list(scope, query({ limit: 200 }));
      const links = items.flatMap((project) => Object.keys(project.links));
      for (const slug of links) await world.links.get(scope, slug);
    },
  );

  it('of a replacement and projects that come to use what goes: every project ends at the replacement', async () => {
    for (let round = 0; round < 5; round += 1) {
      const slug = `old-${round}`;
      await world.teams.create(scope, { slug, name: slug });
      const { id } = await world.project(scope, `moved-${round}`, { team: slug });
      await outcomes(
        world.teams.delete(scope, slug, {}, 'b'),
        world.project(scope, `late-${round}`, { team: slug }),
        world.projects.patch(scope, id, mergePatch({ name: 'New' }), {}),
      );
      const { items } = await world.projects.list(
        scope,
        query({ filter: { 'filter[name][in]': `late-${round},New` } }),
      );
      for (const { team } of items) expect(team.slug).toBe('b');
    }
  });

  it('of two deletions that each name the other for a replacement: one is left with the projects', async () => {
    const { id } = await world.project(scope, 'api', { team: 'a' });
    const ended = await outcomes(world.teams.delete(scope, 'a', {}, 'b'), world.teams.delete(scope, 'b', {}, 'a'));
    expect(ended.filter((one) => one === 'ok')).toHaveLength(1);
    const { team } = await world.projects.get(scope, id);
    await world.teams.get(scope, team.slug);
  });

  it('of a link definition that is renamed and a project that links by it: no link is orphaned', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const [from, to] = [`l${round}`, `m${round}`];
      await world.links.create(scope, { slug: from, name: from, url_template: '{url}' });
      const { id } = await world.project(scope, `linked-${round}`);
      const [renamed, linked] = await outcomes(
        world.links.patch(scope, from, mergePatch({ slug: to }), {}),
        world.projects.patch(scope, id, mergePatch({ links: { [from]: 'https://example.org' } }), {}),
      );
      expect(renamed).toBe('ok');
      const { links } = await world.projects.get(scope, id);
      expect(Object.keys(links)).toEqual(linked === 'ok' ? [to] : []);
    }
  });

  it('of the slug that a project gives up: it leads to one of the two', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const slug = `s${round}`;
      const { id } = await world.project(scope, slug);
      const [, created] = await outcomes(
        world.projects.patch(scope, id, mergePatch({ slug: `${slug}-old` }), {}),
        world.project(scope, slug),
      );
      const found = await world.projects.findIdBySlug(scope, slug);
      expect(found === id).toBe(created !== 'ok');
      expect(await world.projects.findIdBySlug(scope, `${slug}-old`)).toBe(id);
    }
  });

  it('of an organization that goes and a team that comes: never a team without organization', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const own = await world.organization();
      const ended = await outcomes(
        world.organizations.delete(own, {}),
        world.teams.create(own, { slug: 'late', name: 'Late' }),
      );
      expect(['conflict,ok', 'ok,not_found']).toContain(ended.join());
    }
  });

  it('of a project that goes and one that comes to depend on it: no dependency dangles', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const target = await world.project(scope, `target-${round}`);
      const from = await world.project(scope, `from-${round}`);
      const ended = await outcomes(
        world.projects.delete(scope, target.id, {}),
        world.dependencies.put(scope, from.id, target.id, {}),
        world.projects.replace(scope, target.id, projectWrite(`target-${round}`, { team: 'b' }), {}),
      );
      expect(ended[0]).toBe('ok');
      expect((await world.dependencies.list(scope, from.id, 'dependencies', query())).items).toEqual([]);
    }
  });
});
