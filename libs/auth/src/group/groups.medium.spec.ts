import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { AuthWorld } from '../../test/auth-world.js';

let world: AuthWorld;

beforeAll(async () => {
  world = await AuthWorld.create();
});

afterAll(() => world?.close());

async function group(slug: string): Promise<void> {
  expect((await world.call('POST', '/groups', { body: { slug, name: slug } })).status).toBe(201);
}

async function put(path: string, token?: string): Promise<number> {
  return (await world.call('PUT', path, { token })).status;
}

async function maySee(token: string, organization: string): Promise<boolean> {
  const { body } = await world.call('GET', `/me?organization=${organization}`, { token });
  return body.permissions?.includes('project:read') ?? false;
}

describe('groups', () => {
  it('are created, read, changed, listed and deleted', async () => {
    const body = { slug: 'first', name: 'First' };
    const created = await world.call('POST', '/groups', { body });
    expect([created.status, created.headers['location'], created.headers['etag']]).toEqual([
      201,
      '/api/groups/first',
      '"1"',
    ]);
    expect((await world.call('POST', '/groups', { body })).body.code).toBe('already_exists');
    const changed = await world.call('PATCH', '/groups/first', { body: { slug: 'renamed', description: 'Some' } });
    expect(changed.body).toMatchObject({ slug: 'renamed', description: 'Some', version: 2 });
    const stale = await world.call('PATCH', '/groups/renamed', { body: {}, headers: { 'if-match': '"1"' } });
    expect(stale.status).toBe(412);
    expect((await world.call('GET', '/groups?filter[slug]=renamed')).body.items).toEqual([changed.body]);
    expect((await world.call('DELETE', '/groups/renamed')).status).toBe(204);
    expect((await world.call('GET', '/groups/renamed')).status).toBe(404);
  });

  it('give what they hold to members, through nesting, from the next request on', async () => {
    await group('outer');
    await group('inner');
    const { id, token } = await world.userWith();
    expect(await put('/groups/outer/roles/viewer?organization=acme')).toBe(204);
    expect(await put(`/groups/inner/members/users/${id}`)).toBe(204);
    expect(await maySee(token, 'acme')).toBe(false);
    expect(await put('/groups/outer/members/groups/inner')).toBe(204);
    expect(await put('/groups/outer/members/groups/inner')).toBe(204);
    expect([await maySee(token, 'acme'), await maySee(token, 'rival')]).toEqual([true, false]);
    const roles = await world.call('GET', '/groups/outer/roles');
    expect(roles.body.items).toEqual([{ role: 'viewer', organization: 'acme' }]);
    expect((await world.call('DELETE', '/groups/outer')).body).toMatchObject({
      code: 'in_use',
      details: { counts: { members: 1, roles: 1, groups: 0, grants: 0 } },
    });
    expect((await world.call('DELETE', '/groups/outer/members/groups/inner')).status).toBe(204);
    expect((await world.call('DELETE', '/groups/outer/members/groups/inner')).status).toBe(404);
    expect(await maySee(token, 'acme')).toBe(false);
    expect((await world.call('DELETE', '/groups/outer/roles/viewer')).status).toBe(404);
    expect((await world.call('DELETE', '/groups/outer/roles/viewer?organization=acme')).status).toBe(204);
    expect((await world.call('DELETE', '/groups/outer')).status).toBe(204);
  });

  it('list users and groups by name, page by page, either way', async () => {
    await group('listed');
    await group('listed-inner');
    const { id } = await world.userWith();
    await put(`/groups/listed/members/users/${id}`);
    await put('/groups/listed/members/groups/listed-inner');
    const names: string[] = [];
    let cursor = '';
    do {
      const { body } = await world.call('GET', `/groups/listed/members?limit=1&count=exact${cursor}`);
      expect(body.total).toBe(2);
      names.push(...body.items.map((member: { kind: string; name: string }) => `${member.kind} ${member.name}`));
      cursor = body.next_cursor ? `&cursor=${body.next_cursor}` : '';
    } while (cursor);
    expect(names).toEqual(['user Somebody', 'group listed-inner']);
    const { body } = await world.call('GET', '/groups/listed/members?sort=-name');
    expect(body.items.map(({ slug }: { slug: string | null }) => slug)).toEqual(['listed-inner', null]);
  });

  it('never contain each other in a circle, also when the halves of one come at once', async () => {
    for (const slug of ['a', 'b', 'c']) await group(slug);
    expect((await world.call('PUT', '/groups/a/members/groups/a')).body.code).toBe('group_cycle');
    const statuses = await Promise.all([
      put('/groups/a/members/groups/b'),
      put('/groups/b/members/groups/c'),
      put('/groups/c/members/groups/a'),
    ]);
    expect(statuses.sort()).toEqual([204, 204, 409]);
  });

  it('leave a record of every change of members and roles', async () => {
    await group('audited');
    const { id } = await world.userWith();
    await put(`/groups/audited/members/users/${id}`);
    const { rows } = await sql<{ payload: Record<string, string> }>`
      select payload from imbi_system.outbox where name = 'audit_events' order by seq desc limit 1
    `.execute(world.platform.database.kysely);
    expect(rows[0]?.payload).toMatchObject({ action: 'group.member.add', actor_id: world.admin.id });
    expect(rows[0]?.payload['detail']).toContain(id);
  });
});

describe('nobody gives by a group what they do not hold', () => {
  beforeAll(async () => {
    await world.role('group-manager', ['group:write', 'group:read']);
    await world.role('group-manager-and-reader', ['group:write', 'group:read', 'project:read']);
    await world.role('reader', ['project:read']);
    await group('readers');
    await group('powerless');
    await put('/groups/readers/roles/reader?organization=acme');
  });

  it.each([
    ['group-manager', 'readers/members/users', 403],
    ['group-manager-and-reader', 'readers/members/users', 204],
    ['group-manager', 'powerless/members/users', 204],
    ['group-manager', 'readers/members/groups/powerless', 403],
    ['group-manager-and-reader', 'readers/members/groups/powerless', 204],
    ['group-manager', 'powerless/roles/reader?organization=rival', 403],
    ['group-manager-and-reader', 'powerless/roles/reader?organization=rival', 204],
    ['group-manager-and-reader', 'powerless/roles/admin', 403],
    ['viewer', 'powerless/members/users', 403],
  ])('%s: %s is %i', async (role, path, status) => {
    const { token } = await world.userWith([[role, null]]);
    const full = path.endsWith('/users') ? `${path}/${(await world.userWith()).id}` : path;
    expect(await put(`/groups/${full}`, token)).toBe(status);
  });

  it('nor puts a mightier account anywhere', async () => {
    const { token } = await world.userWith([['group-manager', null]]);
    const { body } = await world.call('PUT', `/groups/powerless/members/users/${world.admin.id}`, { token });
    expect(body.code).toBe('beyond_own_powers');
  });
});
