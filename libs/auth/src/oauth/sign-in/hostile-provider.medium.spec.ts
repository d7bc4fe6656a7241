import { createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import type { AuthWorld } from '../../../test/auth-world.js';
import { CLIENT } from '../../../test/certified-idp.js';
import { HostileIdp } from '../../../test/hostile-idp.js';
import { addProvider, auditTrail, Browser, PUBLIC_URL, providerWorld } from '../../../test/provider-world.js';

let world: AuthWorld;
let idp: HostileIdp;
let other: HostileIdp;
let providers = 0;

beforeAll(async () => {
  world = await providerWorld({ IMBI_OAUTH_AUTO_CREATE_USERS: 'true', IMBI_OAUTH_REQUEST_TIMEOUT: '3s' });
  idp = await HostileIdp.start();
  other = await HostileIdp.start();
});

afterAll(async () => {
  await idp?.stop();
  await other?.stop();
  await world?.close();
});

beforeEach(() => {
  Object.assign(idp, { forgery: {} });
});

/** A provider whose discovery document nobody has read yet. */
async function freshProvider(): Promise<string> {
  providers += 1;
  const slug = `hostile-${providers}`;
  await addProvider(world, { slug, type: 'oidc', issuer_url: idp.issuer });
  return slug;
}

/** A sign-in in which the provider sends the browser back as it should, and forges the rest. */
async function signIn(slug: string): Promise<string> {
  const browser = new Browser(world);
  const { searchParams } = new URL(await browser.start(slug));
  idp.nonce = searchParams.get('nonce') ?? '';
  const told = await browser.finish(
    `${PUBLIC_URL}/api/auth/providers/${slug}/callback?code=a-code&state=${searchParams.get('state')}`,
  );
  if (told.has('error')) return told.get('error') ?? '';
  return String((await browser.exchange(told.get('code'))).status);
}

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

function unsigned(alg: string) {
  return (claims: JWTPayload) => `${base64url({ alg, kid: 'the-key' })}.${base64url(claims)}.`;
}

function symmetric(secretOf: (keys: { publicJwk: object; publicPem: string }) => string) {
  return (claims: JWTPayload, keys: { publicJwk: object; publicPem: string }) => {
    const input = `${base64url({ alg: 'HS256', kid: 'the-key' })}.${base64url(claims)}`;
    return `${input}.${createHmac('sha256', secretOf(keys)).update(input).digest('base64url')}`;
  };
}

async function withOwnKey(claims: JWTPayload, header: object): Promise<string> {
  const { privateKey } = await generateKeyPair('RS256');
  return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'the-key', ...header }).sign(privateKey);
}

const now = () => Math.floor(Date.now() / 1000);

describe('an OpenID provider that lies', () => {
  let slug: string;

  beforeAll(async () => {
    slug = await freshProvider();
  });

  it('is believed while it does not', async () => {
    expect(await signIn(slug)).toBe('200');
    const token = idp.requests.find(({ path }) => path === '/token');
    expect(token?.body.get('code_verifier')?.length).toBeGreaterThanOrEqual(43);
    expect(token?.body.get('redirect_uri')).toBe(`${PUBLIC_URL}/api/auth/providers/${slug}/callback`);
  });

  it.each([
    ['a wrong nonce', { nonce: 'made-up' }],
    ['no nonce', { nonce: null }],
    ['another issuer', { iss: 'https://other.example.org' }],
    ['another audience', { aud: 'another-client' }],
    ['no audience', { aud: null }],
    ['several audiences and no azp', { aud: [CLIENT.id, 'another-client'] }],
    ['several audiences and another azp', { aud: [CLIENT.id, 'another-client'], azp: 'another-client' }],
    ['one audience and another azp', { azp: 'another-client' }],
    ['a time that is over', { exp: now() - 120 }],
    ['no end', { exp: null }],
    ['a beginning in the future', { nbf: now() + 3600 }],
    ['no subject', { sub: null }],
    ['a subject that is no text', { sub: 42 }],
    ['a subject that cannot be stored', { sub: 'a\u0000b' }],
    ['a subject that is no Unicode', { sub: 'a\ud800' }],
    ['a subject without end', { sub: 'a'.repeat(10_000) }],
  ])('is not believed with %s in the ID token', async (_what, claims) => {
    idp.forgery = { claims };
    expect(await signIn(slug)).toBe('provider_answer_invalid');
  });

  it('is taken for silent where it says what cannot be stored', async () => {
    idp.forgery = {
      claims: { sub: 'odd', name: 'a\u0000b', preferred_username: ['x'], email: 'odd\ud800@example.org' },
    };
    expect(await signIn(slug)).toBe('provider_email_not_verified');
    idp.forgery = { claims: { sub: 'odd', name: 'x'.repeat(1_000_000), email: 'odd@example.org' } };
    expect(await signIn(slug)).toBe('provider_unavailable');
    idp.forgery = { claims: { sub: 'odd', name: 'x'.repeat(10_000), email: 'odd@example.org' } };
    expect(await signIn(slug)).toBe('200');
  });

  it('leaves in the audit log what was wrong, and nothing that it wrote', async () => {
    idp.forgery = { claims: { nonce: 'made-up' } };
    await signIn(slug);
    const [event] = await auditTrail(world);
    expect(event).toMatchObject({ action: 'auth.login', outcome: 'failure', reason: 'provider_answer_invalid' });
    expect(event?.['detail']).toContain('unexpected ID Token \\"nonce\\" claim value');
    expect(event?.['detail']).not.toContain('made-up');
  });

  it('may name several audiences where the token was made for us', async () => {
    idp.forgery = { claims: { aud: [CLIENT.id, 'another-client'], azp: CLIENT.id } };
    expect(await signIn(slug)).toBe('200');
  });

  it.each([
    ['alg none', unsigned('none')],
    ['alg None', unsigned('None')],
    ['no signature', unsigned('RS256')],
    ['HS256 by the public key (confusion)', symmetric(({ publicPem }) => publicPem)],
    ['HS256 by the JSON of the public key', symmetric(({ publicJwk }) => JSON.stringify(publicJwk))],
    ['HS256 by the client secret', symmetric(() => CLIENT.secret)],
    ['the signature of another key', (claims: JWTPayload) => withOwnKey(claims, {})],
    ['a key id that is not published', (claims: JWTPayload) => withOwnKey(claims, { kid: 'unknown' })],
    [
      'a key that it brings along (jku)',
      (claims: JWTPayload) => withOwnKey(claims, { jku: 'https://evil.example/jwks' }),
    ],
    ['no token at all', () => 'not-a-token'],
    ['an empty token', () => ''],
  ])('is not believed with %s', async (_what, sign) => {
    idp.forgery = { sign };
    expect(await signIn(slug)).toBe('provider_answer_invalid');
  });

  it.each([
    [
      'a redirect to elsewhere',
      (response: ServerResponse) => response.writeHead(307, { location: `${other.issuer}/token` }).end(),
    ],
    ['a failure', (response: ServerResponse) => response.writeHead(500).end('oops')],
    [
      'no JSON',
      (response: ServerResponse) => response.writeHead(200, { 'content-type': 'application/json' }).end('<html>'),
    ],
    [
      'an answer without end',
      (response: ServerResponse) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end('x'.repeat(1_100_000)),
    ],
    ['silence', () => undefined],
  ])('is unavailable with %s to the token request', async (_what, answer) => {
    idp.forgery = {
      answer: (path, response) => {
        if (path === '/token') answer(response);
        return path === '/token';
      },
    };
    const before = other.requests.length;
    expect(await signIn(slug)).toBe('provider_unavailable');
    expect(other.requests.length).toBe(before);
  });

  it('is refused with the provider’s own words where it says that the code is wrong', async () => {
    idp.forgery = {
      answer: (path, response) => {
        if (path !== '/token') return false;
        response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}');
        return true;
      },
    };
    expect(await signIn(slug)).toBe('provider_answer_invalid');
  });
});

describe('a discovery document that lies', () => {
  async function start(metadata: object): Promise<{ status: number; code: string }> {
    idp.forgery = { metadata: { ...metadata } };
    const { status, body } = await new Browser(world).open(`/api/auth/providers/${await freshProvider()}/start`);
    return { status, code: body?.code };
  }

  it('with another issuer is refused', async () => {
    for (const issuer of [other.issuer, `${idp.issuer}/`, `${idp.issuer}/{tenantid}/v2.0`, null]) {
      expect(await start({ issuer })).toMatchObject({
        status: expect.any(Number),
        code: expect.stringMatching(/^provider_/),
      });
    }
  });

  it.each([
    'javascript:alert(1)',
    'http://192.168.1.1/authorize',
    'https://169.254.169.254/latest',
    'http://evil.example/authorize',
    '',
  ])('does not send browsers to %j', async (authorization_endpoint) => {
    expect((await start({ authorization_endpoint })).code).toBe('provider_target_refused');
  });

  it.each([
    ['token_endpoint', 'http://169.254.169.254/latest/meta-data'],
    ['token_endpoint', 'http://[::1]:5432'],
    ['token_endpoint', 'http://localhost:6379'],
    ['token_endpoint', 'file:///etc/passwd'],
    ['jwks_uri', 'http://10.0.0.1/jwks'],
  ])('does not send us by %s to %s', async (name, address) => {
    const slug = await freshProvider();
    idp.forgery = { metadata: { [name]: address } };
    expect(await signIn(slug)).toMatch(/^provider_(target_refused|answer_invalid|unavailable)$/);
  });

  it('cannot make us follow its redirects', async () => {
    const slug = await freshProvider();
    const before = other.requests.length;
    idp.forgery = {
      answer: (path, response) => {
        if (!path.startsWith('/.well-known')) return false;
        response.writeHead(302, { location: `${other.issuer}${path}` }).end();
        return true;
      },
    };
    const { status, body } = await new Browser(world).open(`/api/auth/providers/${slug}/start`);
    expect([status, body.code]).toEqual([503, 'provider_unavailable']);
    expect(other.requests.length).toBe(before);
  });

  it('is not believed about the person where the userinfo endpoint speaks of another one', async () => {
    const slug = await freshProvider();
    const userinfo = (sub: string) => ({
      metadata: { userinfo_endpoint: `${idp.issuer}/userinfo` },
      claims: { sub: 'userinfo', email: null, email_verified: null },
      answer: (path: string, response: ServerResponse) => {
        const body = JSON.stringify({ sub, email: `${slug}@example.org`, email_verified: true });
        if (path === '/userinfo') response.writeHead(200, { 'content-type': 'application/json' }).end(body);
        return path === '/userinfo';
      },
    });
    idp.forgery = userinfo('another');
    expect(await signIn(slug)).toBe('provider_answer_invalid');
    idp.forgery = userinfo('userinfo');
    expect(await signIn(slug)).toBe('200');
  });

  it('cannot offer algorithms by a shared secret', async () => {
    const slug = await freshProvider();
    idp.forgery = {
      metadata: { id_token_signing_alg_values_supported: ['HS256', 'none'] },
      sign: symmetric(() => CLIENT.secret),
    };
    expect(await signIn(slug)).toBe('provider_answer_invalid');
  });

  it('is read again after a change of the provider', async () => {
    const slug = await freshProvider();
    idp.forgery = { claims: { email: `${slug}@example.org` } };
    expect(await signIn(slug)).toBe('200');
    const count = () => idp.requests.filter(({ path }) => path.startsWith('/.well-known')).length;
    const before = count();
    expect(await signIn(slug)).toBe('200');
    expect(count()).toBe(before);
    await world.call('PATCH', `/admin/oauth-providers/${slug}`, { body: { name: 'Renamed' } });
    expect(await signIn(slug)).toBe('200');
    expect(count()).toBe(before + 1);
  });
});
