import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '#libs/common';
import { type CatalogWorld, catalogWorld, failure, mergePatch, pointers } from '../../test/catalog-world.js';
import type { OrganizationScope } from '../shared/organization-scope.js';
import type { BlueprintWriteDto } from './blueprint.dto.js';

let world: CatalogWorld;
let scope: OrganizationScope;
beforeAll(async () => {
  world = await catalogWorld();
});
beforeEach(async () => {
  scope = await world.furnished();
});
afterAll(() => world?.close());

const typed = (type: string): JsonObject => ({
  type: 'object',
  properties: { tier: { type }, note: { type: 'string' } },
});

/** Declares that `tier` is an integer, has it stored, and then declares that it is a text. */
async function outgrow(about: Partial<BlueprintWriteDto>, store: () => Promise<unknown>): Promise<void> {
  const write = { slug: 'levels', name: 'Levels', kind: 'node' as const, ...about, json_schema: typed('integer') };
  const { id } = await world.blueprints.create(scope, write);
  await store();
  await world.blueprints.patch(scope, id, mergePatch({ json_schema: typed('string') }), {});
}

const stored = { tier: 1 };
const edited = { tier: 1, note: 'n' };
const added = { tier: 2 };

describe('values that fit no more are refused, or with on_invalid=keep left as they are, of', () => {
  it.each([
    ['Team', 'teams'],
    ['ProjectType', 'types'],
    ['Environment', 'environments'],
  ] as const)('%s', async (type, service) => {
    const entities = world[service];
    await outgrow({ type }, () => entities.patch(scope, 'a', mergePatch({ attributes: stored }), {}));
    const put = { slug: 'a', name: 'A', attributes: edited };
    const patch = mergePatch({ attributes: { note: 'n' } });
    expect(pointers(await failure(entities.replace(scope, 'a', put, {})))).toEqual(['/attributes/tier']);
    expect(pointers(await failure(entities.patch(scope, 'a', patch, {}, 'reject')))).toEqual(['/attributes/tier']);
    const kept = { attributes: edited, attribute_errors: [{ pointer: '/attributes/tier' }] };
    expect(await entities.patch(scope, 'a', patch, {}, 'keep')).toMatchObject(kept);
    expect(await entities.replace(scope, 'a', { ...put, name: 'B' }, {}, 'keep')).toMatchObject({ name: 'B', ...kept });
    const worse = { ...put, attributes: added };
    expect(pointers(await failure(entities.replace(scope, 'a', worse, {}, 'keep')))).toEqual(['/attributes/tier']);
  });

  it('Organization', async () => {
    const { organizations } = world;
    await outgrow({ type: 'Organization' }, () => organizations.patch(scope, mergePatch({ attributes: stored }), {}));
    const put = { slug: scope.slug, name: 'A', attributes: edited };
    expect(pointers(await failure(organizations.replace(scope, put, {})))).toEqual(['/attributes/tier']);
    const patch = mergePatch({ attributes: { note: 'n' } });
    expect(pointers(await failure(organizations.patch(scope, patch, {})))).toEqual(['/attributes/tier']);
    const kept = { attributes: edited, attribute_errors: [{ pointer: '/attributes/tier' }] };
    expect(await organizations.patch(scope, patch, {}, 'keep')).toMatchObject(kept);
    expect(await organizations.replace(scope, put, {}, 'keep')).toMatchObject(kept);
    const worse = { ...put, attributes: added };
    expect(pointers(await failure(organizations.replace(scope, worse, {}, 'keep')))).toEqual(['/attributes/tier']);
  });

  it('a deployment', async () => {
    const { id } = await world.project(scope, 'api');
    const about = { kind: 'relationship' as const, edge: 'DEPLOYED_IN' as const };
    await outgrow(about, () => world.deployments.put(scope, id, 'a', stored, {}));
    const { deployments } = world;
    const patch = mergePatch({ note: 'n' });
    expect(pointers(await failure(deployments.put(scope, id, 'a', edited, {})))).toEqual(['/tier']);
    expect(pointers(await failure(deployments.patch(scope, id, 'a', patch, {})))).toEqual(['/tier']);
    const kept = { environments: [{ properties: edited }], attribute_errors: [{ pointer: '/environments/a/tier' }] };
    expect(await deployments.patch(scope, id, 'a', patch, {}, 'keep')).toMatchObject(kept);
    expect(await deployments.put(scope, id, 'a', edited, {}, 'keep')).toMatchObject(kept);
    expect(pointers(await failure(deployments.put(scope, id, 'a', added, {}, 'keep')))).toEqual(['/tier']);
    expect(pointers(await failure(deployments.put(scope, id, 'b', stored, {}, 'keep')))).toEqual(['/tier']);
  });

  it('a dependency', async () => {
    const { dependencies } = world;
    const [{ id }, other] = [await world.project(scope, 'api'), await world.project(scope, 'db')];
    const about = { kind: 'relationship' as const, edge: 'DEPENDS_ON' as const };
    await outgrow(about, () => dependencies.put(scope, id, other.id, stored));
    expect(pointers(await failure(dependencies.put(scope, id, other.id, edited)))).toEqual(['/tier']);
    const kept = { properties: edited, attribute_errors: [{ pointer: '/properties/tier' }] };
    expect(await dependencies.put(scope, id, other.id, edited, {}, 'keep')).toMatchObject(kept);
    expect(pointers(await failure(dependencies.put(scope, id, other.id, added, {}, 'keep')))).toEqual(['/tier']);
    expect(pointers(await failure(dependencies.put(scope, other.id, id, stored, {}, 'keep')))).toEqual(['/tier']);
  });
});
