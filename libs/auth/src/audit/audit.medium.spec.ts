import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AUDIT_EVENTS, type AuditEventRow, auditMigrations } from '#libs/analytics';
import { newId, sleep } from '#libs/common';
import { type TestAnalytics, testAnalytics } from '#test/analytics';
import { type Answer, AuthWorld, PASSWORD } from '../../test/auth-world.js';
import { AuditLog } from './audit-log.service.js';
import { AuditReads } from './audit-reads.service.js';
import { Refusals } from './refusals.service.js';

const MAX_EXPORT = 15_000;

let test: TestAnalytics;
let world: AuthWorld;
beforeAll(async () => {
  test = await testAnalytics();
  world = await AuthWorld.create({ IMBI_AUDIT_EXPORT_MAX_ROWS: String(MAX_EXPORT) }, test.analytics);
  await world.role('auditor', ['audit:read']);
  await world.role('nothing-much', ['project:read']);
});
afterAll(async () => {
  await world.close();
  await test.close();
});

/** What the relay does in the product: what was recorded so far is in the log. */
async function deliver(): Promise<void> {
  await world.app.get(Refusals, { strict: false }).flush();
  await world.app.get(AuditReads, { strict: false }).flush();
  const { rows } = await world.platform.database.pool.query(
    `with taken as (delete from imbi_system.outbox where name = '${AUDIT_EVENTS}' returning seq, payload)
     select payload from taken order by seq`,
  );
  await store(rows.map(({ payload }) => payload));
}

async function store(rows: readonly AuditEventRow[], token = newId()): Promise<void> {
  await test.analytics.insert(AUDIT_EVENTS, rows, { token });
}

function row(given: Partial<AuditEventRow>): AuditEventRow {
  return {
    event_id: newId(),
    time: new Date().toISOString(),
    organization_id: '',
    actor_kind: 'system',
    actor_id: 'system',
    actor_name: 'Imbi',
    credential_id: '',
    action: 'test.done',
    outcome: 'success',
    resource_kind: '',
    resource_id: '',
    reason: '',
    ip: '',
    user_agent: '',
    request_id: '',
    detail: '{}',
    ...given,
  };
}

function query(parameters: Record<string, string>): string {
  return new URLSearchParams(parameters).toString();
}

async function list(parameters: Record<string, string>, token?: string): Promise<Answer> {
  return world.call('GET', `/audit?${query(parameters)}`, { token });
}

async function exported(path: string, token = world.adminToken) {
  const { statusCode, headers, body } = await world.app.inject({
    url: `/api${path}`,
    headers: { authorization: `Bearer ${token}` },
  });
  const events = body.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
  return { status: statusCode, headers, events };
}

describe('the audit log', () => {
  it('says who did what, to what, from where and with which session, newest first', async () => {
    const { id, email } = await world.userWith();
    await world.tryToSignIn(email, 'Wrong-Password-1');
    await deliver();
    const { status, body } = await list({ 'filter[resource_id]': id });
    expect(status).toBe(200);
    expect(body.items.map((event: { action: string; outcome: string }) => [event.action, event.outcome])).toEqual([
      ['auth.login', 'failure'],
      ['auth.login', 'success'],
      ['user.create', 'success'],
    ]);
    expect(body.items[1]).toEqual({
      id: expect.stringMatching(/^.{21}$/),
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      organization_id: null,
      actor: { kind: 'user', id, name: 'Somebody' },
      credential_id: expect.stringMatching(/^.{21}$/),
      action: 'auth.login',
      outcome: 'success',
      resource: { kind: 'User', id },
      reason: null,
      ip: '127.0.0.1',
      user_agent: 'lightMyRequest',
      request_id: expect.any(String),
      detail: { second_factor: 'none' },
    });
    expect(body.items[0]).toMatchObject({ actor: { kind: 'anonymous' }, reason: 'wrong_password' });
  });

  it.each([
    [{ 'filter[action]': 'sift.a' }, ['a']],
    [{ action_prefix: 'sift.' }, ['d', 'c', 'b', 'a']],
    [{ action_prefix: 'sift.', 'filter[outcome]': 'denied' }, ['c', 'b']],
    [{ action_prefix: 'sift.', 'filter[outcome][in]': 'denied,failure' }, ['d', 'c', 'b']],
    [{ action_prefix: 'sift.', 'filter[actor_id][ne]': 'sifter' }, ['d', 'b']],
    [{ action_prefix: 'sift.', 'filter[actor_kind]': 'user' }, ['c', 'a']],
    [{ action_prefix: 'sift.', 'filter[organization_id]': 'sift-org' }, ['b']],
    [{ action_prefix: 'sift.', 'filter[organization_id][exists]': 'false' }, ['d', 'c', 'a']],
    [{ 'filter[resource_kind]': 'Sieve', 'filter[resource_id]': 'sieve-1' }, ['c']],
    [{ 'filter[request_id]': 'sift-request' }, ['d']],
    [{ 'filter[ip]': '198.51.100.7' }, ['b', 'a']],
    [{ 'filter[reason][contains]': 'SIFT' }, ['d']],
    [{ action_prefix: 'sift.', 'filter[time][gte]': '2026-03-01T10:00:01Z' }, ['d', 'c', 'b']],
    [{ action_prefix: 'sift.', 'filter[time][gt]': '2026-03-01T10:00:01Z' }, ['d', 'c']],
    [{ action_prefix: 'sift.', 'filter[time][lt]': '2026-03-01T10:00:01Z' }, ['a']],
    [{ action_prefix: 'sift.', 'filter[time][lte]': '2026-03-01T10:00:01Z' }, ['b', 'a']],
    [{ action_prefix: 'sift.', 'filter[time]': '2026-03-01T10:00:01Z' }, ['b']],
    [{ action_prefix: 'sift.', 'filter[time][gte]': '2026-03-01', 'filter[time][lt]': '2026-03-02' }, ['c', 'b', 'a']],
    [{ 'filter[action]': "sift.a' or 1=1 --" }, []],
  ])('is searched by %p', async (parameters: Record<string, string>, expected: string[]) => {
    const sifted = [
      row({ action: 'sift.a', time: '2026-03-01T10:00:00.000Z', actor_kind: 'user', actor_id: 'sifter' }),
      row({ action: 'sift.b', time: '2026-03-01T10:00:01.000Z', organization_id: 'sift-org', outcome: 'denied' }),
      row({ action: 'sift.c', time: '2026-03-01T10:00:02.000Z', outcome: 'denied', resource_kind: 'Sieve' }),
      row({ action: 'sift.d', time: '2026-05-01T10:00:03.000Z', outcome: 'failure', request_id: 'sift-request' }),
    ];
    Object.assign(sifted[0] ?? {}, { ip: '198.51.100.7' });
    Object.assign(sifted[1] ?? {}, { ip: '198.51.100.7' });
    Object.assign(sifted[2] ?? {}, { actor_kind: 'user', actor_id: 'sifter', resource_id: 'sieve-1' });
    Object.assign(sifted[3] ?? {}, { reason: 'was_sifted' });
    await store(
      sifted.map((one, index) => ({ ...one, event_id: `sift-${index}` })),
      'sift',
    );
    const { status, body } = await list(parameters);
    expect([status, body.items?.map(({ action }: { action: string }) => action.slice(5))]).toEqual([200, expected]);
  });

  it('refuses filters that it does not know', async () => {
    expect((await list({ 'filter[password]': 'x' })).status).toBe(400);
    expect((await list({ 'filter[outcome]': 'maybe' })).status).toBe(400);
    expect((await list({ 'filter[time][gte]': 'yesterday' })).status).toBe(400);
  });

  it('is paged without loss or repetition, across equal times, gaps of months and rows sent twice', async () => {
    const start = Date.UTC(2025, 5, 1);
    const rows = Array.from({ length: 40 }, (_, index) =>
      row({ action: 'paged.done', time: new Date(start + Math.floor(index / 5) * 20 * 86_400_000).toISOString() }),
    );
    await store(rows);
    // The relay died between storing and forgetting, and the table has forgotten the token.
    await store(rows.slice(10, 30));
    const newestFirst = rows
      .map(({ time, event_id }) => ({ time, event_id }))
      .sort((a, b) => (a.time + a.event_id < b.time + b.event_id ? 1 : -1))
      .map(({ event_id }) => event_id);
    for (const limit of [1, 7, 40]) {
      const ids: string[] = [];
      let cursor: string | null = null;
      do {
        const { body } = await list({
          action_prefix: 'paged.',
          limit: String(limit),
          count: 'exact',
          ...(cursor && { cursor }),
        });
        expect(body.total).toBe(40);
        ids.push(...body.items.map(({ id }: { id: string }) => id));
        cursor = body.next_cursor;
      } while (cursor !== null);
      expect(ids).toEqual(newestFirst);
    }
    const { body } = await list({ action_prefix: 'paged.', limit: '1' });
    expect((await list({ action_prefix: 'other.', limit: '1', cursor: body.next_cursor })).status).toBe(400);
  });

  it('is for those who hold audit:read everywhere, and tells on those who do not', async () => {
    const auditor = await world.userWith([['auditor', null]]);
    const local = await world.userWith([['auditor', 'acme']]);
    expect((await list({}, auditor.token)).status).toBe(200);
    expect((await list({}, local.token)).status).toBe(403);
    expect((await exported('/audit/export', local.token)).status).toBe(403);
    expect((await list({}, 'nonsense')).status).toBe(401);
    await deliver();
    const { body } = await list({ 'filter[actor_id]': local.id, 'filter[outcome]': 'denied' });
    expect(body.items).toMatchObject([
      { action: 'auth.access', reason: 'missing_permission', detail: { route: '/api/audit/export' } },
      { action: 'auth.access', reason: 'missing_permission', detail: { permission: 'audit:read', method: 'GET' } },
    ]);
  });

  it('of an organization is for those who hold audit:read there, and has its events only', async () => {
    const { id, token } = await world.userWith([['auditor', 'acme']]);
    await store([
      row({ action: 'place.done', organization_id: world.organizations['acme'] }),
      row({ action: 'place.done', organization_id: world.organizations['rival'] }),
      row({ action: 'place.done' }),
    ]);
    const own = await world.call('GET', '/organizations/acme/audit?action_prefix=place.', { token });
    expect([own.status, own.body.items.length]).toEqual([200, 1]);
    expect(own.body.items[0].organization_id).toBe(world.organizations['acme']);
    expect((await exported('/organizations/acme/audit/export?action_prefix=place.', token)).events).toEqual(
      own.body.items,
    );
    expect((await world.call('GET', '/organizations/rival/audit', { token })).status).toBe(404);
    const field = `filter[organization_id]=${world.organizations['rival']}`;
    expect((await world.call('GET', `/organizations/acme/audit?${field}`, { token })).status).toBe(400);
    await deliver();
    const { body } = await list({ 'filter[actor_id]': id, 'filter[outcome]': 'denied' });
    expect(body.items).toMatchObject([
      { organization_id: world.organizations['rival'], reason: 'no_access_to_organization' },
    ]);
  });

  it('records who read it', async () => {
    const auditor = await world.userWith([['auditor', null]]);
    await list({}, auditor.token);
    await deliver();
    const { body } = await list({ 'filter[actor_id]': auditor.id, 'filter[action]': 'audit.read' });
    expect(body.items).toMatchObject([{ outcome: 'success', resource: { kind: 'AuditLog', id: null } }]);
  });
});

describe('the export', () => {
  it('has every event that matches once, as lines of JSON, and is an event itself', async () => {
    const rows = Array.from({ length: 2500 }, () => row({ action: 'exported.done' }));
    await store(rows);
    await store(rows.slice(900, 1100));
    const { status, headers, events } = await exported('/audit/export?action_prefix=exported.');
    expect([status, headers['content-type']]).toEqual([200, 'application/x-ndjson']);
    expect(headers['content-disposition']).toBe('attachment; filename="audit.ndjson"');
    expect(new Set(events.map(({ id }) => id))).toEqual(new Set(rows.map(({ event_id }) => event_id)));
    expect(events).toHaveLength(2500);
    await deliver();
    const { body } = await list({ 'filter[action]': 'audit.export', limit: '1' });
    expect(body.items[0]).toMatchObject({
      actor: { id: world.admin.id },
      detail: { rows: 2500, filters: { action_prefix: 'exported.' } },
    });
  });

  it('is refused whole where it would have too many events', async () => {
    await store(Array.from({ length: MAX_EXPORT + 1 }, () => row({ action: 'abundant.done' })));
    const { statusCode, body } = await world.app.inject({
      url: '/api/audit/export?action_prefix=abundant.',
      headers: { authorization: `Bearer ${world.adminToken}` },
    });
    expect([statusCode, JSON.parse(body)]).toMatchObject([
      422,
      { code: 'audit_export_too_large', details: { rows: MAX_EXPORT + 1, max_rows: MAX_EXPORT } },
    ]);
  });

  it('reads on only as its reader takes, and stops with it', async () => {
    await store(Array.from({ length: MAX_EXPORT }, () => row({ action: 'slowly.done' })));
    const queries = jest.spyOn(test.analytics, 'query');
    const stream = await world.app.get(AuditLog, { strict: false }).export({ action_prefix: 'slowly.' });
    const chunks = stream[Symbol.asyncIterator]();
    const first = await chunks.next();
    expect(String(first.value).split('\n').length).toBeGreaterThan(1000);
    await sleep(200);
    expect(queries.mock.calls.length).toBeLessThan(5);
    stream.destroy();
    await sleep(200);
    expect(queries.mock.calls.length).toBeLessThan(5);
    queries.mockRestore();
  });

  it('takes filters and no pages', async () => {
    expect((await exported('/audit/export?filter[action]=nothing.like.it')).events).toEqual([]);
    for (const parameter of ['limit=1', 'cursor=x', 'sort=time', 'filter[password]=x']) {
      const { statusCode } = await world.app.inject({
        url: `/api/audit/export?${parameter}`,
        headers: { authorization: `Bearer ${world.adminToken}` },
      });
      expect([parameter, statusCode]).toEqual([parameter, 400]);
    }
  });
});

describe('without a column store', () => {
  it('the log is unavailable, and says so before it answers anything', async () => {
    const bare = await AuthWorld.create();
    for (const path of ['/audit', '/audit/export', '/organizations/acme/audit']) {
      const { status, body, headers } = await bare.call('GET', path);
      expect([status, body.code, headers['retry-after']]).toEqual([503, 'analytics_unavailable', '5']);
    }
    await bare.close();
  });
});

describe('refusals', () => {
  it('of strangers are stored at once, and repetitions gathered by address and reason', async () => {
    const stored = async () => {
      const { rows } = await world.platform.database.pool.query(
        `select from imbi_system.outbox where name = 'audit_events' and payload->>'ip' = '203.0.113.50'`,
      );
      return rows.length;
    };
    for (let time = 0; time < 20; time += 1) {
      await world.app.inject({
        url: '/api/me',
        remoteAddress: '203.0.113.50',
        headers: { authorization: 'Bearer not-a-token' },
      });
      expect(await stored()).toBe(1);
    }
    // Without a credential nobody was refused anything.
    await world.app.inject({ url: '/api/me', remoteAddress: '203.0.113.51' });
    await deliver();
    const { body } = await list({ 'filter[ip][in]': '203.0.113.50,203.0.113.51' });
    const refusal = {
      action: 'auth.authenticate',
      outcome: 'failure',
      reason: 'invalid_credential',
      actor: { kind: 'anonymous' },
    };
    expect(body.items).toMatchObject([
      { ...refusal, detail: { times: 19, route: '/api/me' } },
      { ...refusal, detail: { route: '/api/me' } },
    ]);
  });

  it('of passwords that are switched off are recorded once, as sign-ins', async () => {
    const { pool } = world.platform.database;
    await pool.query('update imbi_system.local_auth set enabled = false');
    const { status, body: problem } = await world.tryToSignIn(world.admin.email, PASSWORD);
    await pool.query('update imbi_system.local_auth set enabled = true');
    expect([status, problem.code]).toEqual([403, 'local_login_disabled']);
    await deliver();
    const { body } = await list({ 'filter[reason]': 'local_login_disabled' });
    expect(body.items).toMatchObject([{ action: 'auth.login', outcome: 'denied' }]);
  });

  it('by services are recorded although their transaction was rolled back', async () => {
    await world.role('user-writer', ['user:read', 'user:write', 'user:create']);
    const writer = await world.userWith([['user-writer', null]]);
    const { status } = await world.call('PUT', `/users/${world.admin.id}/password`, {
      token: writer.token,
      body: { password: PASSWORD },
    });
    expect(status).toBe(403);
    await deliver();
    const { body } = await list({ 'filter[actor_id]': writer.id, 'filter[outcome]': 'denied' });
    expect(body.items).toMatchObject([{ action: 'auth.access', reason: 'beyond_own_powers' }]);
  });
});

describe('the views', () => {
  it('show sessions and second factors, each event once', async () => {
    const rows = ['auth.login', 'auth.refresh', 'auth.session.end', 'user.mfa.enable', 'auth.mfa', 'user.mfaother'].map(
      (action) => row({ action, request_id: 'views' }),
    );
    await store(rows);
    await store(rows.slice());
    const read = async (view: string) => {
      const sql = `select action from ${test.analytics.table(view)} where request_id = 'views' order by action`;
      return (await test.analytics.query<{ action: string }>(sql)).map(({ action }) => action);
    };
    expect(await read('session_events')).toEqual(['auth.login', 'auth.refresh', 'auth.session.end']);
    expect(await read('mfa_events')).toEqual(['auth.mfa', 'user.mfa.enable']);
    expect(auditMigrations.length).toBe(2);
  });
});
