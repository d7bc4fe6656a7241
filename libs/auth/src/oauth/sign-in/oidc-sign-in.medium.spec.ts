import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { sql } from 'kysely';
import { DomainError } from '#libs/common';
import type { AuthWorld } from '../../../test/auth-world.js';
import { CertifiedIdp, type IdpAccount } from '../../../test/certified-idp.js';
import { addProvider, auditTrail, Browser, PUBLIC_URL, providerWorld } from '../../../test/provider-world.js';
import { Totp } from '../../mfa/totp.js';
import { User } from '../../model/identity.vertex.js';
import { OAuthIdentity } from '../model/oauth.vertex.js';
import { SecondFactor } from './second-factor.js';

const callback = (slug: string) => `${PUBLIC_URL}/api/auth/providers/${slug}/callback`;

let world: AuthWorld;
let idp: CertifiedIdp;
let userinfoIdp: CertifiedIdp;
let accounts = 0;

beforeAll(async () => {
  world = await providerWorld({
    IMBI_OAUTH_AUTO_CREATE_USERS: 'true',
    IMBI_OAUTH_AUTO_LINK_BY_EMAIL: 'true',
    IMBI_OAUTH_SECOND_FACTOR_ACR: 'urn:test:strong',
  });
  idp = await CertifiedIdp.start({ redirectUris: ['company', 'other', 'closed', 'workspace'].map(callback) });
  userinfoIdp = await CertifiedIdp.start({ redirectUris: [callback('userinfo')], conformIdTokenClaims: true });
  const { issuer: issuer_url } = idp;
  await addProvider(world, { slug: 'company', type: 'oidc', issuer_url });
  await addProvider(world, { slug: 'other', type: 'oidc', issuer_url });
  await addProvider(world, { slug: 'closed', type: 'oidc', issuer_url, allowed_domains: ['example.org'] });
  await addProvider(world, { slug: 'workspace', type: 'google', issuer_url, allowed_domains: ['example.org'] });
  await addProvider(world, { slug: 'userinfo', type: 'oidc', issuer_url: userinfoIdp.issuer });
});

afterAll(async () => {
  await idp?.stop();
  await userinfoIdp?.stop();
  await world?.close();
});

beforeEach(() => {
  Object.assign(idp, { account: somebody(), amr: undefined, acr: undefined, isRefusing: false });
});

function somebody(more: Partial<IdpAccount> = {}): IdpAccount {
  accounts += 1;
  const sub = `subject-${accounts}`;
  return { sub, email: `somebody-${accounts}@example.org`, email_verified: true, name: 'Some Body', ...more };
}

const newBrowser = () => new Browser(world);
const userOf = (email: string | undefined) => world.platform.graph.read.find(User, { email_key: email ?? '' });

async function signedIn(slug = 'company', browser = newBrowser()) {
  const told = await browser.signIn(slug);
  expect([...told.keys()]).toEqual(['code']);
  const { status, body } = await browser.exchange(told.get('code'));
  expect({ status, code: body.code }).toEqual({ status: 200 });
  return { browser, token: String(body.access_token), body };
}

describe('signing in with a certified OpenID provider', () => {
  it('ends with the same answer as signing in with a password', async () => {
    const { body, token } = await signedIn();
    expect(body).toEqual({
      access_token: expect.stringMatching(/^ey/),
      token_type: 'Bearer',
      expires_in: 3600,
      refresh_token: expect.stringMatching(/^imbi_rt_/),
      refresh_expires_in: expect.any(Number),
      session_id: expect.any(String),
    });
    const [login] = await auditTrail(world);
    const me = await world.call('GET', '/me', { token });
    expect(me.body).toMatchObject({ email: idp.account.email, display_name: 'Some Body', is_admin: false });
    expect(login).toMatchObject({
      action: 'auth.login',
      outcome: 'success',
      actor_id: me.body.id,
      detail: JSON.stringify({ provider: 'company', has_second_factor: false }),
    });
  });

  it('sends the browser off with state, nonce and an S256 challenge, each its own every time', async () => {
    const seen = new Set<string | null>();
    for (let round = 0; round < 2; round += 1) {
      const { searchParams } = new URL(await newBrowser().start('company'));
      expect(Object.fromEntries(searchParams)).toMatchObject({
        client_id: 'imbi',
        response_type: 'code',
        redirect_uri: callback('company'),
        scope: 'openid email profile',
        code_challenge_method: 'S256',
      });
      for (const name of ['state', 'nonce', 'code_challenge']) {
        expect(searchParams.get(name)?.length).toBeGreaterThanOrEqual(43);
        seen.add(searchParams.get(name));
      }
    }
    expect(seen.size).toBe(6);
  });

  it('gives the browser a cookie that no script, no other site and no other host can use', async () => {
    const { headers } = await newBrowser().open('/api/auth/providers/company/start');
    expect(headers['set-cookie']).toMatch(
      /^__Host-imbi_sign_in=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=600; Secure$/,
    );
  });

  it('stores neither state, nonce, verifier nor code in the clear', async () => {
    const browser = newBrowser();
    const address = new URL(await browser.start('company'));
    const back = await browser.visit(address.href);
    const flows = await sql<{ text: string }>`select f::text as text from imbi_system.oauth_flows f`.execute(
      world.platform.database.kysely,
    );
    const told = await browser.finish(back);
    const codes = await sql<{ text: string }>`select c::text as text from imbi_system.oauth_codes c`.execute(
      world.platform.database.kysely,
    );
    const stored = [...flows.rows, ...codes.rows].map(({ text }) => text).join('\n');
    const secrets = [address.searchParams.get('state'), address.searchParams.get('nonce'), told.get('code')];
    for (const secret of [...secrets, ...browser.cookies.values()]) expect(stored).not.toContain(secret);
  });

  it('knows the account again by its subject, whatever its address has become', async () => {
    const first = await signedIn();
    idp.account = { ...idp.account, email: 'renamed@example.org', name: 'Re Named' };
    const second = await signedIn();
    const [one, two] = await Promise.all(
      [first, second].map(async ({ token }) => (await world.call('GET', '/me', { token })).body),
    );
    expect(two.id).toBe(one.id);
    expect(two.email).toBe(one.email);
  });

  it('keeps the tokens of the provider encrypted', async () => {
    await signedIn();
    const identity = await world.platform.graph.read.find(OAuthIdentity, { subject: idp.account.sub });
    const token = await world.platform.graph.read.reveal(OAuthIdentity, identity?.id ?? '', 'access_token');
    expect(token?.length).toBeGreaterThan(20);
    const { rows } = await sql<{ text: string }>`
      select ag_catalog.agtype_out(i.properties)::text as text from imbi."OAuthIdentity" i
    `.execute(world.platform.database.kysely);
    expect(rows.map(({ text }) => text).join('\n')).not.toContain(token);
  });

  it('asks the userinfo endpoint where the ID token leaves the address out', async () => {
    userinfoIdp.account = somebody();
    const { token } = await signedIn('userinfo');
    expect((await world.call('GET', '/me', { token })).body.email).toBe(userinfoIdp.account.email);
  });

  it('tells the page what the provider said no to', async () => {
    idp.isRefusing = true;
    const told = await newBrowser().signIn('company');
    expect(Object.fromEntries(told)).toEqual({ error: 'provider_refused' });
    expect((await auditTrail(world))[0]).toMatchObject({ outcome: 'failure', reason: 'provider_refused' });
  });

  it.each([
    ['https://console.test/settings', 302],
    ['https://console.test/settings/', 400],
    ['https://console.test/settings?next=/', 400],
    ['https://console.test.evil.example/signed-in', 400],
    ['https://evil.example', 400],
    ['//evil.example', 400],
    ['javascript:alert(1)', 400],
  ])('returns to %s: %d', async (address, status) => {
    const answer = await newBrowser().open(
      `/api/auth/providers/company/start?return_to=${encodeURIComponent(address)}`,
    );
    expect(answer.status).toBe(status);
    if (status === 400) expect(answer.body.code).toBe('redirect_not_allowed');
  });

  it('knows nothing of a provider that is not there or switched off', async () => {
    await addProvider(world, { slug: 'off', type: 'oidc', issuer_url: idp.issuer, enabled: false });
    for (const slug of ['off', 'nowhere']) {
      expect((await newBrowser().open(`/api/auth/providers/${slug}/start`)).status).toBe(404);
    }
  });
});

describe('the way back from a provider', () => {
  async function expectExpired(browser: Browser, address: string): Promise<void> {
    const { status, body } = await browser.open(address);
    expect([status, body.code]).toEqual([400, 'sign_in_expired']);
    expect((await auditTrail(world))[0]).toMatchObject({ outcome: 'failure', reason: 'sign_in_expired' });
  }

  it('can be gone once', async () => {
    const browser = newBrowser();
    const back = await browser.visit(await browser.start('company'));
    await browser.finish(back);
    await expectExpired(browser, back);
  });

  it('has one winner where it is gone twice at once', async () => {
    const browser = newBrowser();
    const back = await browser.visit(await browser.start('company'));
    const answers = await Promise.all([browser.open(back), browser.open(back), browser.open(back)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([302, 400, 400]);
  });

  it('is for the browser that began (login CSRF)', async () => {
    const attacker = newBrowser();
    const back = await attacker.visit(await attacker.start('company'));
    await expectExpired(newBrowser(), back);
    const victim = newBrowser();
    await victim.start('company');
    const again = await attacker.visit(await attacker.start('company'));
    await expectExpired(victim, again);
    // Tried by somebody else, it is nobody's.
    await expectExpired(attacker, again);
  });

  it('needs a state, and exactly one', async () => {
    const browser = newBrowser();
    const back = await browser.visit(await browser.start('company'));
    const url = new URL(back);
    url.searchParams.append('state', 'another');
    await expectExpired(browser, url.href);
    await expectExpired(browser, `${callback('company')}?code=x`);
    await expectExpired(browser, `${callback('company')}?code=x&state=made-up`);
  });

  it('is over after ten minutes', async () => {
    const browser = newBrowser();
    const back = await browser.visit(await browser.start('company'));
    await sql`update imbi_system.oauth_flows set expires_at = now() - interval '1 second'`.execute(
      world.platform.database.kysely,
    );
    await expectExpired(browser, back);
  });

  it('leads back from the provider that the browser was sent to, and from no other (mix-up)', async () => {
    const browser = newBrowser();
    const back = await browser.visit(await browser.start('company'));
    await expectExpired(browser, back.replace('/company/', '/other/'));
  });

  it('refuses the answer of another issuer (RFC 9207)', async () => {
    const browser = newBrowser();
    const back = new URL(await browser.visit(await browser.start('company')));
    expect(back.searchParams.get('iss')).toBe(idp.issuer);
    back.searchParams.set('iss', 'https://other.example.org');
    expect((await browser.finish(back.href)).get('error')).toBe('provider_answer_invalid');
    const other = new URL(await browser.visit(await browser.start('company')));
    other.searchParams.delete('iss');
    expect((await browser.finish(other.href)).get('error')).toBe('provider_answer_invalid');
  });

  it('refuses the code of another sign-in, whose nonce and verifier it is not', async () => {
    const browser = newBrowser();
    const one = new URL(await browser.visit(await browser.start('company')));
    const two = new URL(await browser.visit(await browser.start('company')));
    one.searchParams.set('code', two.searchParams.get('code') ?? '');
    expect((await browser.finish(one.href)).get('error')).toBe('provider_answer_invalid');
  });

  it('is shut when the provider was switched off meanwhile', async () => {
    await addProvider(world, { slug: 'brief', type: 'oidc', issuer_url: idp.issuer });
    const browser = newBrowser();
    const state = new URL(await browser.start('brief')).searchParams.get('state');
    await world.call('PATCH', '/admin/oauth-providers/brief', { body: { enabled: false } });
    await expectExpired(browser, `${callback('brief')}?code=x&state=${state}`);
  });
});

describe('the code that a browser fetches its tokens with', () => {
  async function codeOf(browser: Browser): Promise<string> {
    return (await browser.signIn('company')).get('code') ?? '';
  }

  async function expectRefused(answer: { status: number; body: { code: string } }): Promise<void> {
    expect([answer.status, answer.body.code]).toEqual([401, 'invalid_sign_in_code']);
  }

  it('works once, and for one of many at once', async () => {
    const browser = newBrowser();
    const code = await codeOf(browser);
    const cookies = new Map(browser.cookies);
    const many = await Promise.all(
      Array.from({ length: 5 }, () => {
        const tab = newBrowser();
        for (const [name, value] of cookies) tab.cookies.set(name, value);
        return tab.exchange(code);
      }),
    );
    expect(many.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401, 401]);
    expect(browser.cookies.size).toBe(1);
    await expectRefused(await browser.exchange(code));
  });

  it('works in the browser that it was handed to, and not even there after another one tried', async () => {
    const browser = newBrowser();
    const code = await codeOf(browser);
    const thief = newBrowser();
    await thief.start('company');
    await expectRefused(await thief.exchange(code));
    await expectRefused(await browser.exchange(code));
    await expectRefused(await newBrowser().exchange(await codeOf(newBrowser())));
  });

  it('works for a minute', async () => {
    const browser = newBrowser();
    const code = await codeOf(browser);
    const { kysely } = world.platform.database;
    const { rows } = await sql<{ seconds: number }>`
      select extract(epoch from max(expires_at) - now())::int as seconds from imbi_system.oauth_codes
    `.execute(kysely);
    expect(rows[0]?.seconds).toBeLessThanOrEqual(60);
    await sql`update imbi_system.oauth_codes set expires_at = now() - interval '1 second'`.execute(kysely);
    await expectRefused(await browser.exchange(code));
  });

  it('is worth nothing once the user is switched off', async () => {
    const browser = newBrowser();
    const code = await codeOf(browser);
    const user = await userOf(idp.account.email);
    await world.users.setActive(user?.id ?? '', false);
    await expectRefused(await browser.exchange(code));
    expect((await newBrowser().signIn('company')).get('error')).toBe('account_inactive');
  });
});

describe('who comes in', () => {
  it('makes a user of a verified address, once, without a password and without rights', async () => {
    await signedIn();
    await signedIn();
    const user = await userOf(idp.account.email);
    expect(user).toMatchObject({ display_name: 'Some Body', is_admin: false, email_verified_at: expect.any(String) });
    expect((await world.tryToSignIn(idp.account.email ?? '', 'Correct-Horse-9-Battery')).status).toBe(401);
  });

  it('makes one user of somebody new in many browsers at once', async () => {
    const many = await Promise.all(Array.from({ length: 5 }, () => signedIn()));
    const ids = await Promise.all(many.map(async ({ token }) => (await world.call('GET', '/me', { token })).body.id));
    expect(new Set(ids).size).toBe(1);
  });

  it.each([[false], [undefined], ['true']])('makes no user where email_verified is %j', async (verified) => {
    idp.account = somebody({ email_verified: verified as boolean | undefined });
    expect((await newBrowser().signIn('company')).get('error')).toBe('provider_email_not_verified');
    expect(await userOf(idp.account.email)).toBeUndefined();
  });

  it('does not take an unverified address for the user who has it', async () => {
    const { email } = await world.userWith();
    idp.account = somebody({ email, email_verified: false });
    expect((await newBrowser().signIn('closed')).get('error')).toBe('provider_domain_not_allowed');
    expect((await newBrowser().signIn('company')).get('error')).toBe('provider_email_not_verified');
  });

  it('takes a verified address of an allowed domain for the user who has it, where the settings say so', async () => {
    const user = await world.userWith();
    idp.account = somebody({ email: user.email.toUpperCase() });
    const { token } = await signedIn('closed');
    expect((await world.call('GET', '/me', { token })).body.id).toBe(user.id);
  });

  it('does not, where the provider is not for that domain in particular', async () => {
    const user = await world.userWith();
    idp.account = somebody({ email: user.email });
    expect((await newBrowser().signIn('company')).get('error')).toBe('account_link_required');
  });

  it('lets nobody but administrators decide which provider vouches for addresses (ASVS 5.0 8.2.1)', async () => {
    await world.role('provider-writer', ['oauth-providers:read', 'oauth-providers:write']);
    const { token } = await world.userWith([['provider-writer', null]]);
    const write = (method: 'POST' | 'PATCH', path: string, body: object) =>
      world.call(method, `/admin/oauth-providers${path}`, { token, body });
    const mine = { slug: 'mine', name: 'Mine', type: 'oidc', client_id: 'x', issuer_url: 'https://mine.example' };
    for (const answer of [
      await write('POST', '', { ...mine, allowed_domains: ['example.org'] }),
      await write('PATCH', '/company', { allowed_domains: ['example.org'] }),
      await write('PATCH', '/closed', { client_id: 'mine' }),
      await write('PATCH', '/closed', { enabled: false }),
    ]) {
      expect([answer.status, answer.body.code]).toEqual([403, 'beyond_own_powers']);
    }
    expect((await write('PATCH', '/closed', { name: 'Closed to others' })).status).toBe(200);
  });

  it('never does for an administrator', async () => {
    idp.account = somebody({ email: world.admin.email });
    expect((await newBrowser().signIn('closed')).get('error')).toBe('account_link_required');
  });

  it('keeps out who is of another domain, also who came in before', async () => {
    const { email } = idp.account;
    await signedIn('closed');
    idp.account = { ...idp.account, email: 'somebody@elsewhere.example' };
    expect((await newBrowser().signIn('closed')).get('error')).toBe('provider_domain_not_allowed');
    idp.account = { ...idp.account, email, email_verified: false };
    expect((await newBrowser().signIn('closed')).get('error')).toBe('provider_domain_not_allowed');
    idp.account = somebody({ email: 'x@example.org.evil.example' });
    expect((await newBrowser().signIn('closed')).get('error')).toBe('provider_domain_not_allowed');
  });

  it('goes by hd for Google, and by no address', async () => {
    expect((await newBrowser().signIn('workspace')).get('error')).toBe('provider_domain_not_allowed');
    idp.account = somebody({ hd: 'elsewhere.example' });
    expect((await newBrowser().signIn('workspace')).get('error')).toBe('provider_domain_not_allowed');
    idp.account = somebody({ hd: 'example.org' });
    expect((await signedIn('workspace')).token).toMatch(/^ey/);
    expect(new URL(await newBrowser().start('workspace')).searchParams.get('hd')).toBe('example.org');
  });

  it('keeps the same subject of two providers apart', async () => {
    const { token } = await signedIn('company');
    idp.account = { ...idp.account, email: somebody().email };
    const { token: other } = await signedIn('other');
    const [one, two] = await Promise.all(
      [token, other].map(async (of) => (await world.call('GET', '/me', { token: of })).body),
    );
    expect(two.id).not.toBe(one.id);
  });

  it('believes the provider where it says that it asked for a second factor', async () => {
    idp.amr = ['pwd', 'mfa'];
    await signedIn();
    expect((await auditTrail(world))[0]?.['detail']).toContain('"has_second_factor":true');
    idp.amr = ['pwd'];
    await signedIn();
    expect((await auditTrail(world))[0]?.['detail']).toContain('"has_second_factor":false');
  });
});

describe('an authenticator app', () => {
  it('is asked for after the provider, in the words of signing in with a password', async () => {
    const { token } = await signedIn();
    const { secret } = (await world.call('POST', '/me/mfa', { token, body: {} })).body;
    const totp = new Totp('Imbi');
    const codeAt = (steps: number) => totp.code(secret, new Date(Date.now() + steps * 30_000));
    expect((await world.call('POST', '/me/mfa/verify', { token, body: { code: codeAt(0) } })).status).toBe(200);
    const browser = newBrowser();
    const code = (await browser.signIn('company')).get('code');
    for (const [given, refusal] of [
      [{}, 'mfa_required'],
      [{ mfa_code: codeAt(0) }, 'mfa_invalid'],
    ] as const) {
      expect((await browser.exchange(code, given)).body.code).toBe(refusal);
    }
    expect((await browser.exchange(code, { mfa_code: codeAt(1) })).status).toBe(200);
    idp.amr = ['mfa'];
    await signedIn();
  });
});

describe('a second factor', () => {
  const asked: unknown[][] = [];
  let asking: { mockRestore(): void };

  beforeAll(() => {
    const factor = world.app.get(SecondFactor, { strict: false });
    asking = jest.spyOn(factor, 'prove').mockImplementation(async (userId, code) => {
      asked.push([userId, code]);
      if (code !== '492039') throw new DomainError('mfa_required', 'unauthenticated', 'A code, please.');
    });
  });

  afterAll(() => asking.mockRestore());

  it('is asked for, and the code of the sign-in waits for it, for five minutes', async () => {
    const browser = newBrowser();
    const code = (await browser.signIn('company')).get('code');
    for (const wrong of [{}, { mfa_code: '000000' }]) {
      const refused = await browser.exchange(code, wrong);
      expect([refused.status, refused.body.code]).toEqual([401, 'mfa_required']);
    }
    const { rows } = await sql<{ seconds: number }>`
      select extract(epoch from max(expires_at) - now())::int as seconds from imbi_system.oauth_codes
    `.execute(world.platform.database.kysely);
    expect(rows[0]?.seconds).toBeGreaterThan(60);
    expect(rows[0]?.seconds).toBeLessThanOrEqual(300);
    expect((await browser.exchange(code, { mfa_code: '492039' })).status).toBe(200);
    expect((await browser.exchange(code, { mfa_code: '492039' })).status).toBe(401);
    const user = await userOf(idp.account.email);
    expect(asked).toEqual([
      [user?.id, undefined],
      [user?.id, '000000'],
      [user?.id, '492039'],
    ]);
  });

  it('is not asked of whoever has not the browser of the code', async () => {
    asked.length = 0;
    const code = (await newBrowser().signIn('company')).get('code');
    expect((await newBrowser().exchange(code, { mfa_code: '492039' })).body.code).toBe('invalid_sign_in_code');
    expect(asked).toEqual([]);
  });

  it('that is switched on in the same moment is not passed by', async () => {
    const browser = newBrowser();
    const code = (await browser.signIn('company')).get('code');
    const factor = world.app.get(SecondFactor, { strict: false });
    const switching = jest.spyOn(factor, 'prove').mockImplementationOnce(async (userId) => {
      const set = { mfa_enabled_at: new Date().toISOString() };
      await world.platform.graph.transaction((tx) => tx.patch(User, userId, { set }));
    });
    expect((await browser.exchange(code)).body.code).toBe('invalid_sign_in_code');
    expect(switching).toHaveBeenCalled();
  });

  it('is not asked for where the provider says that it has been', async () => {
    asked.length = 0;
    idp.amr = ['otp', 'mfa'];
    await signedIn();
    Object.assign(idp, { amr: undefined, acr: 'urn:test:strong' });
    await signedIn();
    expect(asked).toEqual([]);
    idp.acr = 'urn:test:weak';
    const browser = newBrowser();
    const told = await browser.signIn('company');
    expect((await browser.exchange(told.get('code'))).body.code).toBe('mfa_required');
  });
});

describe('where the settings are as they come', () => {
  let strict: AuthWorld;

  beforeAll(async () => {
    strict = await providerWorld();
    await addProvider(strict, {
      slug: 'closed',
      type: 'oidc',
      issuer_url: idp.issuer,
      allowed_domains: ['example.org'],
    });
  });

  afterAll(() => strict?.close());

  it('strangers stay out, and addresses link nobody', async () => {
    expect(Object.fromEntries(await new Browser(strict).signIn('closed'))).toEqual({ error: 'no_linked_account' });
    const { email } = await strict.userWith();
    idp.account = somebody({ email });
    expect((await new Browser(strict).signIn('closed')).get('error')).toBe('account_link_required');
  });
});
