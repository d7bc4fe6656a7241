import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Controller, Delete, Get, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { sql } from 'kysely';
import { Client as PgClient } from 'pg';
import { currentActor, requestContext } from '#libs/common';
import { Authenticated, createHttpApp, Metrics, Public, RequirePermission } from '#libs/http';
import { type AuthPlatform, authPlatform, TestOrganization } from '#test/auth';
import { AuthHttpModule } from '../auth-http.module.js';
import { AuthSeeder } from '../seed/auth-seeder.js';
import { UsersService, type UserVertex } from '../user/users.service.js';

const PASSWORD = 'Correct-Horse-9-Battery';

@Controller()
class ProbeController {
  @Get('probe/public')
  @Public()
  open() {
    return { actor: currentActor().kind };
  }

  @Get('probe/mine')
  @Authenticated()
  mine() {
    return { actor: currentActor().id, credential: requestContext.current()?.credentialId };
  }

  @Get('probe/queues')
  @RequirePermission('queues:read')
  queues() {
    return {};
  }

  @Get('organizations/:org/projects')
  @RequirePermission('project:read')
  projects() {
    return { organization_id: requestContext.current()?.organizationId };
  }

  @Delete('organizations/:org')
  @RequirePermission('organization:delete')
  remove() {
    return {};
  }

  @Get('organizations/:org/greeting')
  @Authenticated()
  greeting() {
    return {};
  }
}

@Module({ controllers: [ProbeController] })
class ProbeModule {}

let platform: AuthPlatform;
let app: NestFastifyApplication;
let admin: UserVertex;
let viewer: UserVertex;

beforeAll(async () => {
  platform = await authPlatform({
    IMBI_RATE_LIMIT_LOGIN_PER_MINUTE: '10000',
    IMBI_RATE_LIMIT_REFRESH_PER_MINUTE: '10000',
    IMBI_AUTH_MAX_CONCURRENT_SESSIONS: '50',
  });
  const root = { module: class RootModule {}, imports: [platform.module, AuthHttpModule, ProbeModule] };
  app = await createHttpApp(root, platform.config);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  await app.get(AuthSeeder, { strict: false }).seed();
  const users = app.get(UsersService, { strict: false });
  const [acme] = await platform.graph.transaction((tx) =>
    tx.insertMany(TestOrganization, [{ slug: 'acme' }, { slug: 'rival' }]),
  );
  admin = await users.create({ email: 'admin@example.org', displayName: 'Admin', password: PASSWORD, isAdmin: true });
  viewer = await users.create({ email: 'viewer@example.org', displayName: 'Viewer', password: PASSWORD });
  await users.assignRole({ userId: viewer.id, role: 'viewer', organizationId: acme?.id ?? null });
});

afterAll(async () => {
  await app?.close();
  await platform?.close();
});

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server answers, the assertions say what it must be
  body: any;
}

async function call(method: 'GET' | 'POST' | 'DELETE', url: string, token?: string, payload?: object): Promise<Answer> {
  const response = await app.inject({
    method,
    url,
    payload,
    remoteAddress: '192.0.2.10',
    headers: { 'user-agent': 'spec', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
  });
  const body = response.body === '' ? undefined : response.json();
  return { status: response.statusCode, headers: response.headers, body };
}

async function signIn(user: UserVertex): Promise<{ access_token: string; refresh_token: string; session_id: string }> {
  const { status, body } = await call('POST', '/api/auth/login', undefined, { email: user.email, password: PASSWORD });
  expect(status).toBe(200);
  return body;
}

describe('the routes of authentication', () => {
  it('sign in, say who one is, renew, and sign out', async () => {
    const login = await call('POST', '/api/auth/login', undefined, {
      email: 'VIEWER@example.org',
      password: PASSWORD,
      device_label: 'Laptop',
    });
    expect([login.status, login.headers['cache-control']]).toEqual([200, 'no-store']);
    expect(login.body).toEqual({
      access_token: expect.stringMatching(/^ey/),
      token_type: 'Bearer',
      expires_in: 3600,
      refresh_token: expect.stringMatching(/^imbi_rt_/),
      refresh_expires_in: expect.any(Number),
      session_id: expect.any(String),
    });
    const me = await call('GET', '/api/me', login.body.access_token);
    expect(me.body).toEqual({
      id: viewer.id,
      email: 'viewer@example.org',
      display_name: 'Viewer',
      avatar: null,
      kind: 'user',
      credential: 'session',
      mfa_enrollment_required: false,
      is_admin: false,
      session_id: login.body.session_id,
      permissions: [],
    });
    const there = await call('GET', '/api/me?organization=acme', login.body.access_token);
    expect(there.body.permissions).toContain('project:read');
    expect((await call('GET', '/api/me?organization=rival', login.body.access_token)).status).toBe(404);
    const renewed = await call('POST', '/api/auth/refresh', undefined, { refresh_token: login.body.refresh_token });
    expect(renewed.status).toBe(200);
    expect((await call('POST', '/api/auth/logout', renewed.body.access_token, {})).status).toBe(204);
    for (const token of [login.body.access_token, renewed.body.access_token]) {
      expect((await call('GET', '/api/me', token)).status).toBe(401);
    }
  });

  it('answer bad sign-ins with one and the same problem', async () => {
    const answers = [];
    for (const email of ['viewer@example.org', 'nobody@example.org']) {
      const { status, headers, body } = await call('POST', '/api/auth/login', undefined, { email, password: 'wrong' });
      answers.push({ status, challenge: headers['www-authenticate'], ...body, request_id: '' });
    }
    expect(answers[0]).toMatchObject({
      status: 401,
      code: 'invalid_credentials',
      type: '/docs/errors/invalid_credentials',
    });
    expect(answers[1]).toEqual(answers[0]);
  });

  it('list one’s sessions by pages and end one of them', async () => {
    const [one, two] = [await signIn(viewer), await signIn(viewer)];
    const page = await call('GET', '/api/me/sessions?limit=1&count=exact', two.access_token);
    expect(page.body.items).toEqual([
      expect.objectContaining({ id: two.session_id, is_current: true, ip: '192.0.2.10' }),
    ]);
    expect(page.body.total).toBeGreaterThanOrEqual(2);
    const next = await call('GET', `/api/me/sessions?limit=1&cursor=${page.body.next_cursor}`, two.access_token);
    expect(next.body.items).toEqual([expect.objectContaining({ id: one.session_id, is_current: false })]);
    expect((await call('DELETE', `/api/me/sessions/${one.session_id}`, two.access_token)).status).toBe(204);
    expect((await call('GET', '/api/me', one.access_token)).status).toBe(401);
    expect((await call('DELETE', `/api/me/sessions/${one.session_id}`, two.access_token)).status).toBe(404);
    const stranger = await signIn(admin);
    expect((await call('DELETE', `/api/me/sessions/${stranger.session_id}`, two.access_token)).status).toBe(404);
    expect((await call('GET', '/api/me', stranger.access_token)).status).toBe(200);
  });

  it('end the session of a refresh token that comes back from elsewhere, and count it', async () => {
    const { refresh_token, access_token } = await signIn(viewer);
    const refresh = (userAgent: string) =>
      app.inject({
        method: 'POST',
        url: '/api/auth/refresh',
        payload: { refresh_token },
        headers: { 'user-agent': userAgent },
      });
    expect((await refresh('spec')).statusCode).toBe(200);
    expect((await refresh('thief')).json().code).toBe('invalid_refresh_token');
    expect((await call('GET', '/api/me', access_token)).status).toBe(401);
    const metrics = await app.get(Metrics, { strict: false }).render();
    expect(metrics).toContain('imbi_refresh_token_reuses_total 1');
  });

  it('sign out everywhere at once', async () => {
    const [one, two] = [await signIn(viewer), await signIn(viewer)];
    expect((await call('POST', '/api/auth/logout', one.access_token, { all_sessions: true })).status).toBe(204);
    expect((await call('GET', '/api/me', two.access_token)).status).toBe(401);
  });

  it('publish the keys that tokens are signed with', async () => {
    const { access_token } = await signIn(viewer);
    const { status, body } = await call('GET', '/.well-known/jwks.json');
    expect(status).toBe(200);
    const { kid } = JSON.parse(Buffer.from(access_token.split('.')[0] ?? '', 'base64url').toString());
    expect(body.keys).toEqual([expect.objectContaining({ kid, alg: 'ES256', use: 'sig', kty: 'EC' })]);
    expect(JSON.stringify(body)).not.toContain('"d"');
  });
});

describe('the guard', () => {
  let tokens: Record<string, string | undefined>;

  beforeAll(async () => {
    tokens = {
      anonymous: undefined,
      forged: `${(await signIn(admin)).access_token.slice(0, -4)}AAAA`,
      viewer: (await signIn(viewer)).access_token,
      admin: (await signIn(admin)).access_token,
    };
  });

  it.each([
    ['GET', '/api/probe/public', { anonymous: 200, forged: 200, viewer: 200, admin: 200 }],
    ['GET', '/api/probe/mine', { anonymous: 401, forged: 401, viewer: 200, admin: 200 }],
    ['GET', '/api/probe/queues', { anonymous: 401, forged: 401, viewer: 403, admin: 200 }],
    ['GET', '/api/organizations/acme/projects', { anonymous: 401, forged: 401, viewer: 200, admin: 200 }],
    ['DELETE', '/api/organizations/acme', { anonymous: 401, forged: 401, viewer: 403, admin: 200 }],
    ['GET', '/api/organizations/acme/greeting', { anonymous: 401, forged: 401, viewer: 200, admin: 200 }],
    ['GET', '/api/organizations/rival/projects', { anonymous: 401, forged: 401, viewer: 404, admin: 200 }],
    ['GET', '/api/organizations/rival/greeting', { anonymous: 401, forged: 401, viewer: 404, admin: 200 }],
    ['DELETE', '/api/organizations/rival', { anonymous: 401, forged: 401, viewer: 404, admin: 200 }],
    ['GET', '/api/organizations/nowhere/projects', { anonymous: 401, forged: 401, viewer: 404, admin: 404 }],
    ['GET', '/api/organizations/%00%27/projects', { anonymous: 401, forged: 401, viewer: 404, admin: 404 }],
    ['GET', '/api/no/such/route', { anonymous: 401, forged: 401, viewer: 404, admin: 404 }],
  ] as const)('%s %s', async (method, url, expected) => {
    for (const [who, status] of Object.entries(expected)) {
      const answer = await call(method, url, tokens[who]);
      expect([who, answer.status]).toEqual([who, status]);
      if (status >= 400) expect(String(answer.headers['content-type'])).toMatch(/^application\/problem\+json/);
      if (status === 401) expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm="imbi"/);
    }
  });

  it('tells a foreign organization from one that does not exist in no way', async () => {
    const answers = [];
    for (const slug of ['rival', 'nowhere']) {
      const { body } = await call('GET', `/api/organizations/${slug}/projects`, tokens['viewer']);
      answers.push(JSON.stringify({ ...body, request_id: '' }).replaceAll(slug, 'x'));
    }
    expect(answers[0]).toBe(answers[1]);
  });

  it('makes the caller the actor of the request, and the organization its place', async () => {
    const mine = await call('GET', '/api/probe/mine', tokens['viewer']);
    expect(mine.body).toEqual({ actor: viewer.id, credential: expect.any(String) });
    const projects = await call('GET', '/api/organizations/acme/projects', tokens['viewer']);
    const acme = await platform.graph.read.find(TestOrganization, { slug: 'acme' });
    expect(projects.body).toEqual({ organization_id: acme?.id });
    expect((await call('GET', '/api/probe/public', tokens['viewer'])).body).toEqual({ actor: 'anonymous' });
  });

  it('costs a request one statement', async () => {
    const query = jest.spyOn(PgClient.prototype, 'query');
    for (let request = 0; request < 3; request += 1) {
      await call('GET', '/api/organizations/acme/projects', tokens['viewer']);
      await call('GET', '/api/probe/mine', tokens['admin']);
    }
    expect(query).toHaveBeenCalledTimes(6);
    query.mockRestore();
  });

  it('takes a role away on the next call', async () => {
    const users = app.get(UsersService, { strict: false });
    const user = await users.create({ email: 'temp@example.org', displayName: 'Temp', password: PASSWORD });
    const { access_token } = await signIn(user);
    const status = async () => (await call('GET', '/api/probe/queues', access_token)).status;
    expect(await status()).toBe(403);
    await users.assignRole({ userId: user.id, role: 'admin', organizationId: null });
    expect(await status()).toBe(200);
    await users.setActive(user.id, false);
    expect(await status()).toBe(401);
  });

  it('records what it denied, and who was denied', async () => {
    await call('DELETE', '/api/organizations/acme', tokens['viewer']);
    const { rows } = await sql<{ payload: Record<string, string> }>`
      select payload from imbi_system.outbox where name = 'audit_events' order by seq desc limit 1
    `.execute(platform.database.kysely);
    expect(rows[0]?.payload).toMatchObject({
      action: 'auth.access',
      outcome: 'denied',
      reason: 'missing_permission',
      actor_id: viewer.id,
      ip: '192.0.2.10',
      detail: JSON.stringify({ method: 'DELETE', route: '/api/organizations/:org', permission: 'organization:delete' }),
    });
  });
});
