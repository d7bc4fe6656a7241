import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type AuthWorld, PASSWORD } from '../../../test/auth-world.js';
import { CertifiedIdp } from '../../../test/certified-idp.js';
import { addProvider, auditTrail, Browser, PUBLIC_URL, providerWorld } from '../../../test/provider-world.js';
import { switchLocalAuthOn } from '../local-auth/way-in.js';
import { OAuthIdentity } from '../model/oauth.vertex.js';

let world: AuthWorld;
let idp: CertifiedIdp;
let subjects = 0;

beforeAll(async () => {
  world = await providerWorld({ IMBI_OAUTH_AUTO_CREATE_USERS: 'true' });
  const redirectUris = ['company', 'second'].map((slug) => `${PUBLIC_URL}/api/auth/providers/${slug}/callback`);
  idp = await CertifiedIdp.start({ redirectUris });
  for (const slug of ['company', 'second']) await addProvider(world, { slug, type: 'oidc', issuer_url: idp.issuer });
});

afterAll(async () => {
  await idp?.stop();
  await world?.close();
});

beforeEach(() => {
  subjects += 1;
  idp.account = { sub: `linked-${subjects}`, email: `l${subjects}@example.org`, email_verified: true, name: 'Linked' };
});

/** Links the account at the provider to the user of the token; what the page at the end is told. */
async function link(token: string, slug = 'company', browser = new Browser(world)): Promise<URLSearchParams> {
  const begun = await browser.post(`/api/me/identities/${slug}/link`, {}, token);
  expect({ status: begun.status, code: begun.body.code }).toEqual({ status: 200 });
  return browser.finish(await browser.visit(begun.body.authorization_url));
}

async function signIn(slug = 'company'): Promise<string> {
  const browser = new Browser(world);
  const told = await browser.signIn(slug);
  return told.get('error') ?? (await browser.exchange(told.get('code'))).body.access_token;
}

const identitiesOf = async (token: string) => (await world.call('GET', '/me/identities', { token })).body.items;

describe('the caller’s accounts at providers', () => {
  it('are linked from a session, listed, and signed in with', async () => {
    const { id, token } = await world.userWith();
    expect(Object.fromEntries(await link(token))).toEqual({ linked: 'company' });
    expect((await auditTrail(world))[0]).toMatchObject({ action: 'user.identity.link', resource_id: id });
    expect(await identitiesOf(token)).toEqual([
      {
        id: expect.any(String),
        provider: 'company',
        provider_name: 'company',
        is_enabled: true,
        email: idp.account.email,
        last_signed_in_at: null,
        created_at: expect.any(String),
      },
    ]);
    const other = await signIn();
    expect((await world.call('GET', '/me', { token: other })).body.id).toBe(id);
    expect((await identitiesOf(other))[0].last_signed_in_at).toEqual(expect.any(String));
  });

  it('can be linked twice by the same user, which is once', async () => {
    const { token } = await world.userWith();
    await link(token);
    expect(Object.fromEntries(await link(token))).toEqual({ linked: 'company' });
    expect(await identitiesOf(token)).toHaveLength(1);
  });

  it('are of one user', async () => {
    const [one, two] = [await world.userWith(), await world.userWith()];
    await link(one.token);
    expect(Object.fromEntries(await link(two.token))).toEqual({ error: 'identity_taken' });
    expect(await identitiesOf(two.token)).toEqual([]);
  });

  it('are not linked where the user has signed out meanwhile, or in another browser', async () => {
    const { token } = await world.userWith();
    const browser = new Browser(world);
    const begun = await browser.post('/api/me/identities/company/link', {}, token);
    const back = await browser.visit(begun.body.authorization_url);
    await world.call('POST', '/auth/logout', { token, body: {} });
    expect((await browser.finish(back)).get('error')).toBe('sign_in_expired');
    const { token: another } = await world.userWith();
    const attacker = new Browser(world);
    const theirs = await attacker.post('/api/me/identities/company/link', {}, another);
    const address = await attacker.visit(theirs.body.authorization_url);
    expect((await new Browser(world).open(address)).status).toBe(400);
    expect(await identitiesOf(another)).toEqual([]);
  });

  it('are changed by who has signed in lately alone', async () => {
    const { token } = await world.userWith();
    await link(token);
    const [identity] = await identitiesOf(token);
    const later = Date.now() + 16 * 60_000;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => later);
    const begun = await new Browser(world).post('/api/me/identities/second/link', {}, token);
    expect([begun.status, begun.body.code]).toEqual([403, 'fresh_sign_in_required']);
    const unlinked = await world.call('DELETE', `/me/identities/${identity.id}`, { token });
    clock.mockRestore();
    expect([unlinked.status, unlinked.body.code]).toEqual([403, 'fresh_sign_in_required']);
  });

  it('are unlinked, and then sign nobody in', async () => {
    const { token, email } = await world.userWith();
    await link(token);
    const [identity] = await identitiesOf(token);
    const { token: stranger } = await world.userWith();
    expect((await world.call('DELETE', `/me/identities/${identity.id}`, { token: stranger })).status).toBe(404);
    expect((await world.call('DELETE', `/me/identities/${identity.id}`, { token })).status).toBe(204);
    expect((await auditTrail(world))[0]).toMatchObject({ action: 'user.identity.unlink', outcome: 'success' });
    idp.account = { ...idp.account, email };
    expect(await signIn()).toBe('account_link_required');
  });

  it('are never the last way in that is unlinked', async () => {
    const token = await signIn();
    const [first] = await identitiesOf(token);
    const refused = await world.call('DELETE', `/me/identities/${first.id}`, { token });
    expect([refused.status, refused.body.code]).toEqual([409, 'last_sign_in_method']);
    await link(token, 'second');
    const [, second] = await identitiesOf(token);
    const both = await Promise.all(
      [first, second].map(({ id }) => world.call('DELETE', `/me/identities/${id}`, { token })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([204, 409]);
  });

  it('of a provider that is switched off are no way in', async () => {
    const token = await signIn('company');
    await addProvider(world, { slug: 'leaving', type: 'oidc', issuer_url: idp.issuer });
    await world.platform.graph.transaction(async (tx) => {
      const { items } = await tx.list(OAuthIdentity, { where: { subject: idp.account.sub }, limit: 1 });
      expect(items).toHaveLength(1);
    });
    await link(token, 'second');
    await world.call('PATCH', '/admin/oauth-providers/second', { body: { enabled: false } });
    const [first] = await identitiesOf(token);
    expect((await world.call('DELETE', `/me/identities/${first.id}`, { token })).body.code).toBe('last_sign_in_method');
    await world.call('PATCH', '/admin/oauth-providers/second', { body: { enabled: true } });
  });

  it('go with their user', async () => {
    const token = await signIn();
    const { id } = (await world.call('GET', '/me', { token })).body;
    expect((await world.call('DELETE', `/users/${id}`)).status).toBe(204);
    expect(await world.platform.graph.read.find(OAuthIdentity, { subject: idp.account.sub })).toBeUndefined();
    expect(await signIn()).toMatch(/^ey/);
  });

  it('keep their provider from being deleted, or from becoming another one', async () => {
    await signIn();
    for (const changes of [{ issuer_url: 'https://evil.example' }, { type: 'github' }]) {
      const moved = await world.call('PATCH', '/admin/oauth-providers/company', { body: changes });
      expect([moved.status, moved.body.code]).toEqual([409, 'in_use']);
    }
    const deleted = await world.call('DELETE', '/admin/oauth-providers/company');
    expect([deleted.status, deleted.body.details.counts.identities]).toEqual([409, expect.any(Number)]);
  });
});

describe('sign-in with a password', () => {
  const set = (enabled: boolean) => world.call('PUT', '/admin/local-auth', { body: { enabled } });
  const login = () => world.tryToSignIn(world.admin.email, PASSWORD);

  let otherAdmin: string;

  beforeAll(async () => {
    const email = 'second-admin@example.org';
    await world.users.create({ email, displayName: 'Second', password: PASSWORD, isAdmin: true });
    otherAdmin = await world.signIn(email);
  });

  it('cannot be switched off before an administrator has signed in with a provider', async () => {
    expect((await world.call('GET', '/admin/local-auth')).body).toEqual({ enabled: true });
    const refused = await set(false);
    expect([refused.status, refused.body.code]).toEqual([409, 'local_auth_needed']);
    await link(world.adminToken);
    expect((await set(false)).status).toBe(409);
    expect((await login()).status).toBe(200);
    expect(await signIn()).toMatch(/^ey/);
    expect((await set(false)).body).toEqual({ enabled: false });
    expect((await auditTrail(world))[0]).toMatchObject({ action: 'auth.local.disable', actor_id: world.admin.id });
    const off = await login();
    expect([off.status, off.body.code]).toEqual([403, 'local_login_disabled']);
    expect((await auditTrail(world))[0]).toMatchObject({ outcome: 'denied', reason: 'local_login_disabled' });
  });

  it('while it is off, no administrator’s last way in can be taken away', async () => {
    expect((await world.call('GET', '/admin/local-auth')).body).toEqual({ enabled: false });
    const off = await world.call('PATCH', '/admin/oauth-providers/company', { body: { enabled: false } });
    expect([off.status, off.body.code]).toEqual([409, 'local_auth_needed']);
    for (const changes of [{ is_active: false }, { is_admin: false }]) {
      const demoted = await world.call('PATCH', `/users/${world.admin.id}`, { body: changes, token: otherAdmin });
      expect([demoted.status, demoted.body.code]).toEqual([409, 'local_auth_needed']);
    }
    const deleted = await world.call('DELETE', `/users/${world.admin.id}`, { token: otherAdmin });
    expect([deleted.status, deleted.body.code]).toEqual([409, 'local_auth_needed']);
    const [identity] = await identitiesOf(world.adminToken);
    const unlinked = await world.call('DELETE', `/me/identities/${identity.id}`);
    expect([unlinked.status, unlinked.body.code]).toEqual([409, 'last_sign_in_method']);
    expect((await world.call('GET', '/me')).status).toBe(200);
  });

  it('can be switched on by who has the database', async () => {
    expect(await switchLocalAuthOn(world.platform.database)).toBe(true);
    expect((await auditTrail(world))[0]).toMatchObject({ action: 'auth.local.enable', actor_kind: 'system' });
    expect(await switchLocalAuthOn(world.platform.database)).toBe(false);
    expect((await login()).status).toBe(200);
    expect((await set(false)).status).toBe(200);
  });

  it('can be switched on again', async () => {
    expect((await set(true)).body).toEqual({ enabled: true });
    expect((await set(true)).status).toBe(200);
    expect((await login()).status).toBe(200);
  });
});
