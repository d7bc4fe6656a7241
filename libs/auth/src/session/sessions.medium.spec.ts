import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { sql } from 'kysely';
import { Client as PgClient } from 'pg';
import { requestContext } from '#libs/common';
import { type AuthPlatform, authPlatform, type ServiceLocator } from '#test/auth';
import { LoginService } from '../login/login.service.js';
import { RefreshToken, Session } from '../model/session.vertex.js';
import { Principals } from '../principal/principals.js';
import { UsersService, type UserVertex } from '../user/users.service.js';
import type { Client } from './client.js';
import { RefreshService } from './refresh.service.js';
import { SessionsService } from './sessions.service.js';

const PASSWORD = 'Correct-Horse-9-Battery';
const LAPTOP: Client = { ip: '192.0.2.1', userAgent: 'laptop' };
const THIEF: Client = { ip: '198.51.100.66', userAgent: 'laptop' };

let platform: AuthPlatform;
let first: ServiceLocator;
let second: ServiceLocator;
let counter = 0;

beforeAll(async () => {
  platform = await authPlatform({ IMBI_AUTH_MAX_CONCURRENT_SESSIONS: '3', IMBI_AUTH_HASH_QUEUE: '1000' });
  [first, second] = [await platform.services(), await platform.services()];
});

afterAll(() => platform?.close());

async function newUser(): Promise<UserVertex> {
  counter += 1;
  const email = `user${counter}@example.org`;
  return first.get(UsersService).create({ email, displayName: `User ${counter}`, password: PASSWORD });
}

const login = (user: UserVertex, client = LAPTOP, now?: Date) =>
  first.get(LoginService).login({ email: user.email, password: PASSWORD }, client, now);
const refresh = (token: string, client = LAPTOP, now?: Date) => first.get(RefreshService).refresh(token, client, now);
const isSignedIn = async (session: { sessionId: string; userId: string }) =>
  (await second.get(Principals).resolve({ kind: 'session', ...session })) !== undefined;

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'done',
    (error: { code?: string }) => error.code ?? error,
  );
}

async function auditOf(sessionId: string): Promise<string[]> {
  const { rows } = await sql<{ line: string }>`
    select (payload->>'action') || ' ' || (payload->>'outcome') || ' ' || (payload->>'reason') as line
    from imbi_system.outbox where name = 'audit_events'
      and ${sessionId} in (payload->>'credential_id', payload->>'resource_id') order by seq
  `.execute(platform.database.kysely);
  return rows.map((row) => row.line.trim());
}

describe('refresh', () => {
  it('gives a new token, keeps the session, and leaves its trace in the audit log', async () => {
    const session = await login(await newUser());
    const next = await refresh(session.refreshToken);
    expect(next).toEqual({ ...session, refreshToken: expect.stringMatching(/^imbi_rt_[\w-]{43}$/) });
    expect(next.refreshToken).not.toBe(session.refreshToken);
    expect(await isSignedIn(session)).toBe(true);
    expect(await auditOf(session.sessionId)).toEqual(['auth.login success', 'auth.refresh success']);
  });

  it('is one transaction of five statements: who brings what, the whole exchange, what follows from it', async () => {
    const session = await login(await newUser());
    const query = jest.spyOn(PgClient.prototype, 'query');
    await refresh(session.refreshToken);
    const sent = query.mock.calls.map(([first]: unknown[]) => {
      const text = typeof first === 'string' ? first : (first as { text: string }).text;
      return [...text.matchAll(/begin|commit|for no key update of|(?:update|insert into) [\w."]+/g)].map(
        ([word]) => word,
      );
    });
    query.mockRestore();
    expect(sent).toEqual([
      ['begin'],
      ['for no key update of'],
      [
        'update "imbi"."RefreshToken"',
        'insert into "imbi"."RefreshToken"',
        'insert into "imbi"."ISSUED_TO"',
        'update "imbi"."Session"',
      ],
      ['insert into imbi_system.outbox'],
      ['commit'],
    ]);
  });

  it('stores no token that could be used', async () => {
    const session = await login(await newUser());
    const { refreshToken } = await refresh(session.refreshToken);
    for (const token of [session.refreshToken, refreshToken]) {
      const { rows } = await sql<{ found: number }>`
        select (select count(*) from imbi."RefreshToken" t where position(${token.slice(8)} in ag_catalog.agtype_out(t.properties)::text) > 0)
          + (select count(*) from imbi_system.outbox o where position(${token.slice(8)} in o.payload::text) > 0) as found
      `.execute(platform.database.kysely);
      expect(Number(rows[0]?.found)).toBe(0);
    }
  });

  it('gives the same client that lost the answer the same successor again', async () => {
    const session = await login(await newUser());
    const now = new Date();
    const next = await refresh(session.refreshToken, LAPTOP, now);
    expect(await refresh(session.refreshToken, LAPTOP, new Date(now.getTime() + 9_000))).toEqual(next);
    expect(await isSignedIn(session)).toBe(true);
  });

  it.each([
    ['from another client', THIEF, 1_000],
    ['by the same client too late', LAPTOP, 10_000],
  ])('ends the session when a spent token comes %s', async (_name, client, delay) => {
    const session = await login(await newUser());
    const now = new Date();
    const next = await refresh(session.refreshToken, LAPTOP, now);
    const later = new Date(now.getTime() + delay);
    expect(await codeOf(refresh(session.refreshToken, client, later))).toBe('invalid_refresh_token');
    expect(await isSignedIn(session)).toBe(false);
    expect(await codeOf(refresh(next.refreshToken, LAPTOP, later))).toBe('invalid_refresh_token');
    expect((await platform.graph.read.find(Session, session.sessionId))?.end_reason).toBe('token_reuse');
    expect(await auditOf(session.sessionId)).toContain('auth.session.end success token_reuse');
    expect(await auditOf(session.sessionId)).toContain('auth.refresh failure reused');
  });

  it('ends the session when the successor was used before the predecessor came again', async () => {
    const session = await login(await newUser());
    const next = await refresh(session.refreshToken);
    await refresh(next.refreshToken);
    expect(await codeOf(refresh(session.refreshToken))).toBe('invalid_refresh_token');
    expect(await isSignedIn(session)).toBe(false);
  });

  it('leaves the user’s other sessions alone when one family ends', async () => {
    const user = await newUser();
    const [stolen, other] = [await login(user), await login(user)];
    await refresh(stolen.refreshToken);
    await codeOf(refresh(stolen.refreshToken, THIEF));
    expect([await isSignedIn(stolen), await isSignedIn(other)]).toEqual([false, true]);
  });

  it.each(['', 'imbi_rt_', 'imbi_rt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', "x' or '1'='1"])(
    'refuses "%s"',
    async (token) => {
      expect(await codeOf(refresh(token))).toBe('invalid_refresh_token');
    },
  );

  it('is refused after the user was switched off, the idle time, and the absolute time', async () => {
    const user = await newUser();
    const session = await login(user);
    const { sessionIdleTtl, sessionTtl } = platform.config.auth;
    const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000);
    expect(await codeOf(refresh(session.refreshToken, LAPTOP, inSeconds(sessionIdleTtl + 1)))).toBe(
      'invalid_refresh_token',
    );
    expect(await codeOf(refresh(session.refreshToken, LAPTOP, inSeconds(sessionTtl + 1)))).toBe(
      'invalid_refresh_token',
    );
    const next = await refresh(session.refreshToken);
    await first.get(UsersService).setActive(user.id, false);
    expect(await codeOf(refresh(next.refreshToken))).toBe('invalid_refresh_token');
  });

  it('100 parallel refreshes by one client give equal successors, of one family, and no other token', async () => {
    const session = await login(await newUser());
    const all = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        (index % 2 === 0 ? first : second).get(RefreshService).refresh(session.refreshToken, LAPTOP),
      ),
    );
    expect(new Set(all.map((one) => one.refreshToken)).size).toBe(1);
    const { items } = await platform.graph.read.list(RefreshToken, {
      where: { session_id: session.sessionId },
      limit: 100,
    });
    expect(items.map((token) => token.spent_at === null).sort()).toEqual([false, true]);
    expect(new Set(items.map((token) => token.family)).size).toBe(1);
    expect(await isSignedIn(session)).toBe(true);
  });

  it('100 parallel refreshes by two clients have at most one winner, and end the session', async () => {
    const session = await login(await newUser());
    const all = await Promise.allSettled(
      Array.from({ length: 100 }, (_, index) =>
        (index % 2 === 0 ? first : second)
          .get(RefreshService)
          .refresh(session.refreshToken, index % 2 ? LAPTOP : THIEF),
      ),
    );
    const tokens = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value.refreshToken] : []));
    expect(new Set(tokens).size).toBe(1);
    expect(await isSignedIn(session)).toBe(false);
    expect(await codeOf(refresh(tokens[0] ?? ''))).toBe('invalid_refresh_token');
  });
});

describe('sessions', () => {
  it('are at most as many as allowed, also when sign-ins race; the oldest end', async () => {
    const user = await newUser();
    const opened = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        (index % 2 === 0 ? first : second).get(LoginService).login({ email: user.email, password: PASSWORD }, LAPTOP),
      ),
    );
    const alive = await Promise.all(opened.map(isSignedIn));
    expect(alive.filter(Boolean)).toHaveLength(3);
    const { items } = await platform.graph.read.list(Session, { where: { user_id: user.id }, limit: 100 });
    const ended = items.filter((session) => session.ended_at !== null);
    const open = items.filter((session) => session.ended_at === null);
    expect(ended.map((session) => session.end_reason)).toEqual(Array.from({ length: 9 }, () => 'limit'));
    const newestEnded =
      ended
        .map((session) => session.created_at)
        .sort()
        .at(-1) ?? '';
    expect(open.every((session) => session.created_at >= newestEnded)).toBe(true);
  });

  it('end at once for every process: one, all, all but one', async () => {
    const user = await newUser();
    const sessions = [await login(user), await login(user), await login(user)];
    const [one, two, three] = sessions;
    if (!one || !two || !three) throw new Error('three sessions');
    const service = first.get(SessionsService);
    await service.end(user.id, two.sessionId, 'logout');
    expect(await Promise.all(sessions.map(isSignedIn))).toEqual([true, false, true]);
    expect(await codeOf(service.end(user.id, two.sessionId, 'logout'))).toBe('not_found');
    expect(await service.endAll(user.id, 'credentials_changed', one.sessionId)).toBe(1);
    expect(await Promise.all(sessions.map(isSignedIn))).toEqual([true, false, false]);
    expect(await service.endAll(user.id, 'logout')).toBe(1);
    expect(await Promise.all(sessions.map(isSignedIn))).toEqual([false, false, false]);
  });

  it('of somebody else cannot be ended, nor be told from ones that do not exist', async () => {
    const [mine, theirs] = [await newUser(), await newUser()];
    const session = await login(theirs);
    expect(await codeOf(first.get(SessionsService).end(mine.id, session.sessionId, 'revoked'))).toBe('not_found');
    expect(await isSignedIn(session)).toBe(true);
    expect(
      await second.get(Principals).resolve({ kind: 'session', sessionId: session.sessionId, userId: mine.id }),
    ).toBeUndefined();
  });

  it('are listed newest first by pages, without ended and expired ones', async () => {
    const user = await newUser();
    const opened = [await login(user), await login(user), await login(user), await login(user)];
    const ids = opened.map((one) => one.sessionId);
    const page = (limit: number, now?: Date) =>
      first.get(SessionsService).page(user.id, { direction: 'desc', limit, count: true }, now);
    const all = await page(10);
    expect(all.items.map((one) => one.id)).toEqual(ids.slice(1).reverse());
    expect(all.total).toBe(3);
    expect((await page(2)).items).toHaveLength(2);
    const idle = new Date(Date.now() + platform.config.auth.sessionIdleTtl * 1000 + 1000);
    expect((await page(10, idle)).items).toEqual([]);
  });

  it('are made in the name of the user who signs in', async () => {
    const user = await newUser();
    const context = {
      requestId: 'request-1',
      actor: { kind: 'anonymous' as const, id: 'anonymous', name: 'Anonymous' },
    };
    const session = await requestContext.run(context, () => login(user));
    const { rows } = await sql<{ actor: string }>`
      select distinct payload->>'actor_id' as actor from imbi_system.outbox
      where payload->>'entity_id' = ${session.sessionId}
    `.execute(platform.database.kysely);
    expect(rows).toEqual([{ actor: user.id }]);
  });
});

describe('a device', () => {
  const eventsOf = async (user: UserVertex, name: string) => {
    const { rows } = await sql<{ payload: Record<string, unknown> }>`
      select payload from imbi_system.outbox
      where topic = 'event' and name = ${name} and position(${user.id} in payload::text) > 0 order by seq
    `.execute(platform.database.kysely);
    return rows.map((row) => JSON.stringify(row.payload));
  };

  it('that was not seen before is an event, but for the first one; known ones are none (ASVS 5.0 6.3.5)', async () => {
    const user = await newUser();
    const elsewhere: Client = { ip: '203.0.113.9', userAgent: 'laptop' };
    await login(user);
    await login(user, { ...LAPTOP, ip: '192.0.2.77' });
    expect(await eventsOf(user, 'session.new_device')).toEqual([]);
    const session = await login(user, elsewhere);
    await login(user, elsewhere);
    await login(user, { ...LAPTOP, userAgent: 'telephone' });
    const events = await eventsOf(user, 'session.new_device');
    expect(events).toHaveLength(2);
    expect(events[0]).toContain(session.sessionId);
    expect(events[0]).toContain('203.0.113.9');
    expect(events.join()).not.toContain(session.refreshToken);
    expect(await auditOf(session.sessionId)).toContain('auth.session.new_device success');
  });

  it('that brings a spent token is an event, once', async () => {
    const user = await newUser();
    const session = await login(user);
    await refresh(session.refreshToken);
    for (let time = 0; time < 3; time += 1) await codeOf(refresh(session.refreshToken, THIEF));
    const events = await eventsOf(user, 'session.token_reused');
    expect(events).toHaveLength(1);
    expect(events[0]).toContain(session.sessionId);
    expect(events[0]).not.toContain(session.refreshToken);
  });
});
