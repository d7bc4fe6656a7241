import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type AuthPlatform, authPlatform, type ServiceLocator } from '#test/auth';
import { LoginService } from '../login/login.service.js';
import { LoginThrottle } from '../login/login-throttle.js';
import { ApiKey, ClientCredential } from '../model/credential.vertex.js';
import { IssuedTo, RefreshToken, Session, SessionFor } from '../model/session.vertex.js';
import { KnownDevices } from '../session/known-devices.repository.js';
import { RefreshService } from '../session/refresh.service.js';
import { SessionsService } from '../session/sessions.service.js';
import { UsersService } from '../user/users.service.js';
import { AuthJanitor } from './auth-janitor.js';
import { ExpiredRepository } from './expired.repository.js';

const PASSWORD = 'Correct-Horse-9-Battery';
const LAPTOP = { ip: '192.0.2.1', userAgent: 'laptop' };
const DAY = 86_400_000;

let platform: AuthPlatform;
let services: ServiceLocator;
let expired: ExpiredRepository;
let janitor: AuthJanitor;

beforeAll(async () => {
  platform = await authPlatform({
    IMBI_RETENTION_SESSIONS: '30d',
    IMBI_AUTH_SESSION_TTL: '60d',
    IMBI_AUTH_SESSION_IDLE_TTL: '60d',
  });
  services = await platform.services();
  expired = new ExpiredRepository(platform.database, platform.graph);
  janitor = new AuthJanitor(expired, services.get(LoginThrottle), services.get(KnownDevices), platform.config);
});

afterAll(() => platform?.close());

const daysAgo = (days: number) => new Date(Date.now() - days * DAY);
const signIn = (email: string, now: Date) =>
  services.get(LoginService).login({ email, password: PASSWORD }, LAPTOP, now);
const refresh = (token: string, now: Date) => services.get(RefreshService).refresh(token, LAPTOP, now);

async function newUser(email: string): Promise<string> {
  const user = await services.get(UsersService).create({ email, displayName: email, password: PASSWORD });
  return user.id;
}

async function sessions(): Promise<string[]> {
  return (await platform.graph.read.list(Session, { limit: 1000 })).items.map(({ id }) => id).sort();
}

const tokens = () => platform.graph.read.count(RefreshToken, {});

async function count(table: string): Promise<number> {
  const { rows } = await platform.database.pool.query(`select count(*)::int as count from imbi_system.${table}`);
  return rows[0].count;
}

it('removes sessions that ended long ago, and spent tokens of those that live on', async () => {
  const user = await newUser('ada@example.org');
  const endedLongAgo = await signIn('ada@example.org', daysAgo(50));
  await services.get(SessionsService).end(user, endedLongAgo.sessionId, 'logout', daysAgo(31));
  const endedLately = await signIn('ada@example.org', daysAgo(50));
  await services.get(SessionsService).end(user, endedLately.sessionId, 'logout', daysAgo(29));
  const expiredLongAgo = await signIn('ada@example.org', daysAgo(91));
  const expiredLately = await signIn('ada@example.org', daysAgo(89));
  const alive = await signIn('ada@example.org', daysAgo(45));
  const second = await refresh(alive.refreshToken, daysAgo(40));
  const third = await refresh(second.refreshToken, daysAgo(29));
  expect(await tokens()).toBe(7);

  await janitor.removeExpired();

  const gone = [endedLongAgo.sessionId, expiredLongAgo.sessionId];
  const kept = [endedLately, expiredLately, alive].map(({ sessionId }) => sessionId).sort();
  expect(await sessions()).toEqual(kept);
  expect(kept).not.toEqual(expect.arrayContaining(gone));
  // The first of the living session is forgotten; the one spent lately still tells a thief.
  expect(await tokens()).toBe(4);
  for (const edge of [SessionFor, IssuedTo]) {
    const { rows } = await platform.database.pool.query(`select count(*)::int as count from imbi."${edge.label}"`);
    expect(rows[0].count).toBe(edge === SessionFor ? 3 : 4);
  }
  await expect(refresh(alive.refreshToken, new Date())).rejects.toMatchObject({ code: 'invalid_refresh_token' });
  expect((await refresh(third.refreshToken, daysAgo(28))).sessionId).toBe(alive.sessionId);
  await expect(refresh(second.refreshToken, new Date())).rejects.toMatchObject({ code: 'invalid_refresh_token' });
  const stolen = (await platform.graph.read.list(Session, { where: { id: alive.sessionId }, limit: 1 })).items[0];
  expect(stolen?.end_reason).toBe('token_reuse');
});

it('works in batches, whatever their number', async () => {
  const user = await newUser('eve@example.org');
  const before = await sessions();
  for (let index = 0; index < 3; index += 1) {
    const { sessionId } = await signIn('eve@example.org', daysAgo(45));
    await services.get(SessionsService).end(user, sessionId, 'logout', daysAgo(44));
  }
  const ids = Array.from({ length: 450 }, (_, index) => `revoked-${index}`);
  await platform.database.pool.query(
    `insert into imbi_system.revoked_tokens (jti, expires_at) select unnest($1::text[]), now() - interval '2 hours'`,
    [ids],
  );
  expect(await expired.removeSessions(daysAgo(30))).toBe(3);
  expect(await expired.removeRevokedTokens()).toBe(450);
  expect(await sessions()).toEqual(before);
});

it('removes keys and clients ninety days after they were revoked or ended', async () => {
  const owner_id = await newUser('key@example.org');
  const ends = [
    ['revoked', { revoked_at: daysAgo(91).toISOString() }],
    ['ended', { expires_at: daysAgo(91).toISOString() }],
    ['revoked lately', { revoked_at: daysAgo(89).toISOString() }],
    ['ended lately', { expires_at: daysAgo(89).toISOString() }],
    ['alive', { expires_at: daysAgo(-1).toISOString() }],
  ] as const;
  await platform.graph.transaction(async (tx) => {
    for (const [name, end] of ends) {
      const properties = { name, owner_id, secret_mac: 'mac', scopes: [], ...end };
      await tx.insert(ApiKey, { ...properties, key_id: name });
      await tx.insert(ClientCredential, { ...properties, client_id: name });
    }
  });

  await janitor.removeExpired();

  for (const label of [ApiKey, ClientCredential]) {
    const { items } = await platform.graph.read.list(label, { limit: 10 });
    expect(items.map(({ name }) => name).sort()).toEqual(['alive', 'ended lately', 'revoked lately']);
  }
});

it('removes what else has run out, and nothing that has not', async () => {
  const { pool } = platform.database;
  await pool.query(`insert into imbi_system.revoked_tokens (jti, expires_at) values
    ('old', now() - interval '2 hours'), ('new', now() + interval '1 hour')`);
  await pool.query(`insert into imbi_system.login_throttle (key, failures, updated_at) values
    ('old', 1, now() - interval '91 days'), ('new', 1, now() - interval '89 days')`);
  await pool.query(`delete from imbi_system.known_devices`);
  await pool.query(`insert into imbi_system.known_devices (user_id, digest, last_seen_at) values
    ('u', 'old', now() - interval '401 days'), ('u', 'new', now() - interval '399 days')`);
  const flow = `insert into imbi_system.oauth_flows (state_hash, browser_hash, provider_id, secrets, return_to, expires_at)`;
  await pool.query(
    `${flow} values ('old', '', '', '', '', now() - interval '1 s'), ('new', '', '', '', '', now() + interval '1 min')`,
  );
  const code = `insert into imbi_system.oauth_codes (code_hash, browser_hash, identity_id, has_second_factor, expires_at)`;
  await pool.query(
    `${code} values ('old', '', '', false, now() - interval '1 s'), ('new', '', '', false, now() + interval '1 min')`,
  );
  const throttles = await count('login_throttle');

  await janitor.removeExpired();

  for (const table of ['revoked_tokens', 'known_devices', 'oauth_flows', 'oauth_codes']) {
    expect([table, await count(table)]).toEqual([table, 1]);
  }
  expect(await count('login_throttle')).toBe(throttles - 1);
});
