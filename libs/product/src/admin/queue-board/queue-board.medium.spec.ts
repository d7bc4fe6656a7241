import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { disabledAnalytics } from '#libs/analytics';
import { UsersService } from '#libs/auth';
import { loadConfig } from '#libs/config';
import { generateKey, KeyRing } from '#libs/crypto';
import { Database } from '#libs/database';
import { defineJob, enqueue, OnJob, PermanentJobError, Queues } from '#libs/queue';
import { type TestDatabase, testDatabase } from '#test/database';
import { testQueues } from '#test/redis';
import { type RunningApi, startApi } from '../../start-api.js';

const ADMIN = { email: 'admin@example.org', password: 'Correct-horse-battery-7' };
const ORIGIN = 'http://board.test';
const doomed = defineJob<{ secret: string }>('board-spec/doomed', { attempts: 1 });

class Handlers {
  @OnJob(doomed)
  async fail(): Promise<void> {
    throw new PermanentJobError('no luck');
  }
}

@Module({ providers: [Handlers] })
class HandlersModule {}

const store = testQueues();
let database: TestDatabase;
let api: RunningApi;
let keys: KeyRing;

beforeAll(async () => {
  database = await testDatabase();
  keys = new KeyRing([generateKey()]);
  api = await startApi({
    config: loadConfig({
      NODE_ENV: 'test',
      IMBI_PORT: '0',
      IMBI_RATE_LIMIT_LOGIN_PER_MINUTE: '1000',
      IMBI_BOOTSTRAP_ADMIN_EMAIL: ADMIN.email,
      IMBI_BOOTSTRAP_ADMIN_PASSWORD: ADMIN.password,
      ...store.environment,
    }),
    database: database.databaseConfig,
    analytics: disabledAnalytics(),
    keys,
    jobs: true,
    extraModules: [HandlersModule],
  });
});

afterAll(async () => {
  await api?.stop();
  await store.close();
  await database?.close();
});

function send(path: string, options: { method?: string; cookie?: string; origin?: string; body?: object } = {}) {
  const { method = 'GET', cookie, origin, body } = options;
  return fetch(api.url + path, {
    method,
    headers: {
      accept: 'text/html,*/*',
      ...(cookie && { cookie }),
      ...(origin && { origin }),
      ...(body && { 'content-type': 'application/json' }),
    },
    body: body && JSON.stringify(body),
  });
}

/** Sends an address as it stands, which fetch would tidy up. */
async function sendRaw(path: string, cookie: string): Promise<number | undefined> {
  const { hostname, port } = new URL(api.url);
  const headers = { cookie, origin: api.url };
  const request = httpRequest({ hostname, port, path, method: 'PUT', headers }).end();
  const [response] = await once(request, 'response');
  response.resume();
  return response.statusCode;
}

async function signIn(who: { email: string; password: string } = ADMIN): Promise<string> {
  const answer = await send('/api/auth/login', { method: 'POST', body: who });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  return token;
}

function openBoard(token: string): Promise<Response> {
  return fetch(`${api.url}/api/admin/queues/session`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  });
}

async function cookieOf(token: string): Promise<string> {
  const answer = await openBoard(token);
  expect(answer.status).toBe(204);
  return answer.headers.get('set-cookie')?.split(';')[0] ?? '';
}

async function requireMfa(require_mfa: boolean): Promise<void> {
  const answer = await fetch(`${api.url}/api/roles/admin`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${await signIn()}`, 'content-type': 'application/merge-patch+json' },
    body: JSON.stringify({ require_mfa }),
  });
  expect(answer.status).toBe(200);
}

async function eventually(isTrue: () => Promise<boolean>): Promise<void> {
  for (const until = Date.now() + 15_000; !(await isTrue()); ) {
    if (Date.now() > until) throw new Error('it did not come to pass');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function somebody() {
  const who = { email: 'somebody@example.org', password: 'Another-horse-battery-7' };
  await api.app.get(UsersService, { strict: false }).create({ ...who, displayName: 'Somebody' });
  return who;
}

describe('the board of queues', () => {
  it('shows a form to whoever is not signed in, and a problem to their programs', async () => {
    for (const path of ['/admin/queues', '/admin/queues/queue/events']) {
      const page = await send(path);
      expect([page.status, page.headers.get('content-type')]).toEqual([401, 'text/html; charset=utf-8']);
      expect(await page.text()).toContain('<form>');
    }
    const data = await send('/admin/queues/api/queues', { cookie: 'imbi_queue_board=made-up' });
    expect([data.status, data.headers.get('content-type')]).toEqual([401, 'application/problem+json; charset=utf-8']);
    expect(await data.json()).toMatchObject({ code: 'unauthenticated', status: 401 });
    expect((await send('/admin/queues/static/favicon.ico')).status).toBe(401);
    expect((await send('/admin/queues/sign-in.js')).headers.get('content-type')).toContain('javascript');
  });

  it('opens by a cookie that only it gets, and that no script can read', async () => {
    const answer = await openBoard(await signIn());
    expect(answer.headers.get('set-cookie')).toMatch(
      /^imbi_queue_board=[\w=-]+; HttpOnly; SameSite=Strict; Path=\/admin\/queues; Max-Age=900$/,
    );
    expect((await send('/api/admin/queues/session', { method: 'POST' })).status).toBe(401);
  });

  it('serves its page and data with a policy that lets it load nothing from elsewhere', async () => {
    const cookie = await cookieOf(await signIn());
    const page = await send('/admin/queues', { cookie });
    const html = await page.text();
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(html).toContain('Imbi queues');
    expect(html).not.toMatch(/(src|href)="https?:/);
    const [script = ''] = /static\/js\/main[^"]+/.exec(html) ?? [];
    expect((await send(`/admin/queues/${script}`, { cookie })).headers.get('content-type')).toContain('javascript');
    const { queues } = (await (await send('/admin/queues/api/queues', { cookie })).json()) as {
      queues: { name: string }[];
    };
    expect(queues.map(({ name }) => name)).toEqual(expect.arrayContaining(['board-spec', 'events', 'schedules']));
    const stats = await send('/admin/queues/api/redis/stats', { cookie });
    expect([stats.status, await stats.json()]).toEqual([
      200,
      expect.objectContaining({ backend: store.redisUrl ? 'redis' : 'postgres' }),
    ]);
  });

  it('shows a job that failed, and runs it again', async () => {
    const cookie = await cookieOf(await signIn());
    const id = await api.app
      .get(Database, { strict: false })
      .transaction(async (tx) => enqueue(tx, doomed, { secret: 'x' }));
    const queue = api.app.get(Queues, { strict: false }).get('board-spec');
    await eventually(async () => (await queue.getFailedCount()) === 1);
    const shown = await send(`/admin/queues/api/queues/board-spec/${id}`, { cookie });
    expect(await shown.json()).toMatchObject({ job: { id, failedReason: 'no luck' }, status: 'failed' });
    const first = (await queue.getJob(id))?.finishedOn;
    const retry = { method: 'PUT', cookie, origin: api.url };
    expect((await send(`/admin/queues/api/queues/board-spec/${id}/retry`, retry)).status).toBeLessThan(300);
    await eventually(async () => ((await queue.getJob(id))?.finishedOn ?? first) !== first);
  });

  it('is shut for who must set up a second factor first, also once it was open', async () => {
    const users = api.app.get(UsersService, { strict: false });
    const who = { email: 'operator@example.org', password: 'Another-horse-battery-7' };
    const { id } = await users.create({ ...who, displayName: 'Operator' });
    await users.assignRole({ userId: id, role: 'admin', organizationId: null });
    const token = await signIn(who);
    const cookie = await cookieOf(token);
    const look = async () => (await send('/admin/queues/api/queues', { cookie })).json();
    expect(await look()).toHaveProperty('queues');
    await requireMfa(true);
    expect(await look()).toMatchObject({ code: 'mfa_enrollment_required', status: 403 });
    expect((await openBoard(token)).status).toBe(403);
    await requireMfa(false);
  });

  it('makes and edits no jobs, whoever asks', async () => {
    const cookie = await cookieOf(await signIn());
    const write = (method: string, path: string) =>
      send(`/admin/queues/api/queues/board-spec/${path}`, { method, cookie, origin: api.url, body: {} });
    expect((await write('POST', 'add')).status).toBe(403);
    expect((await write('PATCH', '1/update-data')).status).toBe(403);
    expect((await write('PUT', 'obliterate')).status).toBe(403);
    expect(await sendRaw('/admin/queues/api/queues/board-spec/obliterate#/retry', cookie)).toBe(403);
    const { rows } = await api.app.get(Database, { strict: false }).pool.query(
      `select payload->>'actor_name' as actor, payload->>'outcome' as outcome from imbi_system.outbox
       where payload->>'action' = 'auth.access' and payload->>'detail' like '%board-spec%'`,
    );
    expect(rows).toEqual(Array(4).fill({ actor: 'Administrator', outcome: 'denied' }));
  });

  it('takes changes from its own pages only', async () => {
    const cookie = await cookieOf(await signIn());
    const pause = (origin?: string) => send('/admin/queues/api/queues/events/pause', { method: 'PUT', cookie, origin });
    expect((await pause(ORIGIN)).status).toBe(403);
    expect((await pause()).status).toBe(403);
    expect((await pause(api.url)).status).toBeLessThan(300);
    const queue = api.app.get(Queues, { strict: false }).get('events');
    expect(await queue.isPaused()).toBe(true);
    await queue.resume();
    const { rows } = await api.app.get(Database, { strict: false }).pool.query(
      `select payload->>'actor_name' as actor, payload->>'detail' as detail from imbi_system.outbox
       where payload->>'action' = 'queues.change' and payload->>'detail' like '%events%'`,
    );
    expect(rows).toHaveLength(1);
  });

  it('closes with the session, at once', async () => {
    const token = await signIn();
    const cookie = await cookieOf(token);
    expect((await send('/admin/queues/api/queues', { cookie })).status).toBe(200);
    const left = await fetch(`${api.url}/api/auth/logout`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{}',
    });
    expect(left.status).toBe(204);
    expect((await send('/admin/queues/api/queues', { cookie })).status).toBe(401);
  });

  it('is not opened by what else the same keys encrypt', async () => {
    const forged = keys.encrypt(JSON.stringify({ session_id: 'x', user_id: 'y' }));
    expect((await send('/admin/queues/api/queues', { cookie: `imbi_queue_board=${forged}` })).status).toBe(401);
    const garbage = keys.encrypt('no json');
    expect((await send('/admin/queues/api/queues', { cookie: `imbi_queue_board=${garbage}` })).status).toBe(401);
  });

  it('is not for those without the permission', async () => {
    const token = await signIn(await somebody());
    expect((await openBoard(token)).status).toBe(403);
  });
});
