import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { configureLogging, isJsonObject, type JsonObject, type JsonValue, newId } from '#libs/common';
import { type Operation, operations } from '../../../../test/contract/contract.js';
import { AuthWorld, PASSWORD } from '../../test/auth-world.js';
import { CredentialUse } from '../principal/credential-use.js';
import { AuditReads } from './audit-reads.service.js';
import { Refusals } from './refusals.service.js';

/** Names of what must never be seen again once it was sent. */
const SECRET_NAME = /password|secret|token|_code$|^code$|backup|otpauth|^key$|private|verifier|assertion/;
// Where tokens are to be had (RFC 8414) is public, whatever its names sound like.
const METADATA = ['token_endpoint', 'token_endpoint_auth_methods_supported'];
const NO_SECRET = new Set(['token_type', 'next_cursor', ...METADATA]);

interface Sent {
  readonly request: string;
  readonly status: number;
  readonly body: string;
}

/** What was sent or handed out as a secret, and where it is allowed to be: in the answer that handed it out. */
const secrets = new Map<string, string>();
const answers: Sent[] = [];
const lines: string[] = [];

let world: AuthWorld;
beforeAll(async () => {
  configureLogging({ level: 'debug', format: 'json', destination: { write: (line) => lines.push(line) } });
  world = await AuthWorld.create({
    IMBI_RATE_LIMIT_REFRESH_PER_MINUTE: '10000',
    IMBI_RATE_LIMIT_KEY_CREATION_PER_HOUR: '10000',
    IMBI_RATE_LIMIT_FAILED_CREDENTIALS_PER_MINUTE: '10000',
  });
});
afterAll(async () => {
  configureLogging({ level: 'silent', format: 'json' });
  await world.close();
});

/** A secret that has never been used before; good enough for the password policy. */
function canary(name: string): string {
  // Where six digits are asked for, only six digits get as far as the check.
  const text = /mfa|totp|otp/.test(name) ? sixDigits() : `Canary-${newId().replaceAll(/[^A-Za-z0-9]/g, 'x')}-9aZ`;
  secrets.set(text, '');
  return text;
}

function sixDigits(): string {
  return String(100_000 + ((secrets.size * 7919 + 493_817) % 900_000));
}

/** The value with every secret in it replaced by a new one. */
function poison(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(poison);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      name,
      SECRET_NAME.test(name) && typeof one === 'string' ? canary(name) : poison(one ?? null),
    ]),
  );
}

/** What an answer hands out is a secret from now on. */
function learn(value: unknown, from: string): void {
  if (Array.isArray(value)) for (const one of value) learn(one, from);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  for (const [name, one] of Object.entries(value)) {
    const isSecret = SECRET_NAME.test(name) && !NO_SECRET.has(name);
    const texts =
      typeof one === 'string' ? [one] : Array.isArray(one) ? one.filter((text) => typeof text === 'string') : [];
    for (const text of texts) if (isSecret && text.length >= 16) secrets.set(text, from);
    learn(one, from);
  }
}

async function send(
  method: string,
  url: string,
  options: { token?: string; body?: JsonValue; form?: URLSearchParams; headers?: Record<string, string> } = {},
) {
  const { token, body, form, headers = {} } = options;
  const request = newId();
  const response = await world.app.inject({
    method: method.toUpperCase() as 'GET',
    url,
    ...(body !== undefined && { payload: JSON.stringify(body) }),
    ...(form && { payload: form.toString() }),
    headers: {
      'x-request-id': request,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && {
        'content-type': method === 'patch' ? 'application/merge-patch+json' : 'application/json',
      }),
      ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
      ...headers,
    },
  });
  answers.push({ request, status: response.statusCode, body: response.body });
  const isJson = String(response.headers['content-type']).includes('json') && response.body.startsWith('{');
  const answer: JsonObject = isJson ? JSON.parse(response.body) : {};
  if (response.statusCode < 400) learn(answer, request);
  return { status: response.statusCode, answer, headers: response.headers };
}

async function signIn(email = world.admin.email, password = PASSWORD): Promise<{ access: string; refresh: string }> {
  const { answer } = await send('POST', '/api/auth/login', { body: { email, password } });
  return { access: String(answer['access_token']), refresh: String(answer['refresh_token']) };
}

function addressOf({ path }: Operation): string {
  return path.replace(/\{(\w+)\}/g, (_all, name) => (name === 'org' ? 'acme' : newId()));
}

function exampleOf({ requestBody }: Operation): JsonValue | undefined {
  const [media] = Object.values(requestBody?.content ?? {});
  const example: unknown = media?.example ?? media?.schema['example'];
  return example === undefined ? undefined : JSON.parse(JSON.stringify(example));
}

/** The secrets that `text` has in it, those apart that are at home there. */
function leaksIn(text: string, home = ''): string[] {
  return [...secrets].flatMap(([secret, from]) => {
    if (from !== '' && from === home) return [];
    const at = secret.length === 6 ? text.search(new RegExp(`(?<![\\w.:-])${secret}(?![\\w-])`)) : text.indexOf(secret);
    return at === -1 ? [] : [text.slice(Math.max(0, at - 80), at + secret.length + 20)];
  });
}

async function everyTable(): Promise<{ table: string; text: string }[]> {
  const { pool } = world.platform.database;
  const { rows } = await pool.query(
    `select format('%I.%I', schemaname, tablename) as name from pg_catalog.pg_tables
     where schemaname in ('imbi', 'imbi_system')`,
  );
  const texts: { table: string; text: string }[] = [];
  for (const { name } of rows) {
    const found = await pool.query(`select string_agg(t::text, E'\n') as text from ${name} t`);
    texts.push({ table: name, text: found.rows[0].text ?? '' });
  }
  return texts;
}

describe('secrets (ASVS 16.2.5)', () => {
  it('are sent through every operation, by strangers, by forgers and by an administrator', async () => {
    expect(operations.length).toBeGreaterThan(80);
    for (const operation of operations) {
      const body = exampleOf(operation);
      const poisoned = () => (body === undefined ? undefined : poison(body));
      const { access } = await signIn();
      await send(operation.method, addressOf(operation), { body: poisoned() });
      await send(operation.method, addressOf(operation), { body: poisoned(), token: canary('token') });
      await send(operation.method, addressOf(operation), { body: poisoned(), token: `ik_${canary('key')}` });
      await send(operation.method, addressOf(operation), {
        body: poisoned(),
        token: access,
        headers: { cookie: `imbi_refresh=${canary('cookie')}` },
      });
    }
    expect(secrets.size).toBeGreaterThan(300);
  });

  it('are sent through every way of signing in, renewing and changing them, with and without success', async () => {
    const [first, second, third] = [canary('password'), canary('password'), canary('password')];
    const email = `${newId().toLowerCase()}@example.org`;
    const { access } = await signIn();
    const made = await send('POST', '/api/users', {
      token: access,
      body: { email, display_name: 'Canary', password: first },
    });
    expect(made.status).toBe(201);
    const wrong: JsonObject[] = [
      { email, password: canary('password') },
      { email: `nobody-${newId()}@example.org`, password: canary('password') },
      // People type passwords into the wrong field.
      { email: canary('password'), password: 'x' },
      { email, password: canary('password'), mfa_code: canary('mfa_code') },
      { email, password: canary('password'), unknown: canary('secret') },
    ];
    for (const body of wrong) {
      expect((await send('POST', '/api/auth/login', { body })).status).toBeGreaterThanOrEqual(400);
    }
    const session = await signIn(email, first);
    const renewed = await send('POST', '/api/auth/refresh', { body: { refresh_token: session.refresh } });
    expect(renewed.status).toBe(200);
    expect((await send('POST', '/api/auth/refresh', { body: { refresh_token: canary('token') } })).status).toBe(401);
    const stolen = { body: { refresh_token: session.refresh }, headers: { 'user-agent': 'a thief' } };
    expect((await send('POST', '/api/auth/refresh', stolen)).status).toBe(401);
    const token = (await signIn(email, first)).access;
    const change = (current_password: string, password: string) =>
      send('PUT', '/api/me/password', { token, body: { current_password, password } });
    expect((await change(canary('password'), second)).status).toBe(422);
    expect((await change(first, 'short-Canary')).status).toBe(422);
    expect((await change(first, second)).status).toBe(204);
    const reset = await send('PUT', `/api/users/${String(made.answer['id'])}/password`, {
      token: access,
      body: { password: third },
    });
    expect(reset.status).toBe(204);
    expect((await send('POST', '/api/auth/logout', { token, body: {} })).status).toBe(401);
    const last = await signIn(email, third);
    expect((await send('GET', '/api/users', { token: last.access })).status).toBe(403);
    expect((await send('POST', '/api/auth/logout', { token: last.access, body: { all_sessions: true } })).status).toBe(
      204,
    );
    expect((await send('GET', '/api/me', { token: last.access })).status).toBe(401);
    for (const authorization of [
      `Basic ${btoa(`${email}:${canary('password')}`)}`,
      canary('token'),
      `Token ${canary('token')}`,
    ]) {
      secrets.set(authorization.split(' ').at(-1) ?? authorization, '');
      expect((await send('GET', '/api/me', { headers: { authorization } })).status).toBe(401);
    }
  });

  it('are made, used, rotated and revoked as keys of users and service accounts', async () => {
    const { access: token } = await signIn();
    const account = `canary-${newId()
      .toLowerCase()
      .replaceAll(/[^a-z0-9]/g, '0')}`;
    expect((await send('POST', '/api/service-accounts', { token, body: { slug: account, name: 'C' } })).status).toBe(
      201,
    );
    await send('PUT', `/api/service-accounts/${account}/roles/viewer`, { token });
    const body = { name: 'canary', scopes: ['project:read'] };
    for (const path of ['/api/me/api-keys', `/api/service-accounts/${account}/api-keys`]) {
      const made = await send('POST', path, { token, body: { ...body, password: PASSWORD } });
      expect(made.status).toBe(201);
      const key = String(made.answer['key']);
      expect([secrets.has(key), (await send('GET', '/api/me', { token: key })).status]).toEqual([true, 200]);
      const wrong = await send('POST', path, { token, body: { ...body, password: canary('password') } });
      expect(wrong.status).toBe(403);
      // Mistyped, cut off, and right but for the secret.
      const other = key.at(-7) === '0' ? '1' : '0';
      for (const bad of [`${key}x`, key.slice(0, -1), `${key.slice(0, -7)}${other}${key.slice(-6)}`]) {
        expect((await send('GET', '/api/me', { token: bad })).status).toBe(401);
      }
      const one = `${path}/${String(made.answer['key_id'])}`;
      const rotated = await send('POST', `${one}/rotate`, { token, body: { overlap_seconds: 60 } });
      expect(rotated.status).toBe(200);
      expect((await send('GET', '/api/me', { token: key })).status).toBe(200);
      expect((await send('DELETE', one, { token })).status).toBe(204);
      expect((await send('GET', '/api/me', { token: String(rotated.answer['key']) })).status).toBe(401);
    }
    const clients = `/api/service-accounts/${account}/clients`;
    const made = await send('POST', clients, { token, body });
    expect(made.status).toBe(201);
    const { client_id, client_secret } = made.answer;
    const form = (fields: Record<string, string>) => ({
      form: new URLSearchParams({ grant_type: 'client_credentials', client_id: String(client_id), ...fields }),
    });
    const given = await send('POST', '/api/auth/token', form({ client_secret: String(client_secret) }));
    expect([given.status, secrets.has(String(client_secret))]).toEqual([200, true]);
    const access = String(given.answer['access_token']);
    expect((await send('GET', '/api/me', { token: access })).status).toBe(200);
    for (const endpoint of ['token', 'introspect', 'revoke']) {
      const fields = { token: access, client_secret: canary('client_secret'), scope: canary('secret') };
      expect((await send('POST', `/api/auth/${endpoint}`, form(fields))).status).toBe(401);
      const right = { ...fields, client_secret: String(client_secret) };
      await send('POST', `/api/auth/${endpoint}`, form(right));
    }
    expect((await send('GET', '/api/me', { token: access })).status).toBe(401);
    await world.app.get(CredentialUse, { strict: false }).flush();
  });

  it('are in no table, in the outbox neither, nor in what is on its way to the audit log and the history', async () => {
    await world.app.get(Refusals, { strict: false }).flush();
    await world.app.get(AuditReads, { strict: false }).flush();
    const tables = await everyTable();
    const outbox = tables.find(({ table }) => table === 'imbi_system.outbox')?.text ?? '';
    // It is there that a leak would be seen: the events and the changes of all these calls wait in it.
    const words = [
      'auth.login',
      'auth.refresh',
      'auth.access',
      'auth.authenticate',
      'entity_changes',
      'user.password',
      'api_key.rotate',
    ];
    expect(words.filter((word) => !outbox.includes(word))).toEqual([]);
    expect(leaksIn(`${outbox}${[...secrets.keys()][0]}`)).toHaveLength(1);
    expect(tables.flatMap(({ table, text }) => leaksIn(text).map((leak) => ({ table, leak })))).toEqual([]);
  });

  it('are in no answer but the one that hands them out', () => {
    const refused = answers.filter(({ status }) => status >= 400);
    expect(refused.length).toBeGreaterThan(100);
    expect(answers.flatMap(({ request, body }) => leaksIn(body, request))).toEqual([]);
  });

  it('are in no line of the log, when the database goes away neither', async () => {
    await world.platform.database.end();
    const { access } = await signIn(world.admin.email, canary('password'));
    await send('GET', '/api/me', { token: access });
    await send('POST', '/api/auth/refresh', { body: { refresh_token: canary('token') } });
    expect(lines.length).toBeGreaterThan(500);
    expect(lines.some((line) => line.includes('"level":50') || line.includes('"level":40'))).toBe(true);
    expect(lines.flatMap((line) => leaksIn(line))).toEqual([]);
  });
});
