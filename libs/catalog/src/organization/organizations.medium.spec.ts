import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type CatalogWorld,
  catalogWorld,
  failure,
  failures,
  mergePatch,
  pointers,
  query,
  uniqueSlug,
  walk,
} from '../../test/catalog-world.js';

let world: CatalogWorld;
beforeAll(async () => {
  world = await catalogWorld();
});
afterAll(() => world.close());

describe('an organization', () => {
  it('comes back as it was created, and no other takes its slug', async () => {
    const write = { slug: uniqueSlug(), name: 'Acme', description: 'What it is.', icon: 'star' };
    const created = await world.organizations.create(write);
    expect(created).toMatchObject({ ...write, version: 1 });
    expect(await world.organizations.get(created)).toEqual(created);
    const error = await failure(world.organizations.create(write));
    expect([error.code, error.kind, pointers(error)]).toEqual(['already_exists', 'conflict', ['/slug']]);
  });

  it('is replaced and patched, at the version that is expected', async () => {
    const created = await world.organizations.create({ slug: uniqueSlug(), name: 'Acme', description: 'Old.' });
    const replaced = await world.organizations.replace(created, { slug: created.slug, name: 'New' }, { version: 1 });
    expect(replaced).toMatchObject({ name: 'New', description: null, version: 2 });
    const patched = await world.organizations.patch(created, mergePatch({ description: 'More.' }), { version: 2 });
    expect(patched).toMatchObject({ name: 'New', description: 'More.', version: 3 });
    const stale = world.organizations.patch(created, mergePatch({ name: 'Other' }), { version: 2 });
    expect(await failure(stale)).toMatchObject({ code: 'version_mismatch', kind: 'precondition_failed' });
    const same = await world.organizations.patch(created, mergePatch({ description: 'More.' }), {});
    expect(same).toEqual(patched);
  });

  it('asks for a second factor from when that is written until it is cleared', async () => {
    const created = await world.organizations.create({ slug: uniqueSlug(), name: 'Acme' });
    expect(created.require_mfa).toBe(false);
    const asking = await world.organizations.patch(created, mergePatch({ require_mfa: true }), {});
    expect(asking).toMatchObject({ require_mfa: true, version: 2 });
    const replaced = await world.organizations.replace(created, { slug: created.slug, name: 'Acme' }, {});
    expect(replaced).toMatchObject({ require_mfa: false, version: 3 });
  });

  it('is renamed with everything it owns', async () => {
    const scope = await world.furnished();
    const slug = uniqueSlug();
    await world.organizations.patch(scope, mergePatch({ slug }), {});
    expect((await world.teams.list({ id: scope.id, slug }, query())).items).toHaveLength(3);
  });

  it('is not deleted while it owns anything, and says what', async () => {
    const scope = await world.furnished();
    await world.project(scope, 'api');
    const error = await failure(world.organizations.delete(scope, {}));
    expect(error).toMatchObject({ code: 'in_use', kind: 'conflict' });
    expect(error.details?.['counts']).toEqual({
      projects: 1,
      teams: 3,
      project_types: 3,
      environments: 3,
      link_definitions: 3,
      tags: 3,
    });
  });

  it('is deleted when it owns nothing any more', async () => {
    const scope = await world.organization();
    await world.tags.create(scope, { slug: 'last', name: 'Last' });
    expect((await failure(world.organizations.delete(scope, {}))).details?.['counts']).toEqual({ tags: 1 });
    await world.tags.delete(scope, 'last', {});
    expect(await failure(world.organizations.delete(scope, { version: 7 }))).toMatchObject({
      kind: 'precondition_failed',
    });
    await world.organizations.delete(scope, { version: 1 });
    for (const error of await failures(
      world.organizations.get(scope),
      world.organizations.delete(scope, {}),
      world.organizations.patch(scope, mergePatch({}), {}),
      world.teams.create(scope, { slug: 'late', name: 'Late' }),
    )) {
      expect(error).toMatchObject({ kind: 'not_found' });
    }
    expect(await world.faults()).toEqual([]);
  });

  it('is listed to who may see it', async () => {
    const scopes = [await world.organization(), await world.organization(), await world.organization()];
    const ids = scopes.slice(0, 2).map(({ id }) => id);
    const seen = await walk((page) => world.organizations.list({ ids }, page), 1);
    expect(seen.map(({ id }) => id).sort()).toEqual([...ids].sort());
    expect((await world.organizations.list({ ids: [] }, query({ count: 'exact' }))).total).toBe(0);
    const all = await walk((page) => world.organizations.list({ ids: 'all' }, page), 2);
    expect(all.map(({ id }) => id)).toEqual(expect.arrayContaining(scopes.map(({ id }) => id)));
  });
});
