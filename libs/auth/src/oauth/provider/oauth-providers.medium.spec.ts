import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import type { AuthWorld } from '../../../test/auth-world.js';
import { addProvider, auditTrail, providerWorld } from '../../../test/provider-world.js';
import { OAuthProvider } from '../model/oauth.vertex.js';
import { ProviderRegistry } from './provider-registry.js';

const SECRET = 'a-secret-that-must-never-be-answered';
const ISSUER = 'https://id.example.org';
const body = {
  slug: 'company',
  type: 'oidc',
  name: 'Company',
  client_id: 'imbi',
  client_secret: SECRET,
  issuer_url: ISSUER,
};

let world: AuthWorld;

beforeAll(async () => {
  world = await providerWorld();
});

afterAll(() => world?.close());

const at = (slug: string) => `/admin/oauth-providers/${slug}`;

async function storedSecret(slug: string): Promise<string | undefined> {
  const { read } = world.platform.graph;
  return read.reveal(OAuthProvider, (await read.find(OAuthProvider, { slug }))?.id ?? '', 'client_secret');
}

describe('sign-in providers', () => {
  it('are created, read, changed and deleted', async () => {
    const created = await world.call('POST', '/admin/oauth-providers', { body });
    expect([created.status, created.headers['location'], created.headers['etag']]).toEqual([
      201,
      '/api/admin/oauth-providers/company',
      '"1"',
    ]);
    expect(created.body).toEqual({
      id: expect.any(String),
      slug: 'company',
      type: 'oidc',
      name: 'Company',
      enabled: true,
      client_id: 'imbi',
      has_secret: true,
      issuer_url: ISSUER,
      allowed_domains: [],
      icon: null,
      callback_url: 'https://imbi.test/api/auth/providers/company/callback',
      created_at: expect.any(String),
      updated_at: expect.any(String),
      version: 1,
    });
    expect((await world.call('GET', at('company'))).body).toEqual(created.body);
    const changes = { name: 'Company account', enabled: false };
    expect((await world.call('PATCH', at('company'), { body: changes, headers: { 'if-match': '"7"' } })).status).toBe(
      412,
    );
    const changed = await world.call('PATCH', at('company'), { body: changes, headers: { 'if-match': '"1"' } });
    expect(changed.body).toMatchObject({ ...changes, has_secret: true, version: 2 });
    expect((await world.call('DELETE', at('company'))).status).toBe(204);
    expect((await world.call('GET', at('company'))).status).toBe(404);
  });

  it('never answer their secret, and keep it encrypted', async () => {
    const created = await world.call('POST', '/admin/oauth-providers', { body: { ...body, slug: 'secretive' } });
    const answers = [
      created,
      await world.call('GET', at('secretive')),
      await world.call('GET', '/admin/oauth-providers'),
      await world.call('PATCH', at('secretive'), { body: { client_secret: `${SECRET}-2` } }),
      await world.call('GET', '/auth/providers'),
    ];
    expect(JSON.stringify(answers.map((answer) => answer.body))).not.toContain(SECRET);
    expect(await storedSecret('secretive')).toBe(`${SECRET}-2`);
    for (const table of ['imbi."OAuthProvider"', 'imbi_system.outbox']) {
      const { rows } = await sql<{ text: string }>`select t::text as text from ${sql.raw(table)} t`.execute(
        world.platform.database.kysely,
      );
      expect(rows.length).toBeGreaterThan(0);
      expect(rows.map(({ text }) => text).join('\n')).not.toContain(SECRET);
    }
  });

  it('keep their secret through changes of other things, and lose it by null alone', async () => {
    await addProvider(world, { ...body, type: 'oidc', slug: 'kept' });
    const patch = async (changes: object, type = 'application/merge-patch+json') =>
      (await world.call('PATCH', at('kept'), { body: changes, headers: { 'content-type': type } })).body;
    expect(await patch({ name: 'Other' })).toMatchObject({ name: 'Other', has_secret: true });
    expect(await storedSecret('kept')).toBe(SECRET);
    const copied = await patch([{ op: 'copy', from: '/client_secret', path: '/name' }], 'application/json-patch+json');
    expect(copied.name).not.toContain(SECRET);
    expect(await storedSecret('kept')).toBe(SECRET);
    expect(await patch({ client_secret: null })).toMatchObject({ has_secret: false });
    expect(await storedSecret('kept')).toBeUndefined();
    expect(await patch({ client_secret: 'again' })).toMatchObject({ has_secret: true });
  });

  it.each([
    ['no issuer of OpenID Connect', { issuer_url: null }, '/issuer_url'],
    ['an issuer without TLS', { issuer_url: 'http://id.example.org' }, '/issuer_url'],
    ['a private issuer', { issuer_url: 'https://10.0.0.1' }, '/issuer_url'],
    ['an issuer on the server itself', { issuer_url: 'https://localhost' }, '/issuer_url'],
    ['an issuer with a password', { issuer_url: 'https://a:b@id.example.org' }, '/issuer_url'],
    ['an issuer with a query', { issuer_url: `${ISSUER}?a=b` }, '/issuer_url'],
    ['an unknown type', { type: 'saml' }, '/type'],
    ['a domain that is none', { allowed_domains: ['@example.org'] }, '/allowed_domains'],
    ['a domain in upper case', { allowed_domains: ['Example.org'] }, '/allowed_domains'],
    ['a slug with a slash', { slug: 'a/b' }, '/slug'],
  ])('are refused with %s', async (_what, wrong, pointer) => {
    const { status, body: problem } = await world.call('POST', '/admin/oauth-providers', {
      body: { ...body, ...wrong },
    });
    expect([status, problem.errors?.[0]?.pointer]).toEqual([422, pointer]);
  });

  it('refuse what only the server writes', async () => {
    await addProvider(world, { ...body, type: 'oidc', slug: 'owned' });
    for (const wrong of [{ has_secret: false }, { callback_url: 'https://evil.example' }, { version: 9 }]) {
      expect((await world.call('PATCH', at('owned'), { body: wrong })).status).toBe(400);
    }
  });

  it('have one slug each', async () => {
    await addProvider(world, { ...body, type: 'oidc', slug: 'taken' });
    const again = await world.call('POST', '/admin/oauth-providers', { body: { ...body, slug: 'taken' } });
    expect([again.status, again.body.code]).toEqual([409, 'already_exists']);
  });

  it('need their permissions', async () => {
    await world.role('provider-reader', ['oauth-providers:read']);
    const { token } = await world.userWith([['provider-reader', null]]);
    const { token: stranger } = await world.userWith();
    expect((await world.call('GET', '/admin/oauth-providers', { token })).status).toBe(200);
    expect((await world.call('POST', '/admin/oauth-providers', { token, body })).status).toBe(403);
    expect((await world.call('GET', '/admin/oauth-providers', { token: stranger })).status).toBe(403);
    expect((await world.call('PUT', '/admin/local-auth', { token, body: { enabled: true } })).status).toBe(403);
  });

  it('leave an audit event of every change, with what changed', async () => {
    await addProvider(world, { ...body, type: 'oidc', slug: 'audited' });
    await world.call('PATCH', at('audited'), { body: { name: 'Renamed', client_secret: 'new' } });
    await world.call('DELETE', at('audited'));
    const events = await auditTrail(world, 3);
    expect(events.map(({ action }) => action)).toEqual([
      'oauth_provider.delete',
      'oauth_provider.update',
      'oauth_provider.create',
    ]);
    expect(JSON.parse(events[1]?.['detail'] ?? '')).toMatchObject({
      slug: 'audited',
      changed: ['name', 'client_secret'],
    });
    expect(events[1]).toMatchObject({ actor_id: world.admin.id, resource_kind: 'OAuthProvider' });
  });
});

describe('the public list of providers', () => {
  it('shows the enabled ones by pages, and nothing that is not for everybody', async () => {
    for (const provider of (await world.call('GET', '/admin/oauth-providers')).body.items) {
      await world.call('DELETE', at(provider.slug));
    }
    for (const slug of ['b', 'a', 'c'])
      await addProvider(world, { ...body, type: 'oidc', slug, name: `Provider ${slug}` });
    await addProvider(world, { ...body, type: 'oidc', slug: 'off', enabled: false });
    const first = await world.app.inject({ url: '/api/auth/providers?limit=2&count=exact' });
    const item = (slug: string) => ({
      slug,
      name: `Provider ${slug}`,
      type: 'oidc',
      icon: null,
      start_url: `/api/auth/providers/${slug}/start`,
    });
    expect(first.json()).toEqual({ items: [item('a'), item('b')], next_cursor: expect.any(String), total: 3 });
    const next = await world.app.inject({ url: `/api/auth/providers?limit=2&cursor=${first.json().next_cursor}` });
    expect(next.json()).toEqual({ items: [item('c')], next_cursor: null });
    const turned = await world.app.inject({ url: '/api/auth/providers?sort=-name' });
    expect(turned.json().items.map(({ slug }: { slug: string }) => slug)).toEqual(['c', 'b', 'a']);
  });

  it('follows a change at once on every replica', async () => {
    const replicas = [1, 2].map(() => new ProviderRegistry(world.platform.database, world.platform.graph));
    const seen = () => Promise.all(replicas.map(async (replica) => (await replica.find('a'))?.name));
    expect(await seen()).toEqual(['Provider a', 'Provider a']);
    await world.call('PATCH', at('a'), { body: { name: 'Renamed' } });
    expect(await seen()).toEqual(['Renamed', 'Renamed']);
    await world.call('PATCH', at('a'), { body: { enabled: false } });
    expect(await seen()).toEqual([undefined, undefined]);
  });

  it('is read from memory while nothing changes, for half a minute', async () => {
    const registry = new ProviderRegistry(world.platform.database, world.platform.graph);
    const start = Date.now();
    const first = await registry.list(start);
    expect(await registry.list(start + 29_000)).toBe(first);
    expect(await registry.list(start + 31_000)).not.toBe(first);
  });
});
