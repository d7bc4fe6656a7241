import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { newId } from '#libs/common';
import { AuthWorld, PASSWORD } from '../../test/auth-world.js';
import { ApiKeyCodec } from '../api-key/api-key-codec.js';
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

  it('knows of a key revoked at its next request', async () => {
    const user = await somebody();
    const { key, keyId, mac } = world.app.get(ApiKeyCodec, { strict: false }).make();
    const { graph } = world.platform;
    const properties = { key_id: keyId, name: 'ci', owner_id: user.id, secret_mac: mac, scopes: ['role:read'] };
    const { id } = await graph.transaction((tx) => tx.insert(ApiKey, properties));
    expect([await there(key), await there(key)]).toEqual([200, 200]);
    await graph.transaction((tx) => tx.patch(ApiKey, id, { set: { revoked_at: new Date().toISOString() } }));
    expect(await there(key)).toBe(401);
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
