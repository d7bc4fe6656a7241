import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Client as PgClient } from 'pg';
import { newId } from '#libs/common';
import { TestProject } from '#test/auth';
import { AuthWorld } from '../../test/auth-world.js';

let world: AuthWorld;

beforeAll(async () => {
  world = await AuthWorld.create();
  await world.role('editor', ['project:write'], ['viewer']);
});

afterAll(() => world?.close());

const tag = () =>
  newId()
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '0');

async function group(slug = `g-${tag()}`): Promise<string> {
  expect((await world.call('POST', '/groups', { body: { slug, name: `The ${slug}` } })).status).toBe(201);
  return slug;
}

async function project(): Promise<string> {
  const properties = { organization_id: world.organizations['acme'] ?? '', slug: `p-${tag()}`, name: 'API' };
  return (await world.platform.graph.transaction((tx) => tx.insert(TestProject, properties))).id;
}

async function ask(route: string, parameters: Record<string, string>) {
  return world.call('GET', `/permissions/${route}?${new URLSearchParams(parameters)}`);
}

/** How many statements a call takes besides that of its guard. */
async function statementsOf(call: () => Promise<{ status: number }>): Promise<number> {
  await call();
  const query = jest.spyOn(PgClient.prototype, 'query');
  expect((await call()).status).toBe(200);
  const count = query.mock.calls.length;
  query.mockRestore();
  return count - 1;
}

describe('GET /permissions/explain', () => {
  it('tells each way by which somebody holds a permission, the shortest first, by one statement', async () => {
    const [outer, inner] = [await group(), await group()];
    const { id } = await world.userWith([['editor', 'acme']]);
    const place = await project();
    await world.call('PUT', `/groups/${outer}/members/groups/${inner}`);
    await world.call('PUT', `/groups/${inner}/members/users/${id}`);
    await world.call('PUT', `/groups/${outer}/roles/viewer`);
    const body = { actions: ['read'], expires_at: '2099-12-31T23:59:59.000Z' };
    await world.call('PUT', `/organizations/acme/projects/${place}/grants/group:${inner}`, { body });
    const question = { principal: `user:${id}`, permission: 'project:read', resource: `project:${place}` };
    const answer = await ask('explain', question);
    expect(answer.body).toMatchObject({
      allowed: true,
      principal: { reference: `user:${id}`, name: 'Somebody' },
      permission: 'project:read',
      resource: { kind: 'project', id: place, organization: 'acme', name: 'API' },
      missing: [],
    });
    const slugs = (steps: { slug: string }[]) => steps.map(({ slug }) => slug);
    const ways = answer.body.paths.map(
      (path: { kind: string; groups: { slug: string }[]; roles: { slug: string }[] }) => [
        path.kind,
        slugs(path.groups),
        slugs(path.roles),
      ],
    );
    expect(ways).toEqual([
      ['grant', [inner], []],
      ['role', [], ['editor', 'viewer']],
      ['role', [inner, outer], ['viewer']],
    ]);
    expect(answer.body.paths.map((path: { organization: string }) => path.organization)).toEqual([null, 'acme', null]);
    expect(answer.body.paths[0]).toMatchObject({ actions: ['read'], expires_at: body.expires_at });
    expect(await statementsOf(() => ask('explain', question))).toBe(1);
  });

  it('tells what would give what is lacking, the nearest first', async () => {
    const { id } = await world.userWith([['editor', 'rival']]);
    const helpful = await group();
    await world.call('PUT', `/groups/${helpful}/roles/editor?organization=acme`);
    const place = await project();
    const body = { actions: ['read'] };
    await world.call('PUT', `/organizations/acme/projects/${place}/grants/user:${id}`, { body });
    const question = { principal: `user:${id}`, permission: 'project:write', resource: `project:${place}` };
    const { body: answer } = await ask('explain', question);
    expect(answer).toMatchObject({ allowed: false, paths: [] });
    expect(answer.missing).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: 'role_elsewhere', role: 'editor', organization: 'rival' }),
        expect.objectContaining({ kind: 'grant_action', actions: ['write'] }),
        expect.objectContaining({ kind: 'group', group: helpful }),
        expect.objectContaining({ kind: 'role', role: 'editor', organization: 'acme' }),
      ]),
    );
    const order = answer.missing.map(({ kind }: { kind: string }) => kind);
    expect(order.indexOf('role_elsewhere')).toBeLessThan(order.indexOf('group'));
    expect(order.indexOf('group')).toBeLessThan(order.indexOf('role'));
  });

  it('knows administrators, groups, and who is switched off', async () => {
    const admin = await ask('explain', { principal: `user:${world.admin.id}`, permission: 'user:delete' });
    expect(admin.body).toMatchObject({ allowed: true, resource: null, paths: [{ kind: 'administrator' }] });
    const slug = await group();
    const question = { principal: `group:${slug}`, permission: 'team:read', resource: 'organization:acme' };
    expect((await ask('explain', question)).body.allowed).toBe(false);
    await world.call('PUT', `/groups/${slug}/roles/viewer?organization=acme`);
    expect((await ask('explain', question)).body).toMatchObject({ allowed: true, paths: [{ organization: 'acme' }] });
    expect((await ask('explain', { ...question, resource: 'organization:rival' })).body.allowed).toBe(false);
    const { id } = await world.userWith([['viewer', null]]);
    await world.call('PATCH', `/users/${id}`, { body: { is_active: false } });
    const off = await ask('explain', { principal: `user:${id}`, permission: 'team:read' });
    expect(off.body).toMatchObject({ allowed: false, paths: [], missing: [{ kind: 'inactive' }] });
  });

  it.each([
    [400, { principal: 'somebody' }],
    [400, { resource: 'acme' }],
    [404, { principal: `user:${newId()}` }],
    [404, { principal: 'group:nobody' }],
    [404, { permission: 'no:such' }],
    [404, { resource: 'organization:none' }],
    [404, { resource: `project:${newId()}` }],
    [404, { resource: `wish:${newId()}` }],
  ])('is answered %s for %j', async (status, wrong) => {
    const right = { principal: `user:${world.admin.id}`, permission: 'team:read', resource: 'organization:acme' };
    expect((await ask('explain', { ...right, ...wrong })).status).toBe(status);
  });
});

describe('GET /permissions/who-can and what-can', () => {
  async function walk(route: string, parameters: Record<string, string>) {
    const items: Record<string, never>[] = [];
    let total: number | undefined;
    for (let cursor: string | null = ''; cursor !== null; ) {
      const more: Record<string, string> = cursor === '' ? {} : { cursor };
      const { body } = await ask(route, { ...parameters, ...more, limit: '2', count: 'exact' });
      items.push(...body.items);
      total = body.total;
      cursor = body.next_cursor;
    }
    return { items, total };
  }

  it('list everybody page by page, by one statement each', async () => {
    await world.role('rare', ['queues:write']);
    const slug = await group();
    await world.call('PUT', `/groups/${slug}/roles/rare?organization=acme`);
    const members = [await world.userWith(), await world.userWith()];
    for (const { id } of members) await world.call('PUT', `/groups/${slug}/members/users/${id}`);
    const everywhere = await world.userWith([['rare', null]]);
    const ids = (items: { principal: { id: string } }[]) => items.map(({ principal }) => principal.id).sort();
    const there = await walk('who-can', { permission: 'queues:write', resource: 'organization:acme' });
    expect(ids(there.items as never)).toEqual([world.admin.id, everywhere.id, ...members.map(({ id }) => id)].sort());
    expect(there.total).toBe(4);
    const global = await walk('who-can', { permission: 'queues:write' });
    expect(ids(global.items as never)).toEqual([world.admin.id, everywhere.id].sort());
    const admins = await ask('who-can', { permission: 'queues:write' });
    expect(admins.body.items.find((item: { is_admin: boolean }) => item.is_admin).principal.id).toBe(world.admin.id);
    expect(await statementsOf(() => ask('who-can', { permission: 'queues:write', count: 'exact' }))).toBe(1);
    expect((await ask('who-can', { permission: 'no:such' })).status).toBe(404);
    const nowhere = { permission: 'queues:write', resource: 'organization:none' };
    expect((await ask('who-can', nowhere)).status).toBe(404);
  });

  it('list everything that somebody may do, with where', async () => {
    const { id } = await world.userWith([['rare', 'acme']]);
    const place = await project();
    const body = { actions: ['read', 'write'] };
    await world.call('PUT', `/organizations/acme/projects/${place}/grants/user:${id}`, { body });
    const { items, total } = await walk('what-can', { principal: `user:${id}` });
    expect(total).toBe(3);
    const resource = { kind: 'project', id: place, slug: expect.any(String), name: 'API', organization: 'acme' };
    expect(items).toEqual([
      { permission: 'project:read', organization: 'acme', resource },
      { permission: 'project:write', organization: 'acme', resource },
      { permission: 'queues:write', organization: 'acme', resource: null },
    ]);
    expect(await statementsOf(() => ask('what-can', { principal: `user:${id}` }))).toBe(1);
    expect((await ask('what-can', { principal: `user:${newId()}` })).status).toBe(404);
    const nothing = await world.userWith();
    expect((await ask('what-can', { principal: `user:${nothing.id}`, count: 'exact' })).body).toEqual({
      items: [],
      next_cursor: null,
      total: 0,
    });
  });
});

interface Difference {
  readonly principal: { readonly id: string };
  readonly permission: string;
  readonly organization: string | null;
  readonly resource: { readonly id: string } | null;
}

describe('POST /permissions/simulate', () => {
  const simulate = (body: object) => world.call('POST', '/permissions/simulate', { body });

  const texts = (differences: Difference[]) =>
    differences
      .map(({ principal, permission, organization, resource }) =>
        [principal.id, permission, organization ?? '*', resource?.id ?? '*'].join(' '),
      )
      .sort();

  /** What users may do by `what-can`, as differences are written. */
  async function powers(ids: readonly string[]): Promise<string[]> {
    const found: string[] = [];
    for (const id of ids) {
      const { body } = await ask('what-can', { principal: `user:${id}`, limit: '200' });
      found.push(...texts(body.items.map((item: object) => ({ ...item, principal: { id } }))));
    }
    return found.sort();
  }

  async function compare(change: object, make: () => Promise<{ status: number }>, ids: readonly string[]) {
    const { status, body } = await simulate(change);
    expect(status).toBe(200);
    const before = await powers(ids);
    expect([200, 204]).toContain((await make()).status);
    const after = await powers(ids);
    expect(texts(body.added)).toEqual(after.filter((one) => !before.includes(one)));
    expect(texts(body.removed)).toEqual(before.filter((one) => !after.includes(one)));
    expect([body.added_total, body.removed_total]).toEqual([body.added.length, body.removed.length]);
    return [body.added_total, body.removed_total];
  }

  it('says of each kind of change what then happens, by one statement that writes nothing', async () => {
    const slug = await group();
    const [one, two] = [await world.userWith(), await world.userWith()];
    const ids = [one.id, two.id];
    const place = await project();
    await world.role('cook', ['team:write', 'tag:write']);
    await world.call('PUT', `/groups/${slug}/members/users/${one.id}`);
    const assignment = { principal: `group:${slug}`, role: 'cook', organization: 'acme' };
    expect(await statementsOf(() => simulate({ role_assignment: assignment }))).toBe(1);
    const roles = `/groups/${slug}/roles/cook?organization=acme`;
    expect(await compare({ role_assignment: assignment }, () => world.call('PUT', roles), ids)).toEqual([2, 0]);
    const membership = { group: slug, member: `user:${two.id}` };
    const members = `/groups/${slug}/members/users/${two.id}`;
    expect(await compare({ group_membership: membership }, () => world.call('PUT', members), ids)).toEqual([2, 0]);
    const role = { permissions: ['tag:write', 'tag:delete'], inherits: [] };
    const patch = () => world.call('PATCH', '/roles/cook', { body: role });
    expect(await compare({ role: { role: 'cook', ...role } }, patch, ids)).toEqual([2, 2]);
    const grants = `/organizations/acme/projects/${place}/grants/group:${slug}`;
    const grant = { principal: `group:${slug}`, resource: `project:${place}`, actions: ['admin'] };
    const put = () => world.call('PUT', grants, { body: { actions: ['admin'] } });
    expect(await compare({ grant }, put, ids)).toEqual([8, 0]);
    const less = () => world.call('PUT', grants, { body: { actions: ['read'] } });
    expect(await compare({ grant: { ...grant, actions: ['read'] } }, less, ids)).toEqual([0, 6]);
    const take = () => world.call('DELETE', grants);
    expect(await compare({ grant: { ...grant, actions: [] } }, take, ids)).toEqual([0, 2]);
    const leave = { group_membership: { ...membership, remove: true } };
    expect(await compare(leave, () => world.call('DELETE', members), ids)).toEqual([0, 2]);
    const removal = { role_assignment: { ...assignment, remove: true } };
    expect(await compare(removal, () => world.call('DELETE', roles), ids)).toEqual([0, 2]);
  });

  it('tells no gain where it is held more widely already, and none of administrators', async () => {
    const { id } = await world.userWith([['cook', null]]);
    const given = (principal: string) => ({ role_assignment: { principal, role: 'cook', organization: 'acme' } });
    const nothing = { added: [], removed: [], added_total: 0, removed_total: 0 };
    expect((await simulate(given(`user:${id}`))).body).toEqual(nothing);
    expect((await simulate(given(`user:${world.admin.id}`))).body).toEqual(nothing);
  });

  it('refuses circles as the change itself would', async () => {
    const [outer, inner] = [await group(), await group()];
    await world.call('PUT', `/groups/${outer}/members/groups/${inner}`);
    for (const member of [outer, inner]) {
      const cycle = await simulate({ group_membership: { group: inner, member: `group:${member}` } });
      expect([cycle.status, cycle.body.code]).toEqual([409, 'group_cycle']);
    }
    const roles = await simulate({ role: { role: 'viewer', inherits: ['editor'] } });
    expect([roles.status, roles.body.code]).toEqual([409, 'role_cycle']);
  });

  it.each([
    ['nothing', {}, ['']],
    [
      'two changes',
      {
        role: { role: 'viewer' },
        group_membership: { group: 'g', member: 'group:h' },
      },
      [''],
    ],
    ['an unknown role', { role: { role: 'none' } }, ['/role/role']],
    ['unknown permissions', { role: { role: 'viewer', permissions: ['a:b', 'team:read'] } }, ['/role/permissions/0']],
    ['an unknown parent', { role: { role: 'viewer', inherits: ['none'] } }, ['/role/inherits/0']],
    [
      'an unknown place and role',
      { role_assignment: { principal: 'group:none', role: 'nothing', organization: 'nowhere' } },
      ['/role_assignment/principal', '/role_assignment/role', '/role_assignment/organization'],
    ],
    [
      'an unknown group',
      { group_membership: { group: 'none', member: 'group:none' } },
      ['/group_membership/member', '/group_membership/group'],
    ],
    [
      'an organization',
      { grant: { principal: 'group:none', resource: 'organization:acme', actions: [] } },
      ['/grant/resource'],
    ],
    ['a bad principal', { group_membership: { group: 'g', member: 'h' } }, ['/group_membership/member']],
  ])('refuses %s', async (_what, change, pointers) => {
    const { status, body } = await simulate(change);
    expect(status).toBe(422);
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(pointers);
  });
});
