import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { AuthWorld, PASSWORD } from '../../test/auth-world.js';
import { User } from '../model/identity.vertex.js';
import { BackupCode, TotpSecret } from './mfa.vertex.js';
import { Totp } from './totp.js';

const totp = new Totp('Imbi');
const DEVICE = { secret: '', codes: [] as string[] };

let world: AuthWorld;

beforeAll(async () => {
  world = await AuthWorld.create();
});

afterAll(() => world?.close());

interface Somebody {
  readonly id: string;
  readonly email: string;
  readonly token: string;
}

/** The code of `steps` from now: each is good once, and a test may need several within one step. */
const codeOf = (secret: string, steps = 0) => totp.code(secret, new Date(Date.now() + steps * 30_000));

const login = async (email: string, mfa_code?: string, password = PASSWORD) => {
  const payload = { email, password, ...(mfa_code === undefined ? {} : { mfa_code }) };
  const response = await world.app.inject({ method: 'POST', url: '/api/auth/login', payload });
  return { status: response.statusCode, body: response.json() };
};

/** A user whose second factor is in force; the code of the step before the present one is spent. */
async function withMfa(): Promise<Somebody & typeof DEVICE> {
  const user = await world.userWith();
  const { body } = await world.call('POST', '/me/mfa', { token: user.token, body: {} });
  const verified = await world.call('POST', '/me/mfa/verify', {
    token: user.token,
    body: { code: codeOf(body.secret, -1) },
  });
  expect(verified.status).toBe(200);
  return { ...user, secret: body.secret, codes: body.backup_codes };
}

describe('setting up a second factor', () => {
  it('shows secret, QR code and ten codes once, and is in force from the first code of the app on', async () => {
    const user = await world.userWith();
    const call = (method: 'GET' | 'POST', path: string, body?: object) =>
      world.call(method, path, { token: user.token, body });
    expect((await call('GET', '/me/mfa')).body).toEqual({
      enabled: false,
      enabled_at: null,
      is_pending: false,
      backup_codes_left: 0,
    });
    const { status, body } = await call('POST', '/me/mfa', {});
    expect([status, body]).toEqual([
      201,
      {
        secret: expect.stringMatching(/^[A-Z2-7]{32}$/),
        otpauth_uri: expect.stringContaining(`secret=${body.secret}`),
        qr_png: expect.stringMatching(/^data:image\/png;base64,iVBOR/),
        backup_codes: expect.any(Array),
      },
    ]);
    expect(new Set(body.backup_codes).size).toBe(10);
    expect((await login(user.email)).status).toBe(200);
    for (const code of ['000000', body.backup_codes[0].slice(0, 10)]) {
      expect((await call('POST', '/me/mfa/verify', { code })).status).toBe(422);
    }
    expect((await login(user.email)).status).toBe(200);
    const enabled = await call('POST', '/me/mfa/verify', { code: codeOf(body.secret) });
    expect(enabled.body).toMatchObject({ enabled: true, is_pending: false, backup_codes_left: 10 });
    expect((await login(user.email)).body.code).toBe('mfa_required');
    expect(JSON.stringify((await call('GET', '/me/mfa')).body)).not.toContain(body.secret);
  });

  it('leaves the old secret in force until the new one is verified', async () => {
    const user = await withMfa();
    const next = await world.call('POST', '/me/mfa', { token: user.token, body: { password: PASSWORD } });
    expect((await login(user.email, codeOf(next.body.secret))).body.code).toBe('mfa_invalid');
    expect((await login(user.email, codeOf(user.secret))).status).toBe(200);
    const body = { code: codeOf(next.body.secret) };
    expect((await world.call('POST', '/me/mfa/verify', { token: user.token, body })).status).toBe(200);
    expect((await login(user.email, codeOf(user.secret, 1))).body.code).toBe('mfa_invalid');
    expect((await login(user.email, codeOf(next.body.secret, 1))).status).toBe(200);
  });

  it('ends the other sessions of the user', async () => {
    const user = await world.userWith();
    const other = await world.signIn(user.email);
    const { body } = await world.call('POST', '/me/mfa', { token: user.token, body: {} });
    expect((await world.call('GET', '/me', { token: other })).status).toBe(200);
    await world.call('POST', '/me/mfa/verify', { token: user.token, body: { code: codeOf(body.secret) } });
    expect((await world.call('GET', '/me', { token: other })).status).toBe(401);
    expect((await world.call('GET', '/me', { token: user.token })).status).toBe(200);
  });
});

describe('signing in with a second factor', () => {
  it('needs password and code, and tells that a code is needed only to who knows the password', async () => {
    const user = await withMfa();
    expect((await login(user.email)).body.code).toBe('mfa_required');
    expect((await login(user.email, undefined, 'wrong-Password-1!')).body.code).toBe('invalid_credentials');
    expect((await login(user.email, codeOf(user.secret), 'wrong-Password-1!')).body.code).toBe('invalid_credentials');
    expect((await login(user.email, codeOf(user.secret))).status).toBe(200);
  });

  it('takes each code once, also of parallel tries', async () => {
    const user = await withMfa();
    const tries = await Promise.all(Array.from({ length: 4 }, () => login(user.email, codeOf(user.secret))));
    expect(tries.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401]);
    expect((await login(user.email, codeOf(user.secret, -1))).body.code).toBe('mfa_invalid');
  });

  it('takes each backup code once, also of parallel tries', async () => {
    const user = await withMfa();
    const [first = '', second = ''] = user.codes;
    const tries = await Promise.all(Array.from({ length: 4 }, () => login(user.email, first)));
    expect(tries.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401]);
    expect((await login(user.email, second.toLowerCase().replaceAll('-', ' '))).status).toBe(200);
    const token = await signedIn(user);
    expect((await world.call('GET', '/me/mfa', { token })).body.backup_codes_left).toBe(8);
  });

  it('makes wrong codes wait as wrong passwords do', async () => {
    const user = await withMfa();
    const answers: string[] = [];
    for (let failure = 0; failure < 8; failure += 1) answers.push((await login(user.email, '000000')).body.code);
    expect(answers).toContain('login_throttled');
    expect(answers[0]).toBe('mfa_invalid');
  });
});

describe('a fresh proof', () => {
  it('is asked of sessions that are not new, and is the password or a code, each used once', async () => {
    const user = await withMfa();
    const call = (path: string, body: object) => world.call('POST', path, { token: user.token, body });
    await olderSession(user);
    expect((await call('/me/mfa/backup-codes', {})).body.code).toBe('fresh_proof_required');
    expect((await call('/me/mfa/backup-codes', { password: 'wrong-Password-1!' })).body.code).toBe('fresh_proof_wrong');
    const renewed = await call('/me/mfa/backup-codes', { mfa_code: codeOf(user.secret) });
    expect([renewed.status, renewed.body.backup_codes.length]).toEqual([201, 10]);
    expect((await call('/me/mfa/disable', { mfa_code: codeOf(user.secret) })).body.code).toBe('fresh_proof_wrong');
    expect((await login(user.email, user.codes[3])).body.code).toBe('mfa_invalid');
    expect((await call('/me/mfa/disable', { password: PASSWORD })).status).toBe(204);
    expect((await login(user.email)).status).toBe(200);
    expect((await call('/me/mfa/disable', { password: PASSWORD })).body.code).toBe('mfa_off');
  });
});

describe('resetting the second factor of another', () => {
  it('is for who may do as much, ends their sessions, and leaves nothing', async () => {
    await world.role('helpdesk', ['user:write']);
    const user = await withMfa();
    const path = `/users/${user.id}/mfa`;
    const helper = await world.userWith([['helpdesk', null]]);
    expect((await world.call('DELETE', path, { token: (await world.userWith()).token })).status).toBe(403);
    expect((await world.call('DELETE', path, { token: helper.token })).status).toBe(204);
    expect((await world.call('GET', '/me', { token: user.token })).status).toBe(401);
    expect((await login(user.email)).status).toBe(200);
    const { graph } = world.platform;
    expect(await graph.read.count(TotpSecret, { user_id: user.id })).toBe(0);
    expect(await graph.read.count(BackupCode, { user_id: user.id })).toBe(0);
    const admin = `/users/${world.admin.id}/mfa`;
    expect((await world.call('DELETE', admin, { token: helper.token })).body.code).toBe('beyond_own_powers');
  });

  it('is done when a user is deleted', async () => {
    const user = await withMfa();
    expect((await world.call('DELETE', `/users/${user.id}`)).status).toBe(204);
    expect(await world.platform.graph.read.count(TotpSecret, { user_id: user.id })).toBe(0);
    expect(await world.platform.graph.read.count(User, { id: user.id })).toBe(0);
  });
});

async function signedIn(user: { email: string; secret: string }): Promise<string> {
  return (await login(user.email, codeOf(user.secret))).body.access_token;
}

/** Lets the session of the user's token be an hour old. */
async function olderSession(user: Somebody): Promise<void> {
  const { body } = await world.call('GET', '/me', { token: user.token });
  const before = JSON.stringify(new Date(Date.now() - 3_600_000).toISOString());
  await sql`update imbi."Session" s set properties = s.properties operator(ag_catalog.||)
    ${`{"created_at": ${before}}`}::ag_catalog.agtype
    where ag_catalog.agtype_access_operator(s.properties, '"id"'::ag_catalog.agtype)
      operator(ag_catalog.=) ${JSON.stringify(body.session_id)}::ag_catalog.agtype`.execute(
    world.platform.database.kysely,
  );
}
