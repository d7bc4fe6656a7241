import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { sql } from 'kysely';
import { Client as PgClient } from 'pg';
import { API_KEY_USAGE, UsageRecorder } from '#libs/analytics';
import { type Answer, AuthWorld, PASSWORD } from '../../test/auth-world.js';
import { ApiKey } from '../model/credential.vertex.js';
import { Session } from '../model/session.vertex.js';
import { CredentialUse } from '../principal/credential-use.js';

let world: AuthWorld;

beforeAll(async () => {
  world = await AuthWorld.create({
    IMBI_RATE_LIMIT_KEY_CREATION_PER_HOUR: '25',
    IMBI_RATE_LIMIT_API_KEY_PER_MINUTE: '40',
    IMBI_AUTH_API_KEY_TTL_MAX: '30d',
  });
  await world.role('reader', ['role:read', 'project:read']);
  await world.role('manager', [
    'role:read',
    'service-account:read',
    'service-account:write',
    'user:read',
    'user:write',
  ]);
});

afterAll(() => world?.close());

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
const reader = () => world.userWith([['reader', null]]);

function createKey(token: string, body: object = {}): Promise<Answer> {
  return world.call('POST', '/me/api-keys', { token, body: { name: 'ci', scopes: ['role:read'], ...body } });
}

/** As if the user had signed in an hour ago. */
async function age(userId: string): Promise<void> {
  const created_at = new Date(Date.now() - 3_600_000).toISOString();
  const { graph, database } = world.platform;
  const { items } = await graph.read.list(Session, { where: { user_id: userId }, limit: 50 });
  for (const { id } of items) {
    await sql`update imbi."Session" set properties = properties operator(ag_catalog.||)
      ${JSON.stringify({ created_at })}::ag_catalog.agtype
      where ag_catalog.agtype_access_operator(properties, '"id"'::ag_catalog.agtype) operator(ag_catalog.=)
        ${JSON.stringify(id)}::ag_catalog.agtype`.execute(database.kysely);
  }
}

async function audited(action: string): Promise<Record<string, string> | undefined> {
  const { rows } = await sql<{ payload: Record<string, string> }>`
    select payload from imbi_system.outbox where name = 'audit_events' and payload ->> 'action' = ${action}
    order by seq desc limit 1`.execute(world.platform.database.kysely);
  return rows[0]?.payload;
}

describe('the API keys of a user', () => {
  it('are made, shown once, listed, read, changed, rotated and revoked', async () => {
    const { id, token } = await reader();
    const made = await createKey(token, { expires_at: inDays(3) });
    expect(made.status).toBe(201);
    const { key, ...shown } = made.body;
    expect(key).toMatch(/^ik_[0-9A-Za-z]{16}_[0-9A-Za-z]{32}$/);
    expect(key).toContain(shown.key_id);
    expect([made.headers['location'], made.headers['etag']]).toEqual([`/api/me/api-keys/${shown.key_id}`, '"1"']);
    const path = `/me/api-keys/${shown.key_id}`;
    expect((await world.call('GET', path, { token })).body).toEqual(shown);
    expect((await world.call('GET', '/me/api-keys', { token })).body.items).toEqual([shown]);
    expect((await world.call('GET', '/roles', { token: key })).status).toBe(200);
    expect((await world.call('GET', '/me', { token: key })).body).toMatchObject({ permissions: ['role:read'] });

    const changed = await world.call('PATCH', path, { token, body: { name: 'nightly' } });
    expect(changed.body).toMatchObject({ name: 'nightly', expires_at: shown.expires_at, version: 2 });
    const stale = await world.call('PATCH', path, { token, body: { name: 'x' }, headers: { 'if-match': '"1"' } });
    expect(stale.status).toBe(412);
    expect((await world.call('PATCH', path, { token, body: { key_id: 'x' } })).status).toBe(400);

    const rotated = await world.call('POST', `${path}/rotate`, { token, body: {} });
    expect([rotated.status, rotated.body.key_id]).toEqual([200, shown.key_id]);
    expect((await world.call('GET', '/roles', { token: key })).status).toBe(401);
    expect((await world.call('GET', '/roles', { token: rotated.body.key })).status).toBe(200);

    expect((await world.call('DELETE', path, { token })).status).toBe(204);
    expect((await world.call('DELETE', path, { token })).status).toBe(204);
    expect((await world.call('GET', '/roles', { token: rotated.body.key })).status).toBe(401);
    expect((await world.call('POST', `${path}/rotate`, { token, body: {} })).body.code).toBe('key_revoked');
    const alive = await world.call('GET', '/me/api-keys?filter[revoked_at][exists]=false', { token });
    expect(alive.body.items).toEqual([]);
    for (const action of ['create', 'update', 'rotate', 'revoke']) {
      const event = await audited(`api_key.${action}`);
      expect([event?.['actor_id'], event?.['resource_id'], event?.['detail']]).toEqual([
        id,
        shown.id,
        expect.stringContaining(shown.key_id),
      ]);
    }
  });

  it('tell their owner by an event, in the same transaction', async () => {
    const { id, token } = await reader();
    const { body } = await createKey(token, { name: 'Deploy' });
    const { rows } = await sql<{ payload: object }>`select payload from imbi_system.outbox
      where name = 'api_key.created' order by seq desc limit 1`.execute(world.platform.database.kysely);
    expect(rows[0]?.payload).toMatchObject({ data: { user_id: id, name: 'Deploy', key_id: body.key_id } });
  });

  it('work by the former secret too, for as long as the rotation says', async () => {
    const { token } = await reader();
    const { body } = await createKey(token);
    const path = `/me/api-keys/${body.key_id}`;
    const rotated = await world.call('POST', `${path}/rotate`, { token, body: { overlap_seconds: 60 } });
    expect(Date.parse(rotated.body.overlap_until)).toBeGreaterThan(Date.now());
    expect((await world.call('GET', '/roles', { token: body.key })).status).toBe(200);
    await world.call('POST', `${path}/rotate`, { token, body: {} });
    for (const key of [body.key, rotated.body.key]) {
      expect((await world.call('GET', '/roles', { token: key })).status).toBe(401);
    }
  });

  it.each([
    [{ scopes: ['role:read', 'user:write'] }, '/scopes/1', 'not_held'],
    [{ scopes: ['nothing:read'] }, '/scopes/0', 'unknown_reference'],
    [{ scopes: [] }, '/scopes', 'array_not_empty'],
    [{ expires_at: inDays(31) }, '/expires_at', 'too_late'],
    [{ expires_at: inDays(-1) }, '/expires_at', 'in_the_past'],
    [{ expires_at: 'tomorrow' }, '/expires_at', 'is_iso8601'],
    [{ name: '' }, '/name', 'is_length'],
    [{ owner_id: 'somebody' }, '/owner_id', 'unknown_field'],
  ])('are not made as %j', async (fault, pointer, code) => {
    const { id, token } = await reader();
    const { status, body } = await createKey(token, fault);
    expect([status, body.errors[0]]).toEqual([422, expect.objectContaining({ pointer, code })]);
    expect(await world.platform.graph.read.count(ApiKey, { owner_id: id })).toBe(0);
  });

  it('end at the latest when the installation says', async () => {
    const { token } = await reader();
    const { body } = await createKey(token);
    const days = (Date.parse(body.expires_at) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(29.9);
    expect(days).toBeLessThanOrEqual(30);
  });

  it('are nobody else’s to see', async () => {
    const owner = await reader();
    const other = await reader();
    const { body } = await createKey(owner.token);
    for (const method of ['GET', 'DELETE'] as const) {
      expect((await world.call(method, `/me/api-keys/${body.key_id}`, { token: other.token })).status).toBe(404);
    }
    const rotation = await world.call('POST', `/me/api-keys/${body.key_id}/rotate`, { token: other.token, body: {} });
    expect(rotation.status).toBe(404);
  });

  it('need a fresh proof, a right one, for whatever reaches further', async () => {
    const { id, token } = await reader();
    const { body } = await createKey(token, { scopes: ['role:read'], expires_at: inDays(1) });
    await age(id);
    const path = `/me/api-keys/${body.key_id}`;
    const patch = (change: object) => world.call('PATCH', path, { token, body: change });
    expect((await createKey(token)).body.code).toBe('fresh_proof_required');
    expect((await createKey(token, { password: 'Wrong-Horse-9-Battery' })).body.code).toBe('fresh_proof_wrong');
    expect((await world.call('POST', `${path}/rotate`, { token, body: {} })).body.code).toBe('fresh_proof_required');
    expect((await patch({ scopes: ['role:read', 'project:read'] })).body.code).toBe('fresh_proof_required');
    expect((await patch({ expires_at: inDays(2) })).body.code).toBe('fresh_proof_required');
    expect((await patch({ expires_at: inDays(0.5) })).status).toBe(200);
    expect((await createKey(token, { password: PASSWORD })).status).toBe(201);
    const rotated = await world.call('POST', `${path}/rotate`, { token, body: { password: PASSWORD } });
    expect(rotated.status).toBe(200);
  });

  it('go with their owner', async () => {
    const { id, token } = await reader();
    const { body } = await createKey(token);
    expect((await world.call('DELETE', `/users/${id}`)).status).toBe(204);
    expect((await world.call('GET', '/roles', { token: body.key })).status).toBe(401);
    expect(await world.platform.graph.read.count(ApiKey, { owner_id: id })).toBe(0);
  });

  it('are listed page by page', async () => {
    const { token } = await reader();
    const made: string[] = [];
    for (const name of ['a', 'b', 'c']) made.unshift((await createKey(token, { name })).body.key_id);
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await world.call('GET', `/me/api-keys?limit=2&count=exact${cursor}`, { token });
      expect(body.total).toBe(3);
      seen.push(...body.items.map(({ key_id }: { key_id: string }) => key_id));
      if (!body.next_cursor) break;
      cursor = `&cursor=${body.next_cursor}`;
    }
    expect(seen).toEqual(made);
  });
});

describe('a user’s key', () => {
  it('touches neither its owner’s keys nor the password, the second factor or the identities', async () => {
    const { token } = await reader();
    const { body } = await createKey(token);
    const { key, key_id } = body;
    const other = (await createKey(token)).body.key_id;
    const calls = [
      world.call('GET', '/me/api-keys', { token: key }),
      createKey(key),
      world.call('POST', `/me/api-keys/${key_id}/rotate`, { token: key, body: {} }),
      world.call('PATCH', `/me/api-keys/${key_id}`, { token: key, body: { name: 'x' } }),
      world.call('GET', `/me/api-keys/${other}`, { token: key }),
      world.call('DELETE', `/me/api-keys/${other}`, { token: key }),
      world.call('PUT', '/me/password', { token: key, body: { current_password: PASSWORD, password: `${PASSWORD}!` } }),
      world.call('POST', '/me/mfa', { token: key, body: { password: PASSWORD } }),
      world.call('GET', '/me/identities', { token: key }),
      world.call('DELETE', '/me/sessions/V1StGXR8_Z5jdHi6B-myT', { token: key }),
    ];
    const codes = (await Promise.all(calls)).map(({ status, body: problem }) => `${status} ${problem.code}`);
    expect([...new Set(codes)]).toEqual(['403 interactive_session_required']);
    expect((await world.call('GET', `/me/api-keys/${key_id}`, { token: key })).body.key_id).toBe(key_id);
    expect((await world.call('DELETE', `/me/api-keys/${key_id}`, { token: key })).status).toBe(204);
    expect((await world.call('GET', '/me', { token: key })).status).toBe(401);
  });

  it('costs one statement, and notes when it was used, off the path and once a minute', async () => {
    const { token } = await reader();
    const { body } = await createKey(token);
    const use = world.app.get(CredentialUse, { strict: false });
    await use.flush();
    const query = jest.spyOn(PgClient.prototype, 'query');
    const { status } = await world.call('GET', '/me', { token: body.key });
    // The route itself reads what the user looks like.
    const ROUTE = 1;
    const statements = query.mock.calls.length;
    expect([status, statements]).toEqual([200, 1 + ROUTE]);
    await use.flush();
    expect(query.mock.calls.length).toBe(statements + 1);
    await world.call('GET', '/me', { token: body.key });
    await use.flush();
    expect(query.mock.calls.length).toBe(statements + 2 + ROUTE);
    query.mockRestore();
    const seen = await world.call('GET', `/me/api-keys/${body.key_id}`, { token });
    expect(Date.now() - Date.parse(seen.body.last_used_at)).toBeLessThan(60_000);
    expect(seen.body).toMatchObject({ version: 1, updated_at: body.updated_at });
  });

  it('is limited by itself, until an administrator raises it', async () => {
    const { id, token } = await reader();
    const { body } = await createKey(token);
    const ask = () => world.call('GET', '/me', { token: body.key });
    let answer = await ask();
    expect(answer.headers['ratelimit-policy']).toBe('"api_key";q=40;w=60');
    while (answer.status === 200) answer = await ask();
    expect([answer.status, answer.body.code]).toEqual([429, 'rate_limited']);
    expect((await world.call('GET', '/me', { token })).status).toBe(200);
    const own = await world.call('PATCH', `/me/api-keys/${body.key_id}`, {
      token,
      body: { requests_per_minute: 1000 },
    });
    expect(own.body.code).toBe('beyond_own_powers');
    const manager = await world.userWith([
      ['manager', null],
      ['reader', null],
    ]);
    const path = `/users/${id}/api-keys/${body.key_id}`;
    const change = { requests_per_minute: 1000 };
    expect((await world.call('PATCH', path, { token: manager.token, body: change })).body.code).toBe(
      'beyond_own_powers',
    );
    expect((await world.call('PATCH', path, { body: change })).body).toMatchObject(change);
    const after = await ask();
    expect([after.status, after.headers['ratelimit-policy']]).toEqual([200, '"api_key";q=1000;w=60']);
  });

  it('leaves a row of use for each call', async () => {
    const { token } = await reader();
    const { body } = await createKey(token);
    const record = jest.spyOn(world.app.get(UsageRecorder, { strict: false }), 'record');
    await world.call('GET', '/roles/reader', { token: body.key });
    await world.call('GET', '/users', { token: body.key });
    await world.call('GET', '/roles/reader', { token });
    const rows = record.mock.calls.filter(([table]) => table === API_KEY_USAGE).map(([, row]) => row);
    record.mockRestore();
    expect(rows).toEqual([
      expect.objectContaining({ key_id: body.key_id, route: '/api/roles/:slug', method: 'GET', status: 200 }),
      expect.objectContaining({ key_id: body.key_id, route: '/api/users', status: 403 }),
    ]);
  });
});

describe('the keys of other users', () => {
  it('are seen and revoked by who manages them, and made by nobody', async () => {
    const { id, token } = await reader();
    const { key, ...shown } = (await createKey(token)).body;
    const path = `/users/${id}/api-keys`;
    expect((await world.call('GET', path)).body.items).toEqual([shown]);
    expect((await world.call('GET', `${path}/${shown.key_id}`)).body).toEqual(shown);
    expect((await world.call('POST', path, { body: { name: 'x', scopes: ['role:read'] } })).status).toBe(405);
    const weaker = await world.userWith([['manager', null]]);
    const refused = await world.call('DELETE', `${path}/${shown.key_id}`, { token: weaker.token });
    expect(refused.body).toMatchObject({ code: 'beyond_own_powers', details: { permissions: ['project:read'] } });
    expect((await world.call('DELETE', `${path}/${shown.key_id}`)).status).toBe(204);
    expect((await world.call('GET', '/roles', { token: key })).status).toBe(401);
  });

  it('are made ten an hour, or as many as the setting says, by each caller', async () => {
    const { token } = await world.userWith([['reader', null]]);
    const statuses = new Set<number>();
    for (let index = 0; index < 26; index += 1) statuses.add((await createKey(token)).status);
    expect([...statuses]).toEqual([201, 429]);
    expect((await createKey((await reader()).token)).status).toBe(201);
  });
});
