import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { sql } from 'kysely';
import { Client as PgClient } from 'pg';
import { newId } from '#libs/common';
import { generateKey, KeyRing } from '#libs/crypto';
import { type Answer, AuthWorld } from '../../test/auth-world.js';
import { ClientCodec } from '../client/client-codec.js';
import { ClientCredential } from '../model/credential.vertex.js';
import { CredentialUse } from '../principal/credential-use.js';

const FORM = 'application/x-www-form-urlencoded';
let world: AuthWorld;
/** The process that the change is not made in. */
let replica: NestFastifyApplication;

beforeAll(async () => {
  world = await AuthWorld.create({
    IMBI_RATE_LIMIT_KEY_CREATION_PER_HOUR: '1000',
    IMBI_PUBLIC_URL: 'https://imbi.example.org',
  });
  replica = await world.replica();
  await world.role('reader', ['role:read', 'project:read']);
  await world.role('asker', ['token:introspect']);
  await world.role('keeper', ['service-account:write']);
});

afterAll(() => world?.close());

interface Client {
  readonly account: string;
  readonly id: string;
  readonly secret: string;
  readonly path: string;
}

/** A client of an account of its own, which holds the role everywhere. */
async function someClient(scopes = ['role:read', 'project:read'], role = 'reader', body: object = {}): Promise<Client> {
  const account = `bot-${newId()
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '0')}`;
  await world.call('POST', '/service-accounts', { body: { slug: account, name: 'Bot' } });
  await world.call('PUT', `/service-accounts/${account}/roles/${role}`);
  const clients = `/service-accounts/${account}/clients`;
  const made = await world.call('POST', clients, { body: { name: 'ci', scopes, ...body } });
  expect(made.status).toBe(201);
  const { client_id: id, client_secret: secret } = made.body;
  return { account, id, secret, path: `${clients}/${id}` };
}

const basic = ({ id, secret }: Pick<Client, 'id' | 'secret'>) => `Basic ${btoa(`${id}:${secret}`)}`;

async function post(
  endpoint: 'token' | 'revoke' | 'introspect',
  form: Record<string, string> | string,
  authorization?: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await world.app.inject({
    method: 'POST',
    url: `/api/auth/${endpoint}`,
    payload: new URLSearchParams(form).toString(),
    headers: { 'content-type': FORM, ...(authorization === undefined ? {} : { authorization }), ...headers },
  });
  return { status: response.statusCode, headers: response.headers, body: response.json() };
}

const ask = (client: Pick<Client, 'id' | 'secret'>, form: Record<string, string> = {}) =>
  post('token', { grant_type: 'client_credentials', ...form }, basic(client));

async function tokenOf(client: Client, scope?: string): Promise<string> {
  const { body } = await ask(client, scope === undefined ? {} : { scope });
  return body.access_token;
}

const there = async (token: string) => (await world.call('GET', '/roles', { token, app: replica })).status;

describe('the clients of a service account', () => {
  it('are made, shown once, listed, read, changed, rotated and revoked', async () => {
    const { account, id, secret, path } = await someClient();
    expect([id, secret]).toEqual([
      expect.stringMatching(/^ic_[0-9A-Za-z]{16}$/),
      expect.stringMatching(/^is_[0-9A-Za-z]{32}$/),
    ]);
    const read = await world.call('GET', path);
    expect(read.body).toMatchObject({ client_id: id, name: 'ci', expires_at: null, last_used_at: null, version: 1 });
    expect(JSON.stringify(read.body)).not.toContain(secret);
    expect((await world.call('GET', `/service-accounts/${account}/clients`)).body.items).toEqual([read.body]);
    const changed = await world.call('PATCH', path, { body: { name: 'build' } });
    expect(changed.body).toMatchObject({ name: 'build', version: 2 });
    const stale = await world.call('PATCH', path, { body: { name: 'x' }, headers: { 'if-match': '"1"' } });
    expect(stale.status).toBe(412);
    const rotated = await world.call('POST', `${path}/rotate`, { body: { overlap_seconds: 60 } });
    expect((await ask({ id, secret })).status).toBe(200);
    const again = await world.call('POST', `${path}/rotate`, { body: {} });
    for (const former of [secret, rotated.body.client_secret])
      expect((await ask({ id, secret: former })).status).toBe(401);
    expect((await ask({ id, secret: again.body.client_secret })).status).toBe(200);
    expect((await world.call('DELETE', path)).status).toBe(204);
    expect((await world.call('DELETE', path)).status).toBe(204);
    expect((await ask({ id, secret: again.body.client_secret })).status).toBe(401);
    expect((await world.call('POST', `${path}/rotate`, { body: {} })).body.code).toBe('key_revoked');
    expect((await world.call('GET', path.replace(account, (await someClient()).account))).status).toBe(404);
  });

  it('are given no more than the account holds, by nobody who holds less', async () => {
    const { account, path } = await someClient();
    const body = { name: 'ci', scopes: ['role:read', 'user:write'] };
    const clients = `/service-accounts/${account}/clients`;
    const beyond = await world.call('POST', clients, { body });
    expect(beyond.body.errors).toEqual([expect.objectContaining({ pointer: '/scopes/1', code: 'not_held' })]);
    const { token } = await world.userWith([['keeper', null]]);
    for (const answer of [
      await world.call('POST', clients, { token, body: { name: 'ci', scopes: ['role:read'] } }),
      await world.call('POST', `${path}/rotate`, { token, body: {} }),
      await world.call('PATCH', path, { token, body: { name: 'mine' } }),
      await world.call('DELETE', path, { token }),
    ]) {
      expect([answer.status, answer.body.code]).toEqual([403, 'beyond_own_powers']);
    }
  });
});

describe('a token of a client', () => {
  it('is for what was asked, in the form of RFC 6749', async () => {
    const client = await someClient();
    const all = await ask(client);
    expect([all.status, all.body, all.headers['cache-control'], all.headers['pragma']]).toEqual([
      200,
      { access_token: expect.any(String), token_type: 'Bearer', expires_in: 3600, scope: 'role:read project:read' },
      'no-store',
      'no-cache',
    ]);
    const one = await ask(client, { scope: 'project:read', resource: 'is not known here, and ignored' });
    expect(one.body.scope).toBe('project:read');
    const byForm = await post('token', {
      grant_type: 'client_credentials',
      client_id: client.id,
      client_secret: client.secret,
    });
    const statuses = [all, one, byForm].map(async ({ body }) => there(body.access_token));
    expect(await Promise.all(statuses)).toEqual([200, 403, 200]);
    const me = await world.call('GET', '/me', { token: one.body.access_token });
    expect(me.body).toMatchObject({ permissions: ['project:read'] });
  });

  it.each<[string, number, string, (client: Client) => Promise<Answer>]>([
    ['no client', 401, 'invalid_client', () => post('token', { grant_type: 'client_credentials' })],
    ['an unknown client', 401, 'invalid_client', ({ secret }) => ask({ id: 'ic_nobody', secret })],
    ['a wrong secret', 401, 'invalid_client', ({ id }) => ask({ id, secret: 'is_wrong' })],
    ['two secrets', 400, 'invalid_request', (client) => ask(client, { client_secret: client.secret })],
    ['no grant type', 400, 'invalid_request', (client) => post('token', {}, basic(client))],
    ['a field twice', 400, 'invalid_request', (client) => post('token', 'scope=a&scope=b', basic(client))],
    ['another grant type', 400, 'unsupported_grant_type', (client) => ask(client, { grant_type: 'password' })],
    ['a scope too many', 400, 'invalid_scope', (client) => ask(client, { scope: 'role:read user:read' })],
    [
      'JSON',
      415,
      'invalid_request',
      (client) => post('token', { grant_type: 'x' }, basic(client), { 'content-type': 'application/json' }),
    ],
  ])('is refused for %s: %i %s', async (_name, status, error, request) => {
    const answer = await request(await someClient());
    expect([answer.status, answer.body.error]).toEqual([status, error]);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.headers['cache-control']).toBe('no-store');
    // It is a problem as well, for who knows those.
    expect(answer.body).toMatchObject({
      status,
      detail: answer.body.error_description,
      request_id: expect.any(String),
    });
    expect(answer.headers['www-authenticate']).toBe(status === 401 ? 'Basic realm="imbi"' : undefined);
  });

  it('is bounded by the client as it is by now, and by the account', async () => {
    const client = await someClient();
    const token = await tokenOf(client);
    expect(await there(token)).toBe(200);
    await world.call('PATCH', client.path, { body: { scopes: ['project:read'] } });
    expect(await there(token)).toBe(403);
    await world.call('PATCH', client.path, { body: { scopes: ['project:read', 'role:read'] } });
    expect(await there(token)).toBe(200);
    await world.call('DELETE', `/service-accounts/${client.account}/roles/reader`);
    expect(await there(token)).toBe(403);
  });

  it('ends with its client', async () => {
    const expires_at = new Date(Date.now() + 60_000).toISOString();
    const client = await someClient(undefined, undefined, { expires_at });
    const { body } = await ask(client);
    expect(body.expires_in).toBeLessThanOrEqual(60);
  });

  it.each<[string, (client: Client, token: string) => Promise<{ status: number }>]>([
    ['taken back', (client, token) => post('revoke', { token }, basic(client))],
    ['of a client revoked', ({ path }) => world.call('DELETE', path)],
    [
      'of an account off',
      ({ account }) => world.call('PATCH', `/service-accounts/${account}`, { body: { is_active: false } }),
    ],
    ['of an account deleted', ({ account }) => world.call('DELETE', `/service-accounts/${account}`)],
  ])('%s is refused at the next request of another process', async (_name, change) => {
    const client = await someClient();
    const token = await tokenOf(client);
    expect([await there(token), await there(token)]).toEqual([200, 200]);
    expect((await change(client, token)).status).toBeLessThan(300);
    expect(await there(token)).toBe(401);
  });

  it('costs one statement', async () => {
    const token = await tokenOf(await someClient());
    await world.app.get(CredentialUse, { strict: false }).flush();
    const query = jest.spyOn(PgClient.prototype, 'query');
    const { status } = await world.call('GET', '/me', { token });
    const statements = query.mock.calls.length;
    query.mockRestore();
    expect([status, statements]).toEqual([200, 1]);
  });

  it('stands for nobody in person, and makes no keys', async () => {
    const token = await tokenOf(await someClient());
    const body = { name: 'ci', scopes: ['role:read'] };
    expect((await world.call('POST', '/me/api-keys', { token, body })).body.code).toBe('interactive_session_required');
    expect((await world.call('GET', '/me/sessions', { token })).body.code).toBe('interactive_session_required');
  });

  it('is written down, and so are refusals, without the secret', async () => {
    const client = await someClient();
    await ask(client);
    const { rows } = await sql<{ payload: Record<string, string> }>`select payload from imbi_system.outbox
      where payload ->> 'action' = 'auth.token' order by seq desc limit 1`.execute(world.platform.database.kysely);
    expect(rows[0]?.payload).toMatchObject({
      actor_kind: 'service_account',
      credential_id: client.id,
      outcome: 'success',
      detail: JSON.stringify({ scopes: ['role:read', 'project:read'] }),
    });
  });
});

describe('taking a token back (RFC 7009)', () => {
  it('is for the client’s own tokens', async () => {
    const [client, other] = [await someClient(), await someClient()];
    const token = await tokenOf(client);
    const refused = await post('revoke', { token }, basic(other));
    expect([refused.status, refused.body.error, await there(token)]).toEqual([400, 'unauthorized_client', 200]);
    for (const nothing of ['nonsense', `${token}x`]) {
      expect((await post('revoke', { token: nothing }, basic(client))).body).toEqual({ revoked: true });
    }
    const twice = [await post('revoke', { token }, basic(client)), await post('revoke', { token }, basic(client))];
    expect(twice.map(({ status }) => status)).toEqual([200, 200]);
    expect((await post('revoke', { token: 'ik_x' }, basic(client))).body.error).toBe('unsupported_token_type');
    expect((await post('revoke', { token: world.adminToken }, basic(client))).body.error).toBe('unauthorized_client');
    expect((await post('revoke', {}, basic(client))).body.error).toBe('invalid_request');
    expect((await post('revoke', { token })).body.error).toBe('invalid_client');
  });
});

describe('asking about a token (RFC 7662)', () => {
  it('tells a client about its own, and nothing about those of others', async () => {
    const [client, other] = [await someClient(), await someClient()];
    const token = await tokenOf(client, 'role:read');
    const { body } = await post('introspect', { token }, basic(client));
    expect(body).toEqual({
      active: true,
      scope: 'role:read',
      client_id: client.id,
      username: 'Bot',
      token_type: 'Bearer',
      exp: expect.any(Number),
      iat: expect.any(Number),
      sub: expect.any(String),
      aud: 'imbi',
      iss: 'https://imbi.example.org',
      jti: expect.any(String),
    });
    expect(body.exp - body.iat).toBe(3600);
    for (const foreign of [token, world.adminToken, 'nonsense', 'ik_nonsense']) {
      expect((await post('introspect', { token: foreign }, basic(other))).body).toEqual({ active: false });
    }
    await post('revoke', { token }, basic(client));
    expect((await post('introspect', { token }, basic(client))).body).toEqual({ active: false });
    expect((await post('introspect', { token })).status).toBe(401);
  });

  it('tells about all tokens and keys who holds token:introspect, within the client’s scopes', async () => {
    const asker = await someClient(['token:introspect'], 'asker');
    const token = await tokenOf(await someClient(['role:read']));
    const user = await world.userWith([['reader', null]]);
    const made = { name: 'ci', scopes: ['role:read'] };
    const { key, key_id } = (await world.call('POST', '/me/api-keys', { token: user.token, body: made })).body;
    const about = async (text: string) => (await post('introspect', { token: text }, basic(asker))).body;
    expect(await about(token)).toMatchObject({ active: true, scope: 'role:read' });
    expect(await about(user.token)).toMatchObject({ active: true, scope: 'api', sub: user.id, username: 'Somebody' });
    expect(await about(key)).toMatchObject({ active: true, scope: 'role:read', sub: user.id, exp: expect.any(Number) });
    await world.call('DELETE', `/me/api-keys/${key_id}`, { token: user.token });
    await world.call('POST', '/auth/logout', { token: user.token, body: {} });
    expect([await about(key), await about(user.token)]).toEqual([{ active: false }, { active: false }]);
    await world.call('DELETE', `/service-accounts/${asker.account}/roles/asker`);
    expect(await about(token)).toEqual({ active: false });
  });
});

describe('the authorization server', () => {
  it('says where everything is (RFC 8414), and it is there', async () => {
    const response = await world.app.inject({ url: '/.well-known/oauth-authorization-server' });
    const metadata = response.json();
    expect(metadata).toMatchObject({
      issuer: 'https://imbi.example.org',
      token_endpoint: 'https://imbi.example.org/api/auth/token',
      grant_types_supported: ['client_credentials'],
      response_types_supported: [],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
      scopes_supported: expect.arrayContaining(['project:read', 'token:introspect']),
    });
    for (const name of ['token_endpoint', 'revocation_endpoint', 'introspection_endpoint']) {
      const url = new URL(metadata[name]).pathname;
      const answer = await world.app.inject({ method: 'POST', url, payload: '', headers: { 'content-type': FORM } });
      expect([url, answer.statusCode]).toEqual([url, 401]);
    }
    expect((await world.app.inject({ url: new URL(metadata.jwks_uri).pathname })).statusCode).toBe(200);
  });
});

describe('a secret that an older key of the ring protects', () => {
  it('is protected by the first one from its next use on', async () => {
    const [older] = [generateKey()];
    const client = await someClient();
    const made = new ClientCodec(new KeyRing([older])).make(client.id);
    const now = world.app.get(ClientCodec, { strict: false });
    // As if the ring of the running server had the older key behind its own.
    const both = [...now.macs(made.secret), made.mac];
    const { graph } = world.platform;
    const { id } = (await graph.read.find(ClientCredential, { client_id: client.id })) ?? { id: '' };
    await graph.transaction((tx) => tx.patch(ClientCredential, id, { set: { secret_mac: made.mac } }));
    expect((await ask({ id: client.id, secret: made.secret })).status).toBe(401);
    const macs = jest.spyOn(now, 'macs').mockReturnValueOnce(both);
    expect((await ask({ id: client.id, secret: made.secret })).status).toBe(200);
    macs.mockRestore();
    await world.app.get(CredentialUse, { strict: false }).flush();
    expect((await ask({ id: client.id, secret: made.secret })).status).toBe(200);
  });
});
