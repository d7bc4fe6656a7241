import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type CatalogWorld, catalogWorld, mergePatch, projectWrite } from '../../test/catalog-world.js';
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

const TIER = { type: 'object', properties: { tier: { type: 'integer' } } };
const declare = (more: Partial<BlueprintWriteDto>, where: { id: string | null } = scope) =>
  world.blueprints.create(where, { slug: 'levels', name: 'L', kind: 'node', json_schema: TIER, ...more });

describe('a type or environment that is renamed', () => {
  it('takes the filters of its organization’s blueprints along, with versions and events, and so what they declare', async () => {
    const filter = { project_type: ['b', 'a'], environment: [] };
    const own = await declare({ type: 'Project', filter });
    const other = await declare({ type: 'Project', slug: 'others', filter: { project_type: ['c'] }, json_schema: {} });
    const { id } = await world.project(scope, 'api', { attributes: { tier: 1 } });
    await world.takeEvents();
    await world.types.patch(scope, 'a', mergePatch({ slug: 'service' }), {});
    expect(await world.blueprints.get(scope, own.id)).toMatchObject({
      filter: { project_type: ['b', 'service'], environment: [] },
      version: own.version + 1,
    });
    expect((await world.blueprints.get(scope, other.id)).version).toBe(other.version);
    expect(await world.projects.get(scope, id)).toMatchObject({ attributes: { tier: 1 }, attribute_errors: [] });
    expect((await world.takeEvents()).map(({ name }) => name)).toEqual(['blueprint.updated', 'project_type.updated']);
    await world.types.patch(scope, 'service', mergePatch({ name: 'Service' }), {});
    expect((await world.takeEvents()).map(({ name }) => name)).toEqual(['project_type.updated']);
  });

  it('keeps attributes of its own that are declared for it by name, by PUT and by PATCH', async () => {
    await declare({ type: 'ProjectType', filter: { project_type: ['a'] } });
    await declare({ type: 'Environment', filter: { environment: ['a'] } });
    const attributes = { tier: 1 };
    await world.types.patch(scope, 'a', mergePatch({ attributes }), {});
    await world.environments.patch(scope, 'a', mergePatch({ attributes }), {});
    expect(await world.types.patch(scope, 'a', mergePatch({ slug: 'x' }), {})).toMatchObject({ slug: 'x', attributes });
    const put = { slug: 'y', name: 'Y', attributes };
    expect(await world.environments.replace(scope, 'a', put, {})).toMatchObject({ slug: 'y', attributes });
    expect(await world.environments.get(scope, 'y')).toMatchObject({ attributes, attribute_errors: [] });
  });

  it('is renamed though what it has fits no more', async () => {
    const { id } = await declare({ type: 'ProjectType', filter: { project_type: ['a'] } });
    await world.types.patch(scope, 'a', mergePatch({ attributes: { tier: 1 } }), {});
    const json_schema = { type: 'object', properties: { tier: { type: 'string' } } };
    await world.blueprints.patch(scope, id, mergePatch({ json_schema }), {});
    const renamed = await world.types.patch(scope, 'a', mergePatch({ slug: 'x' }), {});
    expect(renamed).toMatchObject({ attributes: { tier: 1 }, attribute_errors: [{ pointer: '/attributes/tier' }] });
  });

  it('leaves the blueprints of others and those for all organizations alone', async () => {
    const other = await world.furnished();
    const filter = { project_type: [], environment: ['a'] };
    const foreign = await declare({ type: 'Project', filter }, other);
    const everywhere = await declare({ type: 'Project', filter }, { id: null });
    await world.environments.patch(scope, 'a', mergePatch({ slug: 'live' }), {});
    expect((await world.blueprints.get(other, foreign.id)).filter).toEqual(filter);
    expect((await world.blueprints.get({ id: null }, everywhere.id)).filter).toEqual(filter);
    await world.blueprints.delete({ id: null }, everywhere.id, {}, false);
  });

  it('changes no filter where the new slug is taken', async () => {
    const own = await declare({ type: 'Project', filter: { project_type: ['a'] } });
    await expect(world.types.patch(scope, 'a', mergePatch({ slug: 'b' }), {})).rejects.toMatchObject({
      kind: 'conflict',
    });
    expect(await world.blueprints.get(scope, own.id)).toEqual(own);
    await world.projects.create(scope, projectWrite('api', { attributes: { tier: 1 } }));
  });
});
