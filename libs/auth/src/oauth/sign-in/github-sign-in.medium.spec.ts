import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AuthWorld } from '../../../test/auth-world.js';
import { GitHubFake } from '../../../test/github-fake.js';
import { addProvider, auditTrail, Browser, PUBLIC_URL, providerWorld } from '../../../test/provider-world.js';
import { User } from '../../model/identity.vertex.js';
import { OAuthIdentity } from '../model/oauth.vertex.js';

let world: AuthWorld;
let github: GitHubFake;
let users = 0;

beforeAll(async () => {
  world = await providerWorld({
    IMBI_OAUTH_AUTO_CREATE_USERS: 'true',
    IMBI_OAUTH_DEFAULT_ORGANIZATION: 'acme',
    IMBI_OAUTH_REQUEST_TIMEOUT: '3s',
  });
  github = await GitHubFake.start();
  await addProvider(world, { slug: 'github', type: 'github', issuer_url: github.url });
  await addProvider(world, {
    slug: 'closed',
    type: 'github',
    issuer_url: `${github.url}/`,
    allowed_domains: ['example.org'],
  });
  await addProvider(world, { slug: 'public', type: 'github' });
  await addProvider(world, { slug: 'wrong', type: 'github', issuer_url: github.url, client_secret: 'wrong' });
});

afterAll(async () => {
  await github?.stop();
  await world?.close();
});

beforeEach(() => {
  users += 1;
  const email = `octocat-${users}@example.org`;
  github.user = { id: 1000 + users, login: `octocat-${users}`, name: 'Octo Cat', email: 'public@elsewhere.example' };
  github.emails = [
    { email: 'old@elsewhere.example', primary: false, verified: true },
    { email, primary: true, verified: true },
  ];
  github.answer = undefined;
  github.faults.length = 0;
});

async function signIn(slug = 'github'): Promise<string> {
  const browser = new Browser(world);
  const told = await browser.finish(github.authorize(await browser.start(slug)));
  if (told.has('error')) return told.get('error') ?? '';
  const { status, body } = await browser.exchange(told.get('code'));
  expect(status).toBe(200);
  return String(body.access_token);
}

const meOf = async (token: string) => (await world.call('GET', '/me', { token })).body;

describe('signing in with GitHub', () => {
  afterEach(() => {
    expect(github.faults.filter((fault) => fault !== 'token request')).toEqual([]);
  });

  it('makes its requests as GitHub documents them, and takes the verified primary address', async () => {
    const me = await meOf(await signIn());
    expect(me).toMatchObject({ email: `octocat-${users}@example.org`, display_name: 'Octo Cat' });
    expect(github.faults).toEqual([]);
  });

  it('gives somebody new the default role in the organization that the settings name, and nowhere else', async () => {
    const { id } = await meOf(await signIn());
    const { body } = await world.call('GET', `/users/${id}/roles`);
    expect(body.items).toEqual([expect.objectContaining({ role: 'viewer', organization: 'acme' })]);
    const given = (await auditTrail(world, 20)).filter(({ action }) => action === 'user.role.assign');
    expect(given[0]).toMatchObject({ resource_id: id, organization_id: world.organizations['acme'] });
  });

  it('puts the refresh token into a cookie where a page of its own asks for it (ASVS 5.0 3.3.1)', async () => {
    const browser = new Browser(world);
    const told = await browser.finish(github.authorize(await browser.start('github')));
    const exchange = (origin: string) =>
      browser.post('/api/auth/token-exchange', { code: told.get('code'), refresh_cookie: true }, undefined, origin);
    expect((await exchange('https://evil.example')).body.code).toBe('foreign_origin');
    expect(browser.cookies.has('__Host-imbi_refresh')).toBe(false);
    const { status, body } = await exchange(PUBLIC_URL);
    expect([status, JSON.stringify(body).includes('imbi_rt_')]).toEqual([200, false]);
    expect(browser.cookies.get('__Host-imbi_refresh')).toMatch(/^imbi_rt_/);
  });

  it('goes by the number of the account, not by its name or address', async () => {
    const first = await meOf(await signIn());
    github.user = { ...github.user, login: 'renamed', name: null };
    github.emails = [{ email: 'new@example.org', primary: true, verified: true }];
    expect((await meOf(await signIn())).id).toBe(first.id);
    github.user = { id: 999_000 + users, login: `octocat-${users}` };
    expect((await meOf(await signIn())).id).not.toBe(first.id);
  });

  it('keeps the token of GitHub encrypted', async () => {
    await signIn();
    const identity = await world.platform.graph.read.find(OAuthIdentity, { subject: String(1000 + users) });
    const token = await world.platform.graph.read.reveal(OAuthIdentity, identity?.id ?? '', 'access_token');
    expect(token).toBe('gho_an-access-token');
  });

  it.each([
    ['is not verified', [{ email: 'a@example.org', primary: true, verified: false }]],
    ['is not primary', [{ email: 'a@example.org', primary: false, verified: true }]],
  ])('makes no user of an address that %s', async (_what, emails) => {
    github.emails = emails;
    expect(await signIn()).toBe('provider_email_not_verified');
    expect(await world.platform.graph.read.find(User, { email_key: 'a@example.org' })).toBeUndefined();
  });

  it('holds the allowed domains against the verified primary address', async () => {
    expect(await signIn('closed')).toMatch(/^ey/);
    github.emails = [
      { email: 'a@example.org', primary: false, verified: true },
      { email: 'a@elsewhere.example', primary: true, verified: true },
    ];
    expect(await signIn('closed')).toBe('provider_domain_not_allowed');
  });

  it('is refused where GitHub says no to the code, with 200 as it does', async () => {
    const browser = new Browser(world);
    const back = new URL(github.authorize(await browser.start('github')));
    back.searchParams.set('code', 'made-up');
    expect((await browser.finish(back.href)).get('error')).toBe('provider_answer_invalid');
    expect(await signIn('wrong')).toBe('provider_answer_invalid');
    expect(github.faults).toContain('token request');
  });

  it('is refused where the user says no', async () => {
    const browser = new Browser(world);
    const state = new URL(await browser.start('github')).searchParams.get('state');
    const told = await browser.finish(
      `${PUBLIC_URL}/api/auth/providers/github/callback?error=access_denied&state=${state}`,
    );
    expect(told.get('error')).toBe('provider_refused');
  });

  it('refuses an answer that says it is of another issuer (mix-up)', async () => {
    const browser = new Browser(world);
    const back = new URL(github.authorize(await browser.start('github')));
    back.searchParams.set('iss', 'https://evil.example');
    expect((await browser.finish(back.href)).get('error')).toBe('provider_answer_invalid');
  });

  it.each([
    ['no number', { login: 'octocat' }],
    ['a number that is text', { id: '17', login: 'octocat' }],
    ['a number that is none', { id: 1e300, login: 'octocat' }],
  ])('is refused where the account has %s', async (_what, user) => {
    github.user = user;
    expect(await signIn()).toBe('provider_answer_invalid');
  });

  const json = (body: string) => (response: ServerResponse) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);

  it.each([
    [
      '/api/v3/user',
      'a redirect',
      (response: ServerResponse) => response.writeHead(302, { location: '/elsewhere' }).end(),
      'provider_answer_invalid',
    ],
    ['/api/v3/user', 'no JSON', json('<html>'), 'provider_answer_invalid'],
    ['/api/v3/user', 'null', json('null'), 'provider_unavailable'],
    ['/api/v3/user/emails', 'no JSON', json('<html>'), 'provider_unavailable'],
    ['/api/v3/user/emails', 'a list of nothing', json('[null]'), 'provider_unavailable'],
    ['/api/v3/user/emails', 'an empty list', json('[]'), 'provider_answer_invalid'],
    ['/api/v3/user', 'a failure', (response: ServerResponse) => response.writeHead(502).end(), 'provider_unavailable'],
    ['/login/oauth/access_token', 'silence', () => undefined, 'provider_unavailable'],
    ['/login/oauth/access_token', 'an answer without end', json('x'.repeat(1_100_000)), 'provider_unavailable'],
  ])('does not hang or break where %s answers with %s', async (at, _what, answer, code) => {
    github.answer = (path, response) => {
      if (path === at) answer(response);
      return path === at;
    };
    expect(await signIn()).toBe(code);
  });

  it('is at github.com where the provider names no server', async () => {
    const address = new URL(await new Browser(world).start('public'));
    expect(address.origin + address.pathname).toBe('https://github.com/login/oauth/authorize');
  });
});
