import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuthWorld } from '../../test/auth-world.js';

let world: AuthWorld;

beforeAll(async () => {
  world = await AuthWorld.create();
});

afterAll(() => world?.close());

const WRITE = { slug: 'releaser', name: 'Releaser', permissions: ['project:read', 'project:write'] };

/** What a user may do in acme, of these. */
async function mayOf(token: string, ...permissions: string[]): Promise<string[]> {
  const { body } = await world.call('GET', '/me?organization=acme', { token });
  return permissions.filter((permission) => body.permissions?.includes(permission));
}

describe('roles', () => {
  it('are created, read, changed and deleted', async () => {
    const created = await world.call('POST', '/roles', { body: { ...WRITE, inherits: ['viewer'] } });
    expect([created.status, created.headers['location'], created.headers['etag']]).toEqual([
      201,
      '/api/roles/releaser',
      '"1"',
    ]);
    expect(created.body).toEqual({
      id: expect.any(String),
      slug: 'releaser',
      name: 'Releaser',
      description: null,
      priority: 0,
      is_default: false,
      require_mfa: false,
      is_system: false,
      permissions: ['project:read', 'project:write'],
      inherits: ['viewer'],
      created_at: expect.any(String),
      updated_at: expect.any(String),
      version: 1,
    });
    expect((await world.call('POST', '/roles', { body: WRITE })).body.code).toBe('already_exists');
    const changed = await world.call('PATCH', '/roles/releaser', {
      body: { permissions: ['tag:write'], inherits: null },
      headers: { 'if-match': '"1"' },
    });
    expect(changed.body).toMatchObject({ permissions: ['tag:write'], inherits: [], version: 2 });
    const stale = await world.call('PATCH', '/roles/releaser', { body: { name: 'X' }, headers: { 'if-match': '"1"' } });
    expect(stale.status).toBe(412);
    const same = await world.call('PATCH', '/roles/releaser', { body: { permissions: ['tag:write'] } });
    expect(same.body.version).toBe(2);
    expect((await world.call('GET', '/roles/releaser')).body).toEqual(same.body);
    expect((await world.call('DELETE', '/roles/releaser')).status).toBe(204);
    expect((await world.call('GET', '/roles/releaser')).status).toBe(404);
  });

  it('are listed with what they grant, as are permissions', async () => {
    const first = await world.call('GET', '/roles?filter[is_system]=true&limit=2&sort=-priority&count=exact');
    expect(first.body.items.map(({ slug }: { slug: string }) => slug)).toEqual(['admin', 'developer']);
    expect(first.body.items[1].permissions).toContain('project:write');
    expect(first.body.total).toBe(3);
    const next = await world.call(
      'GET',
      `/roles?filter[is_system]=true&limit=2&sort=-priority&cursor=${first.body.next_cursor}`,
    );
    expect(next.body.items.map(({ slug }: { slug: string }) => slug)).toEqual(['viewer']);
    const permissions = await world.call('GET', '/permissions?filter[name]=project:read');
    expect(permissions.body.items).toEqual([{ name: 'project:read', description: 'See projects.' }]);
  });

  it.each([
    ['an unknown permission', { ...WRITE, permissions: ['project:read', 'project:fly'] }, '/permissions/1'],
    ['an unknown role above', { ...WRITE, inherits: ['nobody'] }, '/inherits/0'],
    ['the same permission twice', { ...WRITE, permissions: ['project:read', 'project:read'] }, '/permissions'],
    ['a bad slug', { ...WRITE, slug: 'Not a slug' }, '/slug'],
  ])('are refused with %s, and nothing is kept', async (_name, body, pointer) => {
    const answer = await world.call('POST', '/roles', { body });
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([422, pointer]);
    expect((await world.call('GET', '/roles/releaser')).status).toBe(404);
  });

  it('count from the next request of who holds them', async () => {
    await world.role('changing', ['project:read']);
    const { token } = await world.userWith([['changing', 'acme']]);
    expect(await mayOf(token, 'project:read', 'tag:write')).toEqual(['project:read']);
    await world.call('PATCH', '/roles/changing', { body: { permissions: ['tag:write'], inherits: ['viewer'] } });
    expect(await mayOf(token, 'project:read', 'tag:write', 'team:read')).toEqual([
      'project:read',
      'tag:write',
      'team:read',
    ]);
  });

  it('are not deleted while they are in use, nor when they are the product’s', async () => {
    await world.role('base', []);
    await world.role('derived', [], ['base']);
    await world.userWith([['derived', 'acme']]);
    expect((await world.call('DELETE', '/roles/base')).body).toMatchObject({
      code: 'in_use',
      details: { counts: { holders: 0, roles: 1 } },
    });
    expect((await world.call('DELETE', '/roles/derived')).body.details).toEqual({ counts: { holders: 1, roles: 0 } });
    expect((await world.call('DELETE', '/roles/viewer')).body.code).toBe('system_role');
    const renamed = await world.call('PATCH', '/roles/viewer', { body: { slug: 'watcher' } });
    expect(renamed.body.code).toBe('system_role');
  });

  it('pass on being the default', async () => {
    await world.role('newcomer', []);
    expect((await world.call('PATCH', '/roles/newcomer', { body: { is_default: true } })).status).toBe(200);
    const { body } = await world.call('GET', '/roles?limit=100');
    const defaults = body.items.filter((role: { is_default: boolean }) => role.is_default);
    expect(defaults.map(({ slug }: { slug: string }) => slug)).toEqual(['newcomer']);
    await world.call('PATCH', '/roles/viewer', { body: { is_default: true } });
  });

  it('do not inherit in a circle, even when the circle is closed from two sides at once', async () => {
    await world.role('left', []);
    await world.role('right', []);
    expect((await world.call('PATCH', '/roles/left', { body: { inherits: ['left'] } })).body.code).toBe('role_cycle');
    const answers = await Promise.all([
      world.call('PATCH', '/roles/left', { body: { inherits: ['right'] } }),
      world.call('PATCH', '/roles/right', { body: { inherits: ['left'] } }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });
});

describe('nobody makes a role mightier than they are', () => {
  beforeAll(async () => {
    await world.role('role-editor', ['role:read', 'role:create', 'role:write', 'role:delete', 'project:read']);
    await world.role('harmless', ['project:read']);
  });

  it.each([
    ['creating with what one holds', 'POST', '/roles', { slug: 'fine', name: 'F', permissions: ['project:read'] }, 201],
    ['creating with more', 'POST', '/roles', { slug: 'more', name: 'M', permissions: ['project:delete'] }, 403],
    ['creating above another', 'POST', '/roles', { slug: 'above', name: 'A', inherits: ['developer'] }, 403],
    ['adding more', 'PATCH', '/roles/harmless', { permissions: ['project:read', 'user:write'] }, 403],
    ['inheriting more', 'PATCH', '/roles/harmless', { inherits: ['admin'] }, 403],
    ['raising one’s own role', 'PATCH', '/roles/role-editor', { permissions: ['role:write', 'user:write'] }, 403],
    ['weakening a mightier role', 'PATCH', '/roles/admin', { permissions: [] }, 403],
    ['renaming what one could have made', 'PATCH', '/roles/harmless', { name: 'Harmless' }, 200],
  ] as const)('%s', async (_name, method, path, body, status) => {
    const editor = await world.userWith([['role-editor', null]]);
    const answer = await world.call(method, path, { token: editor.token, body });
    expect([answer.status, answer.body.code]).toEqual([status, status === 403 ? 'beyond_own_powers' : undefined]);
  });

  it('for holding it in one organization is not holding it everywhere', async () => {
    const editor = await world.userWith([['role-editor', 'acme']]);
    expect((await world.call('GET', '/roles', { token: editor.token })).status).toBe(403);
  });
});
