import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newId } from '#libs/common';
import {
  type CatalogWorld,
  catalogWorld,
  failure,
  failures,
  jsonPatch,
  mergePatch,
  pointers,
  projectWrite,
} from '../../test/catalog-world.js';
import { Environment } from '../model/organization-owned.vertex.js';
import { DeployedIn } from '../model/project.vertex.js';
import type { OrganizationScope } from '../shared/organization-scope.js';

let world: CatalogWorld;
let scope: OrganizationScope;
beforeAll(async () => {
  world = await catalogWorld();
});
beforeEach(async () => {
  scope = await world.furnished();
  await world.takeEvents();
});
afterAll(async () => {
  expect(await world.faults()).toEqual([]);
  await world.close();
});

const FULL = {
  name: 'The API',
  description: 'Serves.',
  icon: 'star',
  project_types: ['b', 'a'],
  environments: { b: { url: 'https://b.example.org', replicas: 3 }, a: {} },
  tags: ['c', 'a'],
  links: { a: 'https://example.org/a' },
  identifiers: { jira: 'API' },
};

async function edgeProperties(projectId: string, environment: string) {
  const found = await world.graph.read.find(Environment, { organization_id: scope.id, slug: environment });
  return world.graph.read.edgesOf(DeployedIn, { from: projectId, to: found?.id ?? '' });
}

async function setMachine(projectId: string, environment: string, machine: { last_release: string }) {
  const found = await world.graph.read.find(Environment, { organization_id: scope.id, slug: environment });
  await world.graph.transaction((tx) => tx.patchEdge(DeployedIn, projectId, found?.id ?? '', { set: { machine } }));
}

describe('a project', () => {
  it('comes back with everything it is joined to, in a stated order', async () => {
    const created = await world.project(scope, 'api', FULL);
    expect(created).toMatchObject({
      slug: 'api',
      name: 'The API',
      description: 'Serves.',
      icon: 'star',
      team: { slug: 'a', name: 'Team a' },
      project_types: [
        { slug: 'a', name: 'Type a' },
        { slug: 'b', name: 'Type b' },
      ],
      environments: [
        { slug: 'a', name: 'Environment a', properties: {} },
        { slug: 'b', name: 'Environment b', properties: { url: 'https://b.example.org', replicas: 3 } },
      ],
      tags: [
        { slug: 'a', name: 'Tag a' },
        { slug: 'c', name: 'Tag c' },
      ],
      links: { a: 'https://example.org/a' },
      identifiers: { jira: 'API' },
      archived_at: null,
      score: null,
      version: 1,
    });
    expect(await world.projects.get(scope, created.id)).toEqual(created);
    expect((await world.takeEvents()).map(({ name }) => name)).toEqual(['project.created']);
  });

  it('has each of its types and tags once, however often they are named', async () => {
    const created = await world.project(scope, 'api', { project_types: ['b', 'a', 'b'], tags: ['c', 'c'] });
    expect(created.project_types.map(({ slug }) => slug)).toEqual(['a', 'b']);
    expect(created.tags.map(({ slug }) => slug)).toEqual(['c']);
    const same = await world.projects.replace(
      scope,
      created.id,
      projectWrite('api', { project_types: ['a', 'a', 'b'], tags: ['c'] }),
      {},
    );
    expect(same).toEqual(created);
  });

  it('may not name what its organization does not have, and every fault is pointed at', async () => {
    const other = await world.organization();
    await world.teams.create(other, { slug: 'theirs', name: 'Theirs' });
    const write = projectWrite('api', {
      team: 'theirs',
      project_types: ['a', 'no-type'],
      environments: { a: {}, 'no-env': {} },
      tags: ['no-tag', 'a'],
      links: { 'no-link': 'https://example.org' },
    });
    const expected = ['/team', '/project_types/1', '/environments/no-env', '/tags/0', '/links/no-link'].sort();
    const error = await failure(world.projects.create(scope, write));
    expect([error.kind, pointers(error).sort()]).toEqual(['invalid', expected]);
    const { id } = await world.project(scope, 'api');
    expect(pointers(await failure(world.projects.replace(scope, id, write, {}))).sort()).toEqual(expected);
    expect((await world.projects.get(scope, id)).version).toBe(1);
  });

  it('may not hold values in its maps that are not what they should be', async () => {
    const write = projectWrite('api', {
      links: { a: 'javascript:alert(1)', b: 'https://example.org' },
      identifiers: { jira: 7 as never },
      environments: { a: [] as never },
    });
    const error = await failure(world.projects.create(scope, write));
    expect([error.kind, pointers(error).sort()]).toEqual([
      'invalid',
      ['/environments/a', '/identifiers/jira', '/links/a'],
    ]);
  });

  it('has a slug that no other of its organization has', async () => {
    await world.project(scope, 'api');
    const { id } = await world.project(scope, 'web');
    for (const error of await failures(
      world.project(scope, 'api'),
      world.projects.replace(scope, id, projectWrite('api'), {}),
      world.projects.patch(scope, id, mergePatch({ slug: 'api' }), {}),
    )) {
      expect([error.code, error.kind, pointers(error)]).toEqual(['already_exists', 'conflict', ['/slug']]);
    }
  });

  it('becomes what a replacement says, and loses the rest', async () => {
    const { id } = await world.project(scope, 'api', FULL);
    const write = projectWrite('api', { team: 'b', project_types: ['c'], environments: { c: { url: 'x' } } });
    const replaced = await world.projects.replace(scope, id, write, { version: 1 });
    expect(replaced).toMatchObject({
      name: 'api',
      description: null,
      icon: null,
      team: { slug: 'b' },
      project_types: [{ slug: 'c' }],
      environments: [{ slug: 'c', properties: { url: 'x' } }],
      tags: [],
      links: {},
      identifiers: {},
      version: 2,
    });
    expect(await world.projects.get(scope, id)).toEqual(replaced);
    const [event] = (await world.takeEvents()).filter(({ name }) => name === 'project.updated');
    expect(event?.payload['changed']).toEqual(
      expect.arrayContaining(['team', 'project_types', 'environments', 'tags', 'links', 'name']),
    );
  });

  it('is patched in its edges as in its own fields', async () => {
    const { id } = await world.project(scope, 'api', FULL);
    const merged = await world.projects.patch(
      scope,
      id,
      mergePatch({ team: 'c', environments: { a: null, b: { replicas: 4 }, c: {} }, links: { b: 'https://b.org' } }),
      {},
    );
    expect(merged).toMatchObject({
      team: { slug: 'c' },
      environments: [
        { slug: 'b', properties: { url: 'https://b.example.org', replicas: 4 } },
        { slug: 'c', properties: {} },
      ],
      links: { a: 'https://example.org/a', b: 'https://b.org' },
      tags: [{ slug: 'a' }, { slug: 'c' }],
    });
    const patched = await world.projects.patch(
      scope,
      id,
      jsonPatch([
        { op: 'test', path: '/team', value: 'c' },
        { op: 'add', path: '/project_types/-', value: 'c' },
        { op: 'remove', path: '/environments/b/url' },
      ]),
      {},
    );
    expect(patched.project_types.map(({ slug }) => slug)).toEqual(['a', 'b', 'c']);
    expect(patched.environments[0]).toMatchObject({ slug: 'b', properties: { replicas: 4 } });
  });

  it.each(['archived_at', 'score', 'id', 'version'])('does not let a patch write its %s', async (field) => {
    const { id } = await world.project(scope, 'api');
    const error = await failure(world.projects.patch(scope, id, mergePatch({ [field]: 99 }), {}));
    expect([error.kind, pointers(error)]).toEqual(['malformed', [`/${field}`]]);
  });

  it.each([
    ['its team', { team: 'b' }],
    ['its types', { project_types: ['a', 'b'] }],
    ['its environments', { environments: { a: {} } }],
    ['the properties of a deployment', { environments: { c: { url: 'new' } } }],
    ['its tags', { tags: ['b'] }],
  ])('goes to the next version when only %s change', async (_what, patch) => {
    const before = await world.project(scope, 'api', { environments: { c: { url: 'old' } } });
    const after = await world.projects.patch(scope, before.id, mergePatch(patch), {});
    expect(after.version).toBe(2);
    expect(await world.projects.get(scope, before.id)).toEqual(after);
  });

  it('is not written where nothing changes', async () => {
    const created = await world.project(scope, 'api', FULL);
    await world.takeEvents();
    const { rows: before } = await world.db.pool.query('select count(*) from imbi_system.outbox');
    expect(await world.projects.replace(scope, created.id, projectWrite('api', FULL), {})).toEqual(created);
    expect(await world.projects.patch(scope, created.id, mergePatch({ tags: ['a', 'c'] }), {})).toEqual(created);
    expect(await world.deployments.put(scope, created.id, 'a', {}, {})).toEqual(created);
    const { rows: after } = await world.db.pool.query('select count(*) from imbi_system.outbox');
    expect(after).toEqual(before);
  });

  it('is only written at the version that is expected', async () => {
    const { id } = await world.project(scope, 'api', { environments: { a: {} } });
    const stale = { version: 9 };
    for (const error of await failures(
      world.projects.replace(scope, id, projectWrite('api'), stale),
      world.projects.patch(scope, id, mergePatch({}), stale),
      world.projects.setArchived(scope, id, true, stale),
      world.projects.delete(scope, id, stale),
      world.deployments.put(scope, id, 'a', {}, stale),
      world.deployments.patch(scope, id, 'a', mergePatch({}), stale),
      world.deployments.delete(scope, id, 'a', stale),
      world.dependencies.put(scope, id, newId(), {}, stale),
      world.dependencies.delete(scope, id, newId(), stale),
    )) {
      expect(error).toMatchObject({ code: 'version_mismatch', kind: 'precondition_failed' });
    }
  });

  it('is archived once, and comes back out', async () => {
    const { id } = await world.project(scope, 'api');
    const archived = await world.projects.setArchived(scope, id, true, {});
    expect(archived).toMatchObject({ version: 2, archived_at: expect.stringMatching(/^\d{4}-.*Z$/) });
    expect(await world.projects.setArchived(scope, id, true, {})).toEqual(archived);
    expect(await world.projects.setArchived(scope, id, false, {})).toMatchObject({ archived_at: null, version: 3 });
    expect((await world.takeEvents()).map(({ name }) => name)).toEqual([
      'project.created',
      'project.archived',
      'project.unarchived',
    ]);
  });

  it('stays archived when it is replaced', async () => {
    const { id } = await world.project(scope, 'api');
    const { archived_at } = await world.projects.setArchived(scope, id, true, {});
    const replaced = await world.projects.replace(scope, id, projectWrite('api', { name: 'New' }), {});
    expect(replaced.archived_at).toBe(archived_at);
  });

  it('goes with its edges, and leaves nothing behind', async () => {
    const [one, other] = [await world.project(scope, 'api', FULL), await world.project(scope, 'web')];
    await world.dependencies.put(scope, other.id, one.id, {});
    await world.dependencies.put(scope, one.id, other.id, {});
    await world.projects.delete(scope, one.id, {});
    expect(await failure(world.projects.get(scope, one.id))).toMatchObject({ kind: 'not_found' });
    expect(await world.faults()).toEqual([]);
    await world.project(scope, 'api');
  });
});

describe('the slugs of a project', () => {
  const owner = (slug: string) => world.projects.findIdBySlug(scope, slug);
  const rename = (id: string, slug: string) => world.projects.patch(scope, id, mergePatch({ slug }), {});

  it('lead to it before and after a rename', async () => {
    const { id } = await world.project(scope, 'first');
    await rename(id, 'second');
    await rename(id, 'third');
    for (const slug of ['first', 'second', 'third']) expect(await owner(slug)).toBe(id);
    await rename(id, 'first');
    for (const slug of ['first', 'second', 'third']) expect(await owner(slug)).toBe(id);
  });

  it('lead to whoever has taken one since', async () => {
    const { id: old } = await world.project(scope, 'api');
    await rename(old, 'legacy');
    const { id: now } = await world.project(scope, 'api');
    expect(await owner('api')).toBe(now);
    await rename(now, 'gone-on');
    expect(await owner('api')).toBe(now);
    expect(await owner('legacy')).toBe(old);
  });

  it('lead nowhere once it is deleted', async () => {
    const { id } = await world.project(scope, 'api');
    await rename(id, 'api2');
    await world.projects.delete(scope, id, {});
    for (const slug of ['api', 'api2']) expect(await failure(owner(slug))).toMatchObject({ kind: 'not_found' });
  });

  it('mean nothing in another organization', async () => {
    const { id } = await world.project(scope, 'api');
    await rename(id, 'api2');
    const other = await world.organization();
    for (const slug of ['api', 'api2']) {
      expect(await failure(world.projects.findIdBySlug(other, slug))).toMatchObject({ kind: 'not_found' });
    }
  });
});

describe('a deployment', () => {
  it('is added, replaced, patched and removed on its own', async () => {
    const { id } = await world.project(scope, 'api');
    const put = await world.deployments.put(scope, id, 'a', { url: 'https://a.org', version: '1.0' }, {});
    expect(put).toMatchObject({ version: 2, environments: [{ properties: { url: 'https://a.org', version: '1.0' } }] });
    const replaced = await world.deployments.put(scope, id, 'a', { version: '1.1', id: 'x' }, {});
    expect(replaced.environments[0]?.properties).toEqual({ version: '1.1', id: 'x' });
    const merged = await world.deployments.patch(scope, id, 'a', mergePatch({ version: '1.2', id: null }), {});
    expect(merged.environments[0]?.properties).toEqual({ version: '1.2' });
    const patched = await world.deployments.patch(
      scope,
      id,
      'a',
      jsonPatch([
        { op: 'test', path: '/version', value: '1.2' },
        { op: 'copy', from: '/version', path: '/before' },
      ]),
      {},
    );
    expect(patched.environments[0]?.properties).toEqual({ version: '1.2', before: '1.2' });
    await world.deployments.delete(scope, id, 'a', { version: patched.version });
    expect(await world.projects.get(scope, id)).toMatchObject({ environments: [], version: patched.version + 1 });
  });

  it.each([[[]], ['text'], [7]])('refuses %j for its properties', async (document) => {
    const { id } = await world.project(scope, 'api', { environments: { a: {} } });
    expect(await failure(world.deployments.put(scope, id, 'a', document, {}))).toMatchObject({ kind: 'invalid' });
    const patch = world.deployments.patch(scope, id, 'a', mergePatch(document), {});
    expect((await failure(patch)).kind).toMatch(/invalid|malformed/);
  });

  it('is not found where the project is not deployed, or there is no such environment', async () => {
    const { id } = await world.project(scope, 'api');
    for (const environment of ['a', 'none']) {
      for (const error of await failures(
        world.deployments.patch(scope, id, environment, mergePatch({}), {}),
        world.deployments.delete(scope, id, environment, {}),
      )) {
        expect(error).toMatchObject({ kind: 'not_found' });
      }
    }
    expect(await failure(world.deployments.put(scope, id, 'none', {}, {}))).toMatchObject({ kind: 'not_found' });
  });

  it('keeps what machines know of it, whatever clients write', async () => {
    const machine = { last_release: '2.0' };
    const { id } = await world.project(scope, 'api', { environments: { a: { url: 'old' }, b: {} } });
    await setMachine(id, 'a', machine);
    expect((await world.projects.get(scope, id)).environments[0]?.properties).toEqual({ url: 'old', ...machine });
    await world.projects.replace(scope, id, projectWrite('api', { environments: { a: { url: 'new' }, c: {} } }), {});
    await world.projects.patch(scope, id, mergePatch({ environments: { a: { url: null, port: 1 } } }), {});
    await world.deployments.put(scope, id, 'a', { port: 2 }, {});
    await world.deployments.patch(scope, id, 'a', mergePatch({ port: 3 }), {});
    expect(await edgeProperties(id, 'a')).toMatchObject([{ properties: { attributes: { port: 3 }, machine } }]);
    const shown = await world.projects.get(scope, id);
    expect(shown.environments.map(({ properties }) => properties)).toEqual([{ port: 3, ...machine }, {}]);
  });
});
