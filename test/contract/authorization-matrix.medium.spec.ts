import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { disabledAnalytics } from '#libs/analytics';
import { ApiKey, ApiKeyCodec, PERMISSIONS, UsersService } from '#libs/auth';
import { loadConfig } from '#libs/config';
import { generateKey, KeyRing } from '#libs/crypto';
import { Graph } from '#libs/graph';
import { type RunningApi, startApi } from '#libs/product';
import { Upload } from '#libs/uploads';
import { type TestDatabase, testDatabase } from '#test/database';
import { type Operation, operations } from './contract.js';

const PASSWORD = 'Correct-horse-battery-7';
const ADMIN = 'admin@example.org';
const NOBODY = 'V1StGXR8_Z5jdHi6B-myT';
const everyPermission = PERMISSIONS.map(({ name }) => name);
const guarded = operations.filter(({ 'x-permission': access }) => access !== 'public' && access !== undefined);
const named = guarded.map((operation): [string, string, Operation] => [
  operation.operationId,
  operation['x-permission'] ?? '',
  operation,
]);

let database: TestDatabase;
let api: RunningApi;
let admin: string;
/** Bearer tokens; the users hold the role `matrix`, which holds what a test says, in the places that their names say. */
const tokens: Record<'everywhere' | 'rival' | 'nowhere' | 'key', string> = {
  everywhere: '',
  rival: '',
  nowhere: '',
  key: '',
};
let keyId: string;
/** An upload of the organization acme: what is in no organization's path must find out itself where it is. */
let uploadId: string;

beforeAll(async () => {
  database = await testDatabase();
  api = await startApi({
    config: loadConfig({
      NODE_ENV: 'test',
      IMBI_PORT: '0',
      IMBI_AUTH_ARGON2_MEMORY_KIB: '1024',
      IMBI_AUTH_ARGON2_PASSES: '1',
      IMBI_RATE_LIMIT_PER_MINUTE: '1000000',
      IMBI_RATE_LIMIT_API_KEY_PER_MINUTE: '100000',
      IMBI_RATE_LIMIT_LOGIN_PER_MINUTE: '10000',
      IMBI_BOOTSTRAP_ADMIN_EMAIL: ADMIN,
      IMBI_BOOTSTRAP_ADMIN_PASSWORD: PASSWORD,
    }),
    database: database.databaseConfig,
    analytics: disabledAnalytics(),
    keys: new KeyRing([generateKey()]),
    jobs: false,
  });
  admin = await signIn(ADMIN);
  const ids: Record<string, string> = {};
  for (const slug of ['acme', 'rival']) {
    const { body } = await send(admin, 'post', '/api/organizations', { slug, name: slug });
    ids[slug] = String(body['id']);
  }
  const upload = { filename: 'a.txt', content_type: 'text/plain', status: 'ready', uploaded_by: NOBODY } as const;
  uploadId = await api.app.get(Graph, { strict: false }).transaction(async (tx) => {
    const place = { organization_id: ids['acme'] ?? null, s3_key: `uploads/${NOBODY}` };
    return (await tx.insert(Upload, { ...upload, ...place })).id;
  });
  await send(admin, 'post', '/api/roles', { slug: 'matrix', name: 'Matrix' });
  const users = api.app.get(UsersService, { strict: false });
  for (const place of ['everywhere', 'rival', 'nowhere'] as const) {
    const email = `${place}@example.org`;
    const { id } = await users.create({ email, displayName: place, password: PASSWORD });
    if (place !== 'nowhere') {
      await users.assignRole({ userId: id, role: 'matrix', organizationId: ids[place] ?? null });
    }
    tokens[place] = await signIn(email);
    if (place === 'everywhere') await makeKey(id);
  }
});

afterAll(async () => {
  await api?.stop();
  await database?.close();
});

async function makeKey(owner: string): Promise<void> {
  const { key, keyId: key_id, mac } = api.app.get(ApiKeyCodec, { strict: false }).make();
  const properties = { key_id, name: 'matrix', owner_id: owner, secret_mac: mac, scopes: [] };
  const { id } = await api.app.get(Graph, { strict: false }).transaction((tx) => tx.insert(ApiKey, properties));
  [tokens.key, keyId] = [key, id];
}

async function send(token: string, method: string, path: string, body?: object, contentType = 'application/json') {
  const response = await fetch(api.url + path, {
    method: method.toUpperCase(),
    redirect: 'manual',
    headers: {
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      // Nothing is at this version: what the guard lets through changes nothing.
      'if-match': '"9999"',
      ...(body && { 'content-type': contentType }),
    },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = (response.headers.get('content-type') ?? '').includes('json');
  return { status: response.status, body: (isJson ? JSON.parse(text) : {}) as Record<string, unknown> };
}

async function signIn(email: string): Promise<string> {
  const { body } = await send('', 'post', '/api/auth/login', { email, password: PASSWORD });
  return String(body['access_token']);
}

const isUpload = ({ path }: Operation) => path.startsWith('/api/uploads/{id}');
/** Whether those who may do nothing in its organization do not even learn that it is there. */
const isHidden = (operation: Operation) => operation.path.includes('{org}') || isUpload(operation);

/** Calls an operation in the organization acme, with a body that says nothing. */
async function call(token: string, operation: Operation) {
  const { path, method, requestBody } = operation;
  const id = isUpload(operation) ? uploadId : NOBODY;
  const url = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => (name === 'org' ? 'acme' : id));
  const [type] = Object.keys(requestBody?.content ?? {});
  return type?.includes('json') ? send(token, method, url, {}, type) : send(token, method, url);
}

/** What the guard answers by, or `let in`, whatever came of it then. */
async function verdict(token: string, operation: Operation): Promise<string> {
  const { status, body } = await call(token, operation);
  if (status === 401 || status === 403) return String(body['code']);
  const isNotFound = /^The (organization "acme"|upload ".*") was/.test(String(body['detail']));
  return status === 404 && isNotFound ? 'hidden' : 'let in';
}

async function hold(permissions: readonly string[]): Promise<void> {
  const change = JSON.stringify({ permissions });
  const response = await fetch(`${api.url}/api/roles/matrix`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/merge-patch+json' },
    body: change,
  });
  expect(response.status).toBe(200);
}

const scope = (scopes: readonly string[]) =>
  api.app.get(Graph, { strict: false }).transaction((tx) => tx.patch(ApiKey, keyId, { set: { scopes: [...scopes] } }));

describe('every operation of the contract (ASVS 5.0 8.2.1, 8.2.2, 8.3.1, 8.4.1)', () => {
  it.each(named)('%s (%s) is for nobody who is not signed in', async (_id, _access, operation) => {
    expect(await verdict('', operation)).toBe('unauthenticated');
  });

  const permitted = named.filter(([, access]) => access !== 'authenticated');

  it.each(permitted)('%s (%s) is for exactly who holds its permission, there', async (_id, permission, operation) => {
    const others = everyPermission.filter((name) => name !== permission);
    const verdicts = async () => ({
      nowhere: await verdict(tokens.nowhere, operation),
      rival: await verdict(tokens.rival, operation),
      everywhere: await verdict(tokens.everywhere, operation),
    });
    await hold(others);
    const away = isHidden(operation) ? 'hidden' : 'forbidden';
    expect(await verdicts()).toEqual({ nowhere: away, rival: away, everywhere: 'forbidden' });
    await hold([permission]);
    const { everywhere, ...elsewhere } = await verdicts();
    expect(elsewhere).toEqual({ nowhere: away, rival: away });
    expect(everywhere).not.toMatch(/^(forbidden|hidden|unauthenticated)$/);
  });

  it.each(permitted)('%s (%s) is for a key within its scopes only', async (_id, permission, operation) => {
    await hold(everyPermission);
    await scope(everyPermission.filter((name) => name !== permission));
    expect(await verdict(tokens.key, operation)).toBe('forbidden');
    await scope([permission]);
    expect(await verdict(tokens.key, operation)).not.toMatch(/^(forbidden|hidden|unauthenticated)$/);
    await hold([]);
    expect(await verdict(tokens.key, operation)).toBe(isHidden(operation) ? 'hidden' : 'forbidden');
  });
});
