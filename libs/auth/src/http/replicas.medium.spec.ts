import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { newId } from '#libs/common';
import { AuthWorld, PASSWORD } from '../../test/auth-world.js';
import { ApiKey } from '../model/credential.vertex.js';

let world: AuthWorld;
/** The process that the change is not made in. */
let replica: NestFastifyApplication;

beforeAll(async () => {
  world = await AuthWorld.create();
  replica = await world.replica();
});

afterAll(() => world?.close());

interface Somebody {
  readonly id: string;
  readonly email: string;
  readonly token: string;
  /** Theirs alone, with `role:read`, by a group of their own. */
  readonly role: string;
  readonly group: string;
}

async function somebody(): Promise<Somebody> {
  const tag = newId()
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '0');
  const [role, group] = [`r-${tag}`, `g-${tag}`];
  await world.role(role, ['role:read']);
  await world.call('POST', '/groups', { body: { slug: group, name: group } });
  await world.call('PUT', `/groups/${group}/roles/${role}`);
  const user = await world.userWith();
  await world.call('PUT', `/groups/${group}/members/users/${user.id}`);
  return { ...user, role, group };
}

const there = async (token: string) => (await world.call('GET', '/roles', { token, app: replica })).status;

const CHANGES: readonly (readonly [string, number, (user: Somebody) => Promise<{ status: number }>])[] = [
  ['signing out', 401, ({ token }) => world.call('POST', '/auth/logout', { token, body: {} })],
  [
    'signing out everywhere',
    401,
    ({ token }) => world.call('POST', '/auth/logout', { token, body: { all_sessions: true } }),
  ],
  [
    'ending the session by who manages the user',
    401,
    async ({ id }) => {
      const { body } = await world.call('GET', `/users/${id}/sessions`);
      return world.call('DELETE', `/users/${id}/sessions/${body.items[0].id}`);
    },
  ],
  ['switching the user off', 401, ({ id }) => world.call('PATCH', `/users/${id}`, { body: { is_active: false } })],
  ['deleting the user', 401, ({ id }) => world.call('DELETE', `/users/${id}`)],
  [
    'setting the user’s password',
    401,
    ({ id }) => world.call('PUT', `/users/${id}/password`, { body: { password: 'Better-Horse-10-Battery' } }),
  ],
  [
    'taking a permission from the role',
    403,
    ({ role }) => world.call('PATCH', `/roles/${role}`, { body: { permissions: [] } }),
  ],
  [
    'asking for a second factor by the role',
    403,
    ({ role }) => world.call('PATCH', `/roles/${role}`, { body: { require_mfa: true } }),
  ],
  ['taking the role from the group', 403, ({ role, group }) => world.call('DELETE', `/groups/${group}/roles/${role}`)],
  [
    'taking the user out of the group',
    403,
    ({ id, group }) => world.call('DELETE', `/groups/${group}/members/users/${id}`),
  ],
];

describe('a second API process (ASVS 5.0 7.4.1, 7.4.2, 8.3.2)', () => {
  it.each(CHANGES)('knows of %s at its next request', async (_name, status, change) => {
    const user = await somebody();
    // Twice, so that whatever is remembered there is remembered.
    expect([await there(user.token), await there(user.token)]).toEqual([200, 200]);
    expect((await change(user)).status).toBeLessThan(300);
    expect(await there(user.token)).toBe(status);
  });

  it('knows of a role given at its next request', async () => {
    const user = await world.userWith();
    expect(await there(user.token)).toBe(403);
    await world.call('PUT', `/users/${user.id}/roles/admin`);
    expect(await there(user.token)).toBe(200);
  });

  it('knows of a new own password at its next request, and spares the session it was set in', async () => {
    const user = await somebody();
    const other = await world.signIn(user.email);
    expect([await there(user.token), await there(other)]).toEqual([200, 200]);
    const body = { current_password: PASSWORD, password: 'Better-Horse-10-Battery' };
    expect((await world.call('PUT', '/me/password', { token: user.token, body })).status).toBe(204);
    expect([await there(user.token), await there(other)]).toEqual([200, 401]);
  });

  it.each<[string, (path: string, token: string) => Promise<{ status: number }>]>([
    ['revoked', (path, token) => world.call('DELETE', path, { token })],
    ['rotated', (path, token) => world.call('POST', `${path}/rotate`, { token, body: {} })],
  ])('knows of a key %s at its next request', async (_name, change) => {
    const { token } = await somebody();
    const made = await world.call('POST', '/me/api-keys', { token, body: { name: 'ci', scopes: ['role:read'] } });
    const { key, key_id } = made.body;
    expect([await there(key), await there(key)]).toEqual([200, 200]);
    expect((await change(`/me/api-keys/${key_id}`, token)).status).toBeLessThan(300);
    expect(await there(key)).toBe(401);
  });

  it('knows of narrower scopes of a key at its next request', async () => {
    const { token } = await somebody();
    const scopes = ['role:read'];
    const made = await world.call('POST', '/me/api-keys', { token, body: { name: 'ci', scopes } });
    expect(await there(made.body.key)).toBe(200);
    const { graph } = world.platform;
    await graph.transaction((tx) => tx.patch(ApiKey, made.body.id, { set: { scopes: ['project:read'] } }));
    expect(await there(made.body.key)).toBe(403);
  });

  it.each<[string, number, (slug: string) => Promise<{ status: number }>]>([
    ['switched off', 401, (slug) => world.call('PATCH', `/service-accounts/${slug}`, { body: { is_active: false } })],
    ['deleted', 401, (slug) => world.call('DELETE', `/service-accounts/${slug}`)],
    ['without its role', 403, (slug) => world.call('DELETE', `/service-accounts/${slug}/roles/robots`)],
  ])('knows of a service account %s at its next request', async (name, status, change) => {
    const slug = `bot-${name.replaceAll(' ', '-')}`;
    await world.role('robots', ['role:read']);
    await world.call('POST', '/service-accounts', { body: { slug, name } });
    await world.call('PUT', `/service-accounts/${slug}/roles/robots`);
    const body = { name: 'ci', scopes: ['role:read'] };
    const { key } = (await world.call('POST', `/service-accounts/${slug}/api-keys`, { body })).body;
    expect([await there(key), await there(key)]).toEqual([200, 200]);
    expect((await change(slug)).status).toBeLessThan(300);
    expect(await there(key)).toBe(status);
  });

  it('knows of a provider switched off at its next request', async () => {
    const slugs = async () => {
      const { body } = await world.call('GET', '/auth/providers', { app: replica });
      return body.items.map(({ slug }: { slug: string }) => slug);
    };
    const body = {
      slug: 'hub',
      type: 'github',
      name: 'Hub',
      enabled: true,
      client_id: 'imbi',
      client_secret: 'secret-1234',
    };
    expect((await world.call('POST', '/admin/oauth-providers', { body })).status).toBe(201);
    expect(await slugs()).toContain('hub');
    await world.call('PATCH', '/admin/oauth-providers/hub', { body: { enabled: false } });
    expect(await slugs()).not.toContain('hub');
  });

  it('takes tokens signed by the first, with a key made after it started', async () => {
    const user = await world.userWith();
    expect((await world.call('GET', '/me', { token: user.token, app: replica })).status).toBe(200);
  });
});
