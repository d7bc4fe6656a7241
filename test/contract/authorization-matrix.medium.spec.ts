import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { disabledAnalytics } from '#libs/analytics';
import { ApiKey, ApiKeyCodec, CanAccess, PERMISSIONS, User, UsersService } from '#libs/auth';
import { Project, Team } from '#libs/catalog';
import { loadConfig } from '#libs/config';
import { generateKey, KeyRing } from '#libs/crypto';
import { Graph, ref } from '#libs/graph';
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

/** What a grant of `admin` on a project and on a team opens there: their own routes. */
const OPENED_BY_GRANTS = [
  'getProject',
  'replaceProject',
  'updateProject',
  'deleteProject',
  'archiveProject',
  'unarchiveProject',
  'putProjectEnvironment',
  'updateProjectEnvironment',
  'deleteProjectEnvironment',
  'listProjectHistory',
  'getProjectScore',
  'listProjectScores',
  'getProjectScoreTrend',
  'getProjectScorePath',
  'listProjectGrants',
  'putProjectGrant',
  'deleteProjectGrant',
  'getTeam',
  'replaceTeam',
  'updateTeam',
  'deleteTeam',
  'listTeamGrants',
  'putTeamGrant',
  'deleteTeamGrant',
];

let database: TestDatabase;
const ids: Record<string, string> = {};
let api: RunningApi;
let admin: string;
/** Bearer tokens; the users hold the role `matrix`, which holds what a test says, in the places that their names say. */
const tokens: Record<'everywhere' | 'rival' | 'nowhere' | 'key' | 'granted' | 'expired', string> = {
  everywhere: '',
  rival: '',
  nowhere: '',
  key: '',
  granted: '',
  expired: '',
};
let keyId: string;
/** An upload of the organization acme: what is in no organization's path must find out itself where it is. */
let uploadId: string;
/** What `granted` was granted all of, and `expired` too, until a while ago. */
let resource: { id: string; slug: string };

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
  await grantResources(users);
});

async function grantResources(users: UsersService): Promise<void> {
  const slug = 'granted';
  for (const kind of ['teams', 'project-types']) {
    await send(admin, 'post', `/api/organizations/acme/${kind}`, { slug, name: slug });
  }
  const project = { slug, name: slug, team: slug, project_types: [slug] };
  const { body } = await send(admin, 'post', '/api/organizations/acme/projects', project);
  resource = { id: String(body['id']), slug };
  const graph = api.app.get(Graph, { strict: false });
  for (const name of ['granted', 'expired'] as const) {
    const email = `${name}@example.org`;
    const { id } = await users.create({ email, displayName: name, password: PASSWORD });
    tokens[name] = await signIn(email);
    for (const place of [`projects/${resource.id}`, `teams/${slug}`]) {
      const address = `/api/organizations/acme/${place}/grants/user:${id}`;
      expect((await send(admin, 'put', address, { actions: ['admin'] })).status).toBe(204);
    }
    if (name === 'granted') continue;
    const expires_at = new Date(Date.now() - 1000).toISOString();
    await graph.transaction(async (tx) => {
      const team = await tx.find(Team, { organization_id: ids['acme'] ?? '', slug });
      for (const to of [ref(Project, resource.id), ref(Team, team?.id ?? '')]) {
        await tx.patchEdge(CanAccess, ref(User, id), to, { set: { expires_at } });
      }
    });
  }
}

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
async function call(token: string, operation: Operation, names: Readonly<Record<string, string>>) {
  const { path, method, requestBody } = operation;
  const known = isUpload(operation) ? { ...names, id: uploadId } : names;
  const url = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => known[name] ?? NOBODY);
  const [type] = Object.keys(requestBody?.content ?? {});
  return type?.includes('json') ? send(token, method, url, {}, type) : send(token, method, url);
}

/** What the guard answers by, or `let in`, whatever came of it then. */
async function verdict(token: string, operation: Operation, names = {}): Promise<string> {
  const { status, body } = await call(token, operation, { org: 'acme', ...names });
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

  it.each(permitted)(
    '%s (%s) is for a grant on its resource only, and not once it expired',
    async (_id, _p, operation) => {
      const away = isHidden(operation) ? 'hidden' : 'forbidden';
      expect(await verdict(tokens.expired, operation, resource)).toBe(away);
      // Nobody else's: the same caller at another resource.
      expect(await verdict(tokens.granted, operation)).toBe(away);
      const isOpened = OPENED_BY_GRANTS.includes(operation.operationId);
      const granted = await verdict(tokens.granted, operation, resource);
      if (isOpened) expect(granted).not.toMatch(/^(forbidden|hidden|unauthenticated)$/);
      // A grant shows that the organization is there, and nothing more.
      else expect(granted).toMatch(/^(forbidden|hidden)$/);
    },
  );
});
