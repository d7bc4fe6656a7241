import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '#libs/common';
import { AuthWorld, PASSWORD } from '../../test/auth-world.js';
import { LoginThrottle } from '../login/login-throttle.js';
import { User } from '../model/identity.vertex.js';
import { Session } from '../model/session.vertex.js';

const OTHER_PASSWORD = 'Better-Horse-10-Battery';

let world: AuthWorld;

beforeAll(async () => {
  world = await AuthWorld.create();
});

afterAll(() => world?.close());

/** A role that manages users and may do nothing else. */
const managerRole = () => world.role('user-manager', ['user:read', 'user:create', 'user:write', 'user:delete']);

describe('users', () => {
  it('are created, read, changed and deleted, and sign in meanwhile', async () => {
    const body = { email: 'Ada@Example.org', display_name: 'Ada', password: PASSWORD };
    const created = await world.call('POST', '/users', { body });
    expect([created.status, created.headers['location'], created.headers['etag']]).toEqual([
      201,
      `/api/users/${created.body.id}`,
      '"1"',
    ]);
    expect(created.body).toEqual({
      id: expect.any(String),
      email: 'Ada@Example.org',
      display_name: 'Ada',
      avatar: null,
      is_active: true,
      is_admin: false,
      has_password: true,
      last_login_at: null,
      created_at: expect.any(String),
      updated_at: expect.any(String),
      version: 1,
    });
    const path = `/users/${created.body.id}`;
    expect((await world.call('POST', '/users', { body: { ...body, email: 'ADA@example.org' } })).body.code).toBe(
      'already_exists',
    );
    expect((await world.tryToSignIn('ada@example.org', PASSWORD)).status).toBe(200);
    expect((await world.call('GET', path)).body.last_login_at).toEqual(expect.any(String));

    const { headers } = await world.call('GET', path);
    const stale = await world.call('PATCH', path, { body: { display_name: 'B' }, headers: { 'if-match': '"1"' } });
    expect(stale.status).toBe(412);
    const changed = await world.call('PATCH', path, {
      body: { display_name: 'Ada King', email: 'countess@example.org' },
      headers: { 'if-match': headers['etag'] },
    });
    expect(changed.body).toMatchObject({ display_name: 'Ada King', email: 'countess@example.org' });
    expect((await world.tryToSignIn('ada@example.org', PASSWORD)).status).toBe(401);
    const token = await world.signIn('countess@example.org');
    expect((await world.call('GET', '/me', { token })).status).toBe(200);

    expect((await world.call('DELETE', path)).status).toBe(204);
    expect((await world.call('GET', '/me', { token })).status).toBe(401);
    expect((await world.call('GET', path)).status).toBe(404);
    expect((await world.tryToSignIn('countess@example.org', PASSWORD)).status).toBe(401);
    expect(await world.platform.graph.read.count(Session, { user_id: created.body.id })).toBe(0);
  });

  it('are listed by pages, filtered and sorted, without any secret', async () => {
    for (const name of ['list c', 'list a', 'list b']) {
      await world.users.create({ email: `${name.replace(' ', '-')}@example.org`, displayName: name });
    }
    const filter = 'filter[display_name][contains]=list';
    const first = await world.call('GET', `/users?${filter}&limit=2&count=exact`);
    expect(first.body.items.map((user: { display_name: string }) => user.display_name)).toEqual(['list a', 'list b']);
    expect([first.body.total, first.body.items[0].has_password]).toEqual([3, false]);
    const second = await world.call('GET', `/users?${filter}&limit=2&cursor=${first.body.next_cursor}`);
    expect(second.body.items.map((user: { display_name: string }) => user.display_name)).toEqual(['list c']);
    const all = await world.call('GET', '/users?sort=-created_at&limit=100');
    expect(JSON.stringify(all.body)).not.toMatch(/argon2|password_hash|email_key/);
  });

  it.each([
    ['no address', { email: 'nobody', display_name: 'A' }, '/email'],
    ['no name', { email: 'a@example.org', display_name: '' }, '/display_name'],
    ['a weak password', { email: 'a@example.org', display_name: 'A', password: 'short' }, '/password'],
    ['an unknown place', { email: 'a@example.org', display_name: 'A', organization: 'nowhere' }, '/organization'],
    ['a field of the server', { email: 'a@example.org', display_name: 'A', password_hash: 'x' }, '/password_hash'],
  ])('are refused with %s, and nothing is kept', async (_name, body, pointer) => {
    const answer = await world.call('POST', '/users', { body });
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([422, pointer]);
    expect((await world.tryToSignIn('a@example.org', 'short')).status).toBe(401);
    expect((await world.call('GET', '/users?filter[email]=a@example.org')).body.items).toEqual([]);
  });

  it('lose their sessions when they are switched off', async () => {
    const { id, token } = await world.userWith();
    expect((await world.call('PATCH', `/users/${id}`, { body: { is_active: false } })).status).toBe(200);
    expect((await world.call('GET', '/me', { token })).status).toBe(401);
  });

  it('are signed out of one place by who manages them', async () => {
    const { id, email, token } = await world.userWith();
    const elsewhere = await world.signIn(email);
    const { body } = await world.call('GET', `/users/${id}/sessions?limit=1&count=exact`);
    expect([body.total, body.items.length, body.items[0].is_current]).toEqual([2, 1, false]);
    expect((await world.call('DELETE', `/users/${id}/sessions/${body.items[0].id}`)).status).toBe(204);
    const statuses = [await world.call('GET', '/me', { token }), await world.call('GET', '/me', { token: elsewhere })];
    expect(statuses.map(({ status }) => status)).toEqual([200, 401]);
    expect((await world.call('DELETE', `/users/${id}/sessions/${body.items[0].id}`)).status).toBe(404);
    expect((await world.call('GET', `/users/${newId()}/sessions`)).status).toBe(404);
  });

  it('keep one active administrator, whatever happens at once', async () => {
    for (const change of [
      world.call('PATCH', `/users/${world.admin.id}`, { body: { is_admin: false } }),
      world.call('PATCH', `/users/${world.admin.id}`, { body: { is_active: false } }),
      world.call('DELETE', `/users/${world.admin.id}`),
    ]) {
      const { status, body } = await change;
      expect([status, body.code]).toEqual([409, 'last_admin']);
    }
    const rivals = await Promise.all(
      ['one', 'two'].map((name) =>
        world.users.create({
          email: `admin-${name}@example.org`,
          displayName: name,
          password: PASSWORD,
          isAdmin: true,
        }),
      ),
    );
    const everybody = [world.admin, ...rivals];
    const tokens = await Promise.all(everybody.map(({ email }) => world.signIn(email)));
    // Each removes the next one: all three must not succeed.
    const outcomes = await Promise.all(
      everybody.map((_user, index) =>
        world.call('PATCH', `/users/${everybody[(index + 1) % 3]?.id}`, {
          token: tokens[index],
          body: { is_active: false },
        }),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 200).length).toBeLessThan(3);
    const active = await world.platform.graph.read.count(User, { is_admin: true, is_active: true });
    expect(active).toBeGreaterThanOrEqual(1);
    await world.users.setActive(world.admin.id, true);
    world.adminToken = await world.signIn(world.admin.email);
    for (const rival of rivals) expect((await world.call('DELETE', `/users/${rival.id}`)).status).toBe(204);
  });
});

describe('passwords', () => {
  it('are set by an administrator, which ends every session', async () => {
    const { id, email, token } = await world.userWith();
    expect((await world.call('PUT', `/users/${id}/password`, { body: { password: 'short' } })).status).toBe(422);
    expect((await world.call('GET', '/me', { token })).status).toBe(200);
    expect((await world.call('PUT', `/users/${id}/password`, { body: { password: OTHER_PASSWORD } })).status).toBe(204);
    expect((await world.call('GET', '/me', { token })).status).toBe(401);
    expect((await world.tryToSignIn(email, PASSWORD)).status).toBe(401);
    expect((await world.tryToSignIn(email, OTHER_PASSWORD)).status).toBe(200);
  });

  it('are changed by who knows them, which ends every other session', async () => {
    const { email, token } = await world.userWith();
    const elsewhere = await world.signIn(email);
    const wrong = await world.call('PUT', '/me/password', {
      token,
      body: { current_password: 'no', password: OTHER_PASSWORD },
    });
    expect([wrong.status, wrong.body.errors[0].pointer]).toEqual([422, '/current_password']);
    const weak = await world.call('PUT', '/me/password', {
      token,
      body: { current_password: PASSWORD, password: 'weak' },
    });
    expect([weak.status, weak.body.errors[0].pointer]).toEqual([422, '/password']);
    const body = { current_password: PASSWORD, password: OTHER_PASSWORD };
    expect((await world.call('PUT', '/me/password', { token, body })).status).toBe(204);
    expect((await world.call('GET', '/me', { token })).status).toBe(200);
    expect((await world.call('GET', '/me', { token: elsewhere })).status).toBe(401);
    expect((await world.tryToSignIn(email, OTHER_PASSWORD)).status).toBe(200);
  });

  it('cannot be guessed by a stolen session any faster than by signing in', async () => {
    const { email, token } = await world.userWith();
    const statuses = [];
    for (let guess = 0; guess < 7; guess += 1) {
      const body = { current_password: `guess ${guess}`, password: OTHER_PASSWORD };
      statuses.push((await world.call('PUT', '/me/password', { token, body })).status);
    }
    expect(statuses).toContain(429);
    expect((await world.tryToSignIn(email, PASSWORD)).status).toBe(429);
  });
});

describe('roles of users', () => {
  it('count from the next request on, in their place and nowhere else', async () => {
    const { id, token } = await world.userWith();
    const may = async (organization: string) =>
      (await world.call('GET', `/me?organization=${organization}`, { token })).body.permissions?.includes(
        'project:write',
      );
    expect((await world.call('PUT', `/users/${id}/roles/developer?organization=acme`)).status).toBe(204);
    expect((await world.call('PUT', `/users/${id}/roles/developer?organization=acme`)).status).toBe(204);
    expect([await may('acme'), await may('rival')]).toEqual([true, undefined]);
    expect((await world.call('PUT', `/users/${id}/roles/viewer`)).status).toBe(204);
    expect((await world.call('GET', `/users/${id}/roles`)).body.items).toEqual([
      { role: 'developer', organization: 'acme' },
      { role: 'viewer', organization: null },
    ]);
    const one = await world.call('GET', `/users/${id}/roles?limit=1&count=exact`);
    expect([one.body.items, one.body.total]).toEqual([[{ role: 'developer', organization: 'acme' }], 2]);
    const next = await world.call('GET', `/users/${id}/roles?limit=1&cursor=${one.body.next_cursor}`);
    expect([next.body.items, next.body.next_cursor]).toEqual([[{ role: 'viewer', organization: null }], null]);
    expect([await may('acme'), await may('rival')]).toEqual([true, false]);
    expect((await world.call('DELETE', `/users/${id}/roles/developer`)).status).toBe(404);
    expect((await world.call('DELETE', `/users/${id}/roles/developer?organization=acme`)).status).toBe(204);
    expect(await may('acme')).toBe(false);
    expect((await world.call('GET', `/users/${id}/roles`)).body.items).toEqual([
      { role: 'viewer', organization: null },
    ]);
  });

  it('begin with the default one, where an organization is named', async () => {
    const body = { email: 'newcomer@example.org', display_name: 'New', organization: 'acme' };
    const { body: user } = await world.call('POST', '/users', { body });
    expect((await world.call('GET', `/users/${user.id}/roles`)).body.items).toEqual([
      { role: 'viewer', organization: 'acme' },
    ]);
  });

  it.each([
    ['an unknown user', `/users/${newId()}/roles/viewer`, 404],
    ['no id at all', '/users/nobody/roles/viewer', 404],
  ])('are not given to %s', async (_name, path, status) => {
    expect((await world.call('PUT', path)).status).toBe(status);
  });

  it('must exist, as must their place', async () => {
    const { id } = await world.userWith();
    expect((await world.call('PUT', `/users/${id}/roles/nothing`)).status).toBe(404);
    expect((await world.call('PUT', `/users/${id}/roles/viewer?organization=nowhere`)).status).toBe(422);
  });
});

// ASVS 5.0 8.2: nobody reaches beyond what they were given.
describe('nobody gives what they do not hold', () => {
  it.each([
    ['viewer', 'acme', [['developer', 'acme']], 204],
    ['developer', 'acme', [['developer', 'acme']], 204],
    ['developer', 'rival', [['developer', 'acme']], 403],
    ['developer', null, [['developer', 'acme']], 403],
    ['admin', 'acme', [['developer', 'acme']], 403],
    ['admin', 'acme', [['admin', 'acme']], 204],
    ['admin', null, [['admin', 'acme']], 403],
  ] as const)('role %s in %s', async (role, place, held, status) => {
    await managerRole();
    const manager = await world.userWith([['user-manager', null], ...held]);
    const target = await world.userWith();
    const query = place === null ? '' : `?organization=${place}`;
    const answer = await world.call('PUT', `/users/${target.id}/roles/${role}${query}`, { token: manager.token });
    expect([answer.status, answer.body?.code]).toEqual([status, status === 403 ? 'beyond_own_powers' : undefined]);
  });

  it.each([
    ['PUT', '/password', { password: OTHER_PASSWORD }],
    ['PATCH', '', { email: 'taken-over@example.org' }],
    ['PATCH', '', { is_active: false }],
    ['DELETE', '', undefined],
    ['PUT', '/roles/viewer', undefined],
    ['DELETE', '/roles/viewer', undefined],
    ['DELETE', '/sessions/V1StGXR8_Z5jdHi6B-myT', undefined],
  ] as const)('%s of a mightier account%s is refused', async (method, path, body) => {
    await managerRole();
    const manager = await world.userWith([['user-manager', null]]);
    const mighty = await world.userWith([['developer', 'acme']]);
    for (const target of [mighty.id, world.admin.id]) {
      const answer = await world.call(method, `/users/${target}${path}`, { token: manager.token, body });
      expect([answer.status, answer.body.code]).toEqual([403, 'beyond_own_powers']);
    }
    expect((await world.tryToSignIn(mighty.email, PASSWORD)).status).toBe(200);
  });

  it('only administrators make administrators', async () => {
    await managerRole();
    const { id, token } = await world.userWith([['user-manager', null]]);
    const body = { email: 'boss@example.org', display_name: 'Boss', is_admin: true };
    expect((await world.call('POST', '/users', { token, body })).body.code).toBe('beyond_own_powers');
    const self = await world.call('PATCH', `/users/${id}`, { token, body: { is_admin: true } });
    expect(self.body.code).toBe('beyond_own_powers');
  });

  it('and without permission nothing works at all', async () => {
    const { id, token } = await world.userWith([['viewer', null]]);
    const statuses = await Promise.all([
      world.call('GET', '/users', { token }),
      world.call('POST', '/users', { token, body: { email: 'x@example.org', display_name: 'X' } }),
      world.call('PUT', `/users/${id}/roles/viewer`, { token }),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([403, 403, 403]);
  });
});

describe('a user who has to wait after failed sign-ins', () => {
  it('is let in at once by who may do as much as they, and by nobody else', async () => {
    await managerRole();
    const user = await world.userWith();
    const throttle = world.app.get(LoginThrottle, { strict: false });
    for (let failure = 0; failure < 12; failure += 1) await throttle.failed(user.email, '127.0.0.1');
    expect((await world.tryToSignIn(user.email, PASSWORD)).body.code).toBe('login_throttled');
    const path = `/users/${user.id}/unlock`;
    expect((await world.call('POST', path, { token: (await world.userWith()).token })).status).toBe(403);
    const manager = await world.userWith([['user-manager', null]]);
    expect((await world.call('POST', path, { token: manager.token })).status).toBe(204);
    expect((await world.tryToSignIn(user.email, PASSWORD)).status).toBe(200);
    const mighty = `/users/${world.admin.id}/unlock`;
    expect((await world.call('POST', mighty, { token: manager.token })).body.code).toBe('beyond_own_powers');
    expect((await world.call('POST', `/users/${newId()}/unlock`)).status).toBe(404);
  });
});
