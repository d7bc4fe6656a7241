import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { exportJWK, exportSPKI, SignJWT } from 'jose';
import { newId } from '#libs/common';
import { generateSigningKey, type SigningKey } from '#libs/crypto';
import { AuthWorld } from '../../test/auth-world.js';
import { ClientCredential } from '../model/credential.vertex.js';
import { ServiceAccount } from '../model/identity.vertex.js';
import { AccessTokens } from '../token/access-tokens.js';
import { SigningKeyStore } from '../token/signing-key-store.js';

type Json = Record<string, unknown>;

let world: AuthWorld;
let key: SigningKey;
let stranger: SigningKey;
let user: { id: string; email: string; token: string };
/** What a good token of the user says. */
let claims: Json;

beforeAll(async () => {
  world = await AuthWorld.create();
  key = world.app.get(SigningKeyStore, { strict: false }).keys.current;
  stranger = await generateSigningKey();
  user = await world.userWith();
  claims = decode(user.token, 1);
});

afterAll(() => world?.close());

const decode = (token: string, part: number): Json =>
  JSON.parse(Buffer.from(token.split('.')[part] ?? '', 'base64url').toString());
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const seconds = () => Math.floor(Date.now() / 1000);

/** A token that differs from a good one in what is given. */
function token(change: { claims?: Json; header?: Json; by?: SigningKey } = {}): Promise<string> {
  return new SignJWT({ ...claims, ...change.claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: key.kid, ...change.header })
    .sign((change.by ?? key).privateKey);
}

const unsigned = (alg: string) => `${encode({ alg, typ: 'at+jwt', kid: key.kid })}.${encode(claims)}.`;

function byHmac(secret: string, header: Json = {}): string {
  const text = `${encode({ alg: 'HS256', typ: 'at+jwt', kid: key.kid, ...header })}.${encode(claims)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

/** A good token with another header or other claims in front of its signature. */
async function swapped(part: 0 | 1, value: Json): Promise<string> {
  const parts = (await token()).split('.');
  parts[part] = encode({ ...decode(parts.join('.'), part), ...value });
  return parts.join('.');
}

async function endedSession(end: (user: { id: string; token: string }) => Promise<unknown>): Promise<string> {
  const other = await world.userWith();
  expect((await world.call('GET', '/me', { token: other.token })).status).toBe(200);
  await end(other);
  return other.token;
}

const ATTACKS: readonly (readonly [string, () => string | Promise<string>])[] = [
  ['alg none', () => unsigned('none')],
  ['alg NONE', () => unsigned('NONE')],
  ['alg none with the signature left on', () => swapped(0, { alg: 'none' })],
  ['HS256 with the public key as PEM', async () => byHmac(await exportSPKI(key.publicKey))],
  ['HS256 with the public key as JWK', async () => byHmac(JSON.stringify(await exportJWK(key.publicKey)))],
  ['HS256 with the published key set entry', async () => byHmac(JSON.stringify(key.jwk))],
  ['HS256 called ES256', async () => byHmac(await exportSPKI(key.publicKey), { alg: 'ES256' })],
  ['RS256 in the header', () => swapped(0, { alg: 'RS256' })],
  ['a stranger’s signature under our kid', () => token({ by: stranger })],
  ['a stranger’s kid', () => token({ by: stranger, header: { kid: stranger.kid } })],
  ['kid that is a path', () => token({ header: { kid: '../../../../dev/null' } })],
  ['kid that is a file', () => token({ header: { kid: 'file:///etc/passwd' } })],
  ['kid that is SQL', () => token({ header: { kid: "x' union select 'key'--" } })],
  ['kid of another case', () => token({ header: { kid: key.kid.toUpperCase() } })],
  ['no kid', () => token({ header: { kid: undefined } })],
  ['embedded jwk', () => token({ by: stranger, header: { jwk: stranger.jwk } })],
  ['jku', () => token({ by: stranger, header: { jku: 'https://evil.example/jwks.json' } })],
  ['jku beside a good signature', () => token({ header: { jku: 'https://evil.example/jwks.json' } })],
  ['x5u', () => token({ by: stranger, header: { x5u: 'https://evil.example/cert.pem' } })],
  ['x5c', () => token({ by: stranger, header: { x5c: ['MIIB'] } })],
  ['swapped header', () => swapped(0, { kid: stranger.kid })],
  ['tampered subject', () => swapped(1, { sub: world.admin.id })],
  ['tampered expiry', () => swapped(1, { exp: seconds() + 999_999 })],
  ['expired', () => token({ claims: { iat: seconds() - 120, exp: seconds() - 60 } })],
  ['not valid before tomorrow', () => token({ claims: { nbf: seconds() + 86_400 } })],
  ['no expiry', () => token({ claims: { exp: undefined } })],
  ['another issuer', () => token({ claims: { iss: 'https://evil.example' } })],
  ['another audience', () => token({ claims: { aud: 'elsewhere' } })],
  ['one audience of several', () => token({ claims: { aud: [String(claims['aud']), 'elsewhere'] } })],
  ['an ID token', () => token({ header: { typ: 'JWT' } })],
  ['no session and no client', () => token({ claims: { sid: undefined } })],
  ['a session that is not text', () => token({ claims: { sid: { $ne: null } } })],
  ['a session that never was', () => token({ claims: { sid: newId() } })],
  ['another user’s session', () => token({ claims: { sub: world.admin.id } })],
  [
    'a session that signed out',
    () => endedSession((other) => world.call('POST', '/auth/logout', { ...other, body: {} })),
  ],
  ['a user switched off', () => endedSession(({ id }) => world.users.setActive(id, false))],
  ['a user deleted', () => endedSession(({ id }) => world.call('DELETE', `/users/${id}`))],
  ['a client’s token in a user’s name', () => token({ claims: { sid: undefined, client_id: 'ic_none' } })],
  ['a refresh token', async () => (await world.tryToSignIn(user.email, 'Correct-Horse-9-Battery')).body.refresh_token],
  ['a key that was never made', () => `ik_${'a'.repeat(16)}_${'b'.repeat(32)}`],
  ['no token at all', () => ''],
  ['eight kilobytes of nothing', () => 'a'.repeat(8000)],
];

describe('access tokens that are not (ASVS 5.0 9.1.1, 9.1.2, 9.1.3, 9.2.1, 9.2.2, 9.2.3, 7.2.1, 7.4.1, 7.4.2)', () => {
  it('the good one, which the others are made from, is taken', async () => {
    expect((await world.call('GET', '/me', { token: await token() })).body.id).toBe(user.id);
  });

  it.each(ATTACKS)('%s is 401, in the words of any other', async (_name, forge) => {
    const fetched = jest.spyOn(globalThis, 'fetch');
    const { status, headers, body } = await world.call('GET', '/me', { token: await forge() });
    expect(fetched).not.toHaveBeenCalled();
    fetched.mockRestore();
    expect(status).toBe(401);
    expect(String(headers['content-type'])).toMatch(/^application\/problem\+json/);
    expect(headers['www-authenticate']).toMatch(/^Bearer realm="imbi"/);
    expect(body).toEqual({
      type: '/docs/errors/unauthenticated',
      title: expect.any(String),
      status: 401,
      code: 'unauthenticated',
      detail: expect.stringMatching(
        /^(The access token is not valid|The session has ended|The API key is|The client or|Sign in first)/,
      ),
      instance: '/api/me',
      request_id: expect.any(String),
    });
    expect(JSON.stringify(body)).not.toMatch(/kid|alg|signature|evil|ES256/);
  });

  it('a client’s token stands for no user: what concerns a user in person is refused', async () => {
    const { graph } = world.platform;
    const clientId = `ic_${newId()}`;
    const account = await graph.transaction(async (tx) => {
      const robot = { slug: 'jwt-robot', name: 'Robot', is_active: true, is_admin: false };
      const { id } = await tx.insert(ServiceAccount, robot);
      const client = { client_id: clientId, name: 'ci', owner_id: id, secret_mac: newId(), scopes: ['role:read'] };
      await tx.insert(ClientCredential, client);
      return id;
    });
    const grant = { serviceAccountId: account, clientId, scopes: ['role:read'] };
    const issued = await world.app.get(AccessTokens, { strict: false }).issueForClient(grant, 60);
    const call = (path: string) => world.call('GET', path, { token: issued.token });
    expect((await call('/me')).body).toMatchObject({ kind: 'service_account', credential: 'client' });
    for (const path of ['/me/sessions', '/me/mfa']) {
      const { status, body } = await call(path);
      expect([status, body.code]).toEqual([403, 'interactive_session_required']);
    }
  });
});

describe('a session (ASVS 5.0 7.2.3)', () => {
  it('is a new one at each sign-in, whatever the client brings along (fixation)', async () => {
    const before = String(claims['sid']);
    const payload = { email: user.email, password: 'Correct-Horse-9-Battery' };
    const headers = { authorization: `Bearer ${user.token}`, cookie: `sid=${before}; __Host-imbi_rt=${before}` };
    const login = (body: object) =>
      world.app.inject({ method: 'POST', url: '/api/auth/login', payload: { ...payload, ...body }, headers });
    const [one, two] = [(await login({})).json(), (await login({})).json()];
    expect(new Set([before, one.session_id, two.session_id]).size).toBe(3);
    const chosen = await login({ session_id: before, sid: before });
    expect([chosen.statusCode, chosen.json().code]).toEqual([422, 'validation_failed']);
    expect(one.refresh_token).not.toBe(two.refresh_token);
    expect(Buffer.from(one.refresh_token.slice('imbi_rt_'.length), 'base64url').length).toBe(32);
  });
});
