import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { newId } from '#libs/common';
import { AuthWorld } from '../../test/auth-world.js';
import { ApiKey, HasKey } from '../model/credential.vertex.js';
import { ServiceAccount } from '../model/identity.vertex.js';

let world: AuthWorld;

beforeAll(async () => {
  world = await AuthWorld.create({ IMBI_RATE_LIMIT_KEY_CREATION_PER_HOUR: '1000' });
  await world.role('reader', ['role:read']);
  await world.role('keeper', [
    'service-account:read',
    'service-account:write',
    'service-account:delete',
    'group:write',
  ]);
  await world.role('keeper-and-reader', ['role:read'], ['keeper']);
});

afterAll(() => world?.close());

/** An account with roles everywhere. */
async function account(...roles: string[]): Promise<string> {
  const slug = `bot-${newId()
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '0')}`;
  expect((await world.call('POST', '/service-accounts', { body: { slug, name: 'Bot' } })).status).toBe(201);
  for (const role of roles) await world.call('PUT', `/service-accounts/${slug}/roles/${role}`);
  return slug;
}

function createKey(slug: string, scopes: readonly string[], options: { token?: string; expires_at?: string } = {}) {
  const { token, expires_at } = options;
  const body = { name: 'ci', scopes, expires_at };
  return world.call('POST', `/service-accounts/${slug}/api-keys`, { token, body });
}

const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();

describe('service accounts', () => {
  it('are created, read, changed, listed and deleted', async () => {
    const body = { slug: 'first', name: 'First' };
    const created = await world.call('POST', '/service-accounts', { body });
    expect([created.status, created.headers['location'], created.body]).toEqual([
      201,
      '/api/service-accounts/first',
      expect.objectContaining({ ...body, description: null, is_active: true, is_admin: false, version: 1 }),
    ]);
    expect((await world.call('POST', '/service-accounts', { body })).body.code).toBe('already_exists');
    const changed = await world.call('PATCH', '/service-accounts/first', { body: { slug: 'renamed' } });
    expect(changed.body).toMatchObject({ slug: 'renamed', version: 2 });
    const stale = await world.call('DELETE', '/service-accounts/renamed', { headers: { 'if-match': '"1"' } });
    expect(stale.status).toBe(412);
    const listed = await world.call('GET', '/service-accounts?filter[slug]=renamed&count=exact');
    expect(listed.body).toEqual({ items: [changed.body], next_cursor: null, total: 1 });
    expect((await world.call('DELETE', '/service-accounts/renamed')).status).toBe(204);
    expect((await world.call('GET', '/service-accounts/renamed')).status).toBe(404);
  });

  it('call by their keys, with what their roles and groups give, within the key’s scopes', async () => {
    const slug = await account();
    await world.call('PUT', `/service-accounts/${slug}/roles/viewer?organization=acme`);
    await world.call('POST', '/groups', { body: { slug: 'robots', name: 'Robots' } });
    await world.call('PUT', '/groups/robots/roles/reader');
    expect((await createKey(slug, ['role:read'])).body.errors[0]).toMatchObject({ code: 'not_held' });
    expect((await world.call('PUT', `/groups/robots/members/service-accounts/${slug}`)).status).toBe(204);
    const members = await world.call('GET', '/groups/robots/members');
    expect(members.body.items).toEqual([expect.objectContaining({ kind: 'service_account', slug })]);
    const roles = await world.call('GET', `/service-accounts/${slug}/roles`);
    expect(roles.body.items).toEqual([{ role: 'viewer', organization: 'acme' }]);
    const { key: token } = (await createKey(slug, ['role:read', 'project:read'])).body;
    const me = await world.call('GET', '/me?organization=acme', { token });
    expect(me.body.permissions.sort()).toEqual(['project:read', 'role:read']);
    expect((await world.call('GET', '/me?organization=rival', { token })).body.permissions).toEqual(['role:read']);
    expect((await world.call('DELETE', `/groups/robots/members/service-accounts/${slug}`)).status).toBe(204);
    expect((await world.call('GET', '/roles', { token })).status).toBe(403);
    expect((await world.call('DELETE', `/service-accounts/${slug}/roles/viewer?organization=acme`)).status).toBe(204);
    expect((await world.call('GET', '/me?organization=acme', { token })).status).toBe(404);
  });

  it('go with their keys and edges, in one transaction, which the audit log tells', async () => {
    const slug = await account('reader');
    const { body } = await createKey(slug, ['role:read']);
    const { id } = (await world.call('GET', `/service-accounts/${slug}`)).body;
    expect((await world.call('DELETE', `/service-accounts/${slug}`)).status).toBe(204);
    expect((await world.call('GET', '/roles', { token: body.key })).status).toBe(401);
    const { read } = world.platform.graph;
    expect([await read.count(ApiKey, { owner_id: id }), await read.count(ServiceAccount, { slug })]).toEqual([0, 0]);
    expect(await read.edgesOf(HasKey, { to: { definition: ServiceAccount, id } })).toEqual([]);
    const { rows } = await sql<{ payload: Record<string, string> }>`select payload from imbi_system.outbox
      where payload ->> 'action' = 'service_account.delete' order by seq desc limit 1`.execute(
      world.platform.database.kysely,
    );
    expect(JSON.parse(rows[0]?.payload['detail'] ?? '')).toEqual({ slug, api_keys: 1, clients: 0 });
  });
});

describe('nobody gives what they do not hold', () => {
  it.each([
    ['keeper', 403],
    ['keeper-and-reader', 200],
  ])('%s: everything about an account with more than that is %i', async (role, expected) => {
    const slug = await account('reader');
    const { key_id } = (await createKey(slug, ['role:read'])).body;
    const { token } = await world.userWith([[role, null]]);
    const path = `/service-accounts/${slug}`;
    await world.call('POST', '/groups', { body: { slug: 'empty', name: 'Empty' } });
    const answers = [
      await world.call('PATCH', path, { token, body: { name: 'Mine' } }),
      await createKey(slug, ['role:read'], { token }),
      await world.call('POST', `${path}/api-keys/${key_id}/rotate`, { token, body: {} }),
      await world.call('PATCH', `${path}/api-keys/${key_id}`, { token, body: { name: 'mine' } }),
      await world.call('PUT', `/groups/empty/members/service-accounts/${slug}`, { token }),
      await world.call('DELETE', `${path}/api-keys/${key_id}`, { token }),
      await world.call('DELETE', `${path}/roles/reader`, { token }),
    ];
    const codes = answers.map(({ status, body }) => (status < 300 ? 200 : `${status} ${body.code}`));
    expect([...new Set(codes)]).toEqual([expected === 200 ? 200 : '403 beyond_own_powers']);
  });

  it('nor makes an administrator of an account without being one', async () => {
    const { token } = await world.userWith([['admin', null]]);
    const slug = await account();
    const body = { is_admin: true };
    const patch = () => world.call('PATCH', `/service-accounts/${slug}`, { token, body });
    expect((await patch()).body.code).toBe('beyond_own_powers');
    const made = await world.call('POST', '/service-accounts', { token, body: { slug: 'a', name: 'A', ...body } });
    expect(made.body.code).toBe('beyond_own_powers');
    expect((await world.call('PATCH', `/service-accounts/${slug}`, { body })).body.is_admin).toBe(true);
    const key = (await createKey(slug, ['user:read'])).body.key;
    expect((await world.call('GET', '/users', { token: key })).status).toBe(200);
    expect((await world.call('GET', '/roles', { token: key })).status).toBe(403);
  });
});

describe('a service account’s key', () => {
  it('makes keys for others that are as narrow as itself and do not outlive it', async () => {
    const [own, other] = [await account('keeper-and-reader'), await account('reader')];
    const scopes = ['service-account:write', 'role:read'];
    const expires_at = inHours(1);
    const token = (await createKey(own, scopes, { expires_at })).body.key;
    const made = await createKey(other, ['role:read'], { token });
    expect([made.status, made.body.expires_at]).toEqual([201, expires_at]);
    const longer = await createKey(other, ['role:read'], { token, expires_at: inHours(2) });
    expect(longer.body.errors[0]).toMatchObject({ pointer: '/expires_at', code: 'too_late' });
    const narrow = (await createKey(own, ['service-account:write'])).body.key;
    expect((await createKey(other, ['role:read'], { token: narrow })).body.code).toBe('beyond_own_powers');
    expect((await createKey(own, ['service-account:write'], { token: narrow })).body.code).toBe(
      'interactive_session_required',
    );
  });

  it('may be made for another account by no user’s key', async () => {
    const slug = await account();
    const user = await world.userWith([['admin', null]]);
    const body = { name: 'ci', scopes: ['service-account:write'] };
    const { key: token } = (await world.call('POST', '/me/api-keys', { token: user.token, body })).body;
    expect((await createKey(slug, ['role:read'], { token })).body.code).toBe('interactive_session_required');
  });

  it('renews itself, and itself only', async () => {
    const slug = await account('reader');
    const [first, second] = [await createKey(slug, ['role:read']), await createKey(slug, ['role:read'])];
    const token = first.body.key;
    const rotate = (keyId: string, body: object = {}) =>
      world.call('POST', `/me/api-keys/${keyId}/rotate`, { token, body });
    expect((await rotate(second.body.key_id)).body.code).toBe('interactive_session_required');
    expect((await rotate(first.body.key_id, { expires_at: inHours(24 * 400) })).body.errors[0].code).toBe('too_late');
    const rotated = await rotate(first.body.key_id);
    expect([rotated.status, rotated.body.expires_at]).toEqual([200, first.body.expires_at]);
    expect((await world.call('GET', '/roles', { token })).status).toBe(401);
    expect((await world.call('GET', '/roles', { token: rotated.body.key })).status).toBe(200);
  });
});
