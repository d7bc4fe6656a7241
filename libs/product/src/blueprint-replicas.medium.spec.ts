import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { disabledAnalytics } from '#libs/analytics';
import { loadConfig } from '#libs/config';
import { generateKey, KeyRing } from '#libs/crypto';
import { nativeServer, type TestDatabase, testDatabase } from '#test/database';
import { type RunningApi, startApi } from './start-api.js';

const ADMIN = { email: 'admin@example.org', password: 'Correct-horse-battery-7' };
const ORGANIZATION = '/api/organizations/acme';

let database: TestDatabase;
/** Two processes as far as they can tell: they share the database and the keys, and nothing in memory. */
let first: RunningApi;
let second: RunningApi;
let token = '';

beforeAll(async () => {
  if (!nativeServer()) return;
  database = await testDatabase();
  const options = {
    config: loadConfig({
      NODE_ENV: 'test',
      IMBI_PORT: '0',
      IMBI_AUTH_ARGON2_MEMORY_KIB: '1024',
      IMBI_AUTH_ARGON2_PASSES: '1',
      IMBI_RATE_LIMIT_PER_MINUTE: '100000',
      IMBI_BOOTSTRAP_ADMIN_EMAIL: ADMIN.email,
      IMBI_BOOTSTRAP_ADMIN_PASSWORD: ADMIN.password,
    }),
    database: database.databaseConfig,
    analytics: disabledAnalytics(),
    keys: new KeyRing([generateKey()]),
    jobs: false,
  };
  first = await startApi(options);
  second = await startApi(options);
  token = String((await send(first, 'POST', '/api/auth/login', ADMIN)).body['access_token']);
  await send(first, 'POST', '/api/organizations', { slug: 'acme', name: 'Acme' });
  for (const kind of ['teams', 'project-types', 'environments']) {
    await send(first, 'POST', `${ORGANIZATION}/${kind}`, { slug: 'a', name: 'A' });
  }
});

afterAll(async () => {
  await second?.stop();
  await first?.stop();
  await database?.close();
});

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server answers, the assertions say what it must be
  readonly body: any;
}

async function send(api: RunningApi, method: string, path: string, body?: object): Promise<Answer> {
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const response = await fetch(api.url + path, {
    method,
    headers: { ...(token && { authorization: `Bearer ${token}` }), ...(body && { 'content-type': type }) },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

const project = (slug: string, more: object) => ({ slug, name: slug, team: 'a', project_types: ['a'], ...more });

// The embedded engine has one connection, and so one process.
(nativeServer() ? describe : describe.skip)('two API processes', () => {
  it('agree on blueprints at the next request of either, whichever changed them', async () => {
    const projects = `${ORGANIZATION}/projects`;
    const known = async (api: RunningApi) =>
      Object.keys((await send(api, 'GET', `${projects}/schema?project_types=a`)).body.sources);
    // Each remembers that there are none.
    expect([await known(first), await known(second)]).toEqual([[], []]);
    const schema = { type: 'object', properties: { tier: { type: 'integer', maximum: 3 } } };
    const write = { slug: 'levels', name: 'Levels', kind: 'node', type: 'Project', json_schema: schema };
    const made = await send(first, 'POST', '/api/blueprints', write);
    expect([made.status, await known(second)]).toEqual([201, ['tier']]);
    const created = await send(second, 'POST', projects, project('one', { attributes: { tier: 3 } }));
    expect([created.status, created.body.attributes]).toEqual([201, { tier: 3 }]);
    const address = `${projects}/${created.body.id}`;
    const errors = async (api: RunningApi) => (await send(api, 'GET', address)).body.attribute_errors;
    expect([await errors(first), await errors(second)]).toEqual([[], []]);
    const blueprint = `/api/blueprints/${made.body.id}`;
    const tightened = { json_schema: { properties: { tier: { maximum: 2 } } } };
    expect((await send(second, 'PATCH', blueprint, tightened)).status).toBe(200);
    expect([await errors(first), await errors(second)]).toMatchObject([[{ code: 'maximum' }], [{ code: 'maximum' }]]);
    const refused = await send(first, 'POST', projects, project('two', { attributes: { tier: 3 } }));
    expect([refused.status, refused.body.errors]).toMatchObject([422, [{ pointer: '/attributes/tier' }]]);
    await send(first, 'PATCH', blueprint, { enabled: false });
    expect([await known(second), (await send(second, 'GET', address)).body.attributes]).toEqual([[], {}]);
    expect((await send(second, 'DELETE', blueprint)).status).toBe(204);
    expect(await known(first)).toEqual([]);
  });

  it('both seeded the blueprint of deployments, once', async () => {
    const { body } = await send(second, 'GET', '/api/blueprints');
    expect(body.items.map(({ slug }: { slug: string }) => slug)).toEqual(['deployment-properties']);
    const write = project('three', { environments: { a: { url: 'no address' } } });
    const refused = await send(second, 'POST', `${ORGANIZATION}/projects`, write);
    expect([refused.status, refused.body.errors]).toMatchObject([422, [{ pointer: '/environments/a/url' }]]);
  });
});
