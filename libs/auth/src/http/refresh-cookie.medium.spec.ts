import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuthWorld, PASSWORD } from '../../test/auth-world.js';

const OWN = 'https://imbi.example.org';
const CONSOLE = 'https://console.example.org';
let world: AuthWorld;

beforeAll(async () => {
  world = await AuthWorld.create({
    IMBI_PUBLIC_URL: OWN,
    IMBI_CORS_ORIGINS: CONSOLE,
    IMBI_RATE_LIMIT_REFRESH_PER_MINUTE: '1000',
  });
});

afterAll(() => world?.close());

async function post(path: string, body: object, headers: Record<string, string> = {}) {
  const response = await world.app.inject({ method: 'POST', url: `/api/auth/${path}`, payload: body, headers });
  const [cookie = ''] = [response.headers['set-cookie']].flat();
  return { status: response.statusCode, body: response.body === '' ? {} : response.json(), cookie };
}

const signIn = (headers: Record<string, string> = { origin: OWN }) =>
  post('login', { email: world.admin.email, password: PASSWORD, refresh_cookie: true }, headers);

/** What a browser sends of what it was given. */
const sent = (cookie: string) => cookie.split(';')[0] ?? '';

async function refresh(cookie: string, headers: Record<string, string> = { origin: OWN }) {
  return post('refresh', {}, { cookie: sent(cookie), ...headers });
}

describe('a refresh token in a cookie', () => {
  it('is for this host and out of reach of scripts, and the body has none', async () => {
    const { status, body, cookie } = await signIn();
    expect(status).toBe(200);
    expect(cookie).toMatch(
      /^__Host-imbi_refresh=imbi_rt_[\w-]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=25(91999|92000); Secure$/,
    );
    expect(JSON.stringify(body)).not.toContain('imbi_rt_');
    expect((await world.call('GET', '/me', { token: body.access_token })).status).toBe(200);
    const usual = await post('login', { email: world.admin.email, password: PASSWORD });
    expect([usual.cookie, usual.body.refresh_token]).toEqual(['', expect.stringMatching(/^imbi_rt_/)]);
  });

  it('is renewed by each use, and works once', async () => {
    const first = await signIn();
    const second = await refresh(first.cookie);
    expect([second.status, second.body.session_id]).toEqual([200, first.body.session_id]);
    expect(sent(second.cookie)).not.toBe(sent(first.cookie));
    expect(JSON.stringify(second.body)).not.toContain('imbi_rt_');
    expect((await refresh(second.cookie)).status).toBe(200);
    const stolen = await refresh(first.cookie, { origin: OWN, 'user-agent': 'a thief' });
    expect([stolen.status, stolen.body.code]).toEqual([401, 'invalid_refresh_token']);
    expect(stolen.cookie).toBe('__Host-imbi_refresh=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0; Secure');
    expect((await world.call('GET', '/me', { token: second.body.access_token })).status).toBe(401);
  });

  it.each([
    ['another site', { origin: 'https://evil.example' }],
    ['another host of the domain', { origin: 'https://other.example.org' }],
    ['the same host without TLS', { origin: 'http://imbi.example.org' }],
    ['nowhere', { origin: 'null' }],
    ['who does not say', {}],
  ])('is neither set for nor spent by %s', async (_name, headers) => {
    const { cookie } = await signIn();
    const refused = [await signIn(headers), await refresh(cookie, headers)];
    for (const answer of refused) {
      expect([answer.status, answer.body.code, answer.cookie]).toEqual([403, 'foreign_origin', '']);
    }
    expect((await refresh(cookie)).status).toBe(200);
  });

  it('is for the consoles that may call', async () => {
    const { cookie } = await signIn({ origin: CONSOLE });
    expect((await refresh(cookie, { origin: CONSOLE })).status).toBe(200);
  });

  it('goes with signing out', async () => {
    const { body, cookie } = await signIn();
    const out = await post('logout', {}, { authorization: `Bearer ${body.access_token}`, cookie: sent(cookie) });
    expect([out.status, out.cookie]).toEqual([204, expect.stringContaining('Max-Age=0')]);
    expect((await refresh(cookie)).status).toBe(401);
  });

  it('does not stand in the way of one in the body, which needs no origin', async () => {
    const { cookie } = await signIn();
    const usual = await post('login', { email: world.admin.email, password: PASSWORD });
    const renewed = await post('refresh', { refresh_token: usual.body.refresh_token }, { cookie: sent(cookie) });
    expect([renewed.status, renewed.body.session_id, renewed.cookie]).toEqual([200, usual.body.session_id, '']);
    expect(renewed.body.refresh_token).toMatch(/^imbi_rt_/);
  });

  it('is missed where neither is sent, and where it is of another name', async () => {
    const tries: Record<string, string>[] = [{ origin: OWN }, { origin: OWN, cookie: 'imbi_refresh=imbi_rt_x' }];
    for (const headers of tries) {
      const { status, body } = await post('refresh', {}, headers);
      expect([status, body.errors?.[0]?.pointer]).toEqual([422, '/refresh_token']);
    }
  });
});
