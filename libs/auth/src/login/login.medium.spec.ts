import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { sql } from 'kysely';
import { Client as PgClient } from 'pg';
import { PasswordHasher } from '#libs/crypto';
import { type AuthPlatform, authPlatform, type ServiceLocator } from '#test/auth';
import { User } from '../model/identity.vertex.js';
import type { Client } from '../session/client.js';
import { UsersService, type UserVertex } from '../user/users.service.js';
import { LoginService } from './login.service.js';
import { LoginThrottle } from './login-throttle.js';

const PASSWORD = 'Correct-Horse-9-Battery';

let platform: AuthPlatform;
let services: ServiceLocator;
let counter = 0;

beforeAll(async () => {
  platform = await authPlatform({ IMBI_AUTH_LOGIN_FAILURES_FREE: '3', IMBI_AUTH_LOGIN_DELAY_MAX: '60' });
  services = await platform.services();
});

afterAll(() => platform?.close());

async function newUser(password: string | undefined = PASSWORD): Promise<UserVertex> {
  counter += 1;
  return services.get(UsersService).create({ email: `User${counter}@Example.org`, displayName: 'User', password });
}

// Each sign-in from an address of its own, so that the throttle of one test is not another's.
function newClient(): Client {
  counter += 1;
  return { ip: `2001:db8::${counter.toString(16)}`, userAgent: 'test' };
}

const login = (email: string, password: string, client = newClient()) =>
  services.get(LoginService).login({ email, password }, client);

async function refusalOf(work: Promise<unknown>) {
  return work.then(
    () => undefined,
    (error: { code?: string; kind?: string; message: string; retryAfterSeconds?: number }) => error,
  );
}

describe('login', () => {
  it('finds the account by its e-mail in any case', async () => {
    const user = await newUser();
    for (const email of [user.email, user.email.toLowerCase(), ` ${user.email.toUpperCase()} `]) {
      expect((await login(email, PASSWORD)).userId).toBe(user.id);
    }
    expect((await platform.graph.read.find(User, user.id))?.last_login_at).not.toBeNull();
  });

  it('refuses every bad sign-in alike: same error, one hash, same statements (ASVS 5.0 6.3.8)', async () => {
    const known = await newUser();
    const inactive = await newUser();
    await services.get(UsersService).setActive(inactive.id, false);
    const providerOnly = await services
      .get(UsersService)
      .create({ email: 'provider@example.org', displayName: 'No password' });
    const hasher = services.get(PasswordHasher);
    const query = jest.spyOn(PgClient.prototype, 'query');
    const seen = [];
    for (const [email, password] of [
      [known.email, 'Wrong-Horse-9-Battery'],
      ['nobody@example.org', PASSWORD],
      [inactive.email, PASSWORD],
      [providerOnly.email, PASSWORD],
      ["' or 1=1 --", PASSWORD],
    ]) {
      const before = { hashes: hasher.hashesComputed, statements: query.mock.calls.length };
      const error = await refusalOf(login(email ?? '', password ?? ''));
      seen.push({
        code: error?.code,
        kind: error?.kind,
        message: error?.message,
        hashes: hasher.hashesComputed - before.hashes,
        statements: query.mock.calls.length - before.statements,
      });
    }
    query.mockRestore();
    expect(new Set(seen.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(seen[0]?.statements).toBeGreaterThan(3);
    expect(seen[0]).toMatchObject({ code: 'invalid_credentials', kind: 'unauthenticated', hashes: 1 });
  });

  it('records failures with their reason, and never what was typed', async () => {
    const user = await newUser();
    await refusalOf(login(user.email, 'typed-in-vain'));
    await refusalOf(login('hunter2-typed-as-email', PASSWORD));
    const { rows } = await sql<{ reason: string; payload: string }>`
      select payload->>'reason' as reason, payload::text as payload from imbi_system.outbox
      where name = 'audit_events' and payload->>'action' = 'auth.login' order by seq desc limit 2
    `.execute(platform.database.kysely);
    expect(rows.map((row) => row.reason)).toEqual(['unknown_account', 'wrong_password']);
    for (const row of rows) expect(row.payload).not.toMatch(/typed-in-vain|hunter2/);
  });

  it('computes a stronger hash at the first sign-in after the settings rose', async () => {
    const user = await newUser();
    const weak = await new PasswordHasher({ memoryKib: 512, passes: 1, lanes: 1, concurrency: 1, maxQueue: 1 }).hash(
      PASSWORD,
    );
    await platform.graph.transaction((tx) => tx.patch(User, user.id, { set: { password_hash: weak } }));
    await login(user.email, PASSWORD);
    const strong = await platform.graph.read.reveal(User, user.id, 'password_hash');
    expect(strong).toMatch(/^\$argon2id\$v=19\$m=1024,/);
    await login(user.email, PASSWORD);
    expect(await platform.graph.read.reveal(User, user.id, 'password_hash')).toBe(strong);
  });

  it('refuses a user whose password changed while the hash was computed', async () => {
    const user = await newUser();
    const attempt = refusalOf(login(user.email, PASSWORD));
    const other = await services.get(PasswordHasher).hash('Another-Horse-9-Battery');
    await platform.graph.transaction((tx) => tx.patch(User, user.id, { set: { password_hash: other } }));
    // Either order of events is allowed; what must not be is a session of the old password after the change.
    await attempt;
    expect((await refusalOf(login(user.email, PASSWORD)))?.code).toBe('invalid_credentials');
  });
});

describe('login throttle', () => {
  const throttle = () => services.get(LoginThrottle);

  it('makes tries wait after a few failures, twice as long each time, up to a bound, known account or not', async () => {
    for (const account of ['nobody@example.org', (await newUser()).email.toLowerCase()]) {
      const { ip } = newClient();
      const waits: number[] = [];
      for (let failure = 1; failure <= 12; failure += 1) {
        await throttle().failed(account, ip);
        const refusal = await refusalOf(throttle().assertAllowed(account, ip));
        waits.push(refusal?.retryAfterSeconds ?? 0);
      }
      expect(waits).toEqual([0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
    }
  });

  it('refuses before hashing, and does not count tries while waiting', async () => {
    const user = await newUser();
    const client = newClient();
    for (let failure = 0; failure < 4; failure += 1) await throttle().failed(user.email.toLowerCase(), client.ip);
    const before = services.get(PasswordHasher).hashesComputed;
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const refusal = await refusalOf(login(user.email, PASSWORD, client));
      expect([refusal?.code, refusal?.kind]).toEqual(['login_throttled', 'rate_limited']);
      expect(refusal?.retryAfterSeconds).toBeLessThanOrEqual(2);
    }
    expect(services.get(PasswordHasher).hashesComputed).toBe(before);
  });

  it('slows down guessing from many addresses, but never the owner at an address they have used', async () => {
    const user = await newUser();
    const [home, abroad] = [newClient(), newClient()];
    await login(user.email, PASSWORD, home);
    for (let failure = 0; failure < 31; failure += 1) await throttle().failed(user.email.toLowerCase(), newClient().ip);
    expect((await refusalOf(login(user.email, PASSWORD, abroad)))?.code).toBe('login_throttled');
    expect((await login(user.email, PASSWORD, home)).userId).toBe(user.id);
    // And the owner's success frees everybody.
    expect((await login(user.email, PASSWORD, abroad)).userId).toBe(user.id);
  });

  it('keeps no e-mail address', async () => {
    await throttle().failed('secret-person@example.org', '192.0.2.7');
    const { rows } = await sql<{ count: string }>`
      select count(*)::text as count from imbi_system.login_throttle where key like '%secret-person%' or key like '%192.0.2.7%'
    `.execute(platform.database.kysely);
    expect(rows[0]?.count).toBe('0');
  });
});
