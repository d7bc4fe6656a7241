import { type AnalyticsConnection, disabledAnalytics } from '#libs/analytics';
import { loadConfig } from '#libs/config';
import { generateKey, KeyRing } from '#libs/crypto';
import { type TestDatabase, testDatabase } from '#test/database';
import { testQueues } from '#test/redis';
import { type RunningApi, startApi } from '../src/start-api.js';

const PASSWORD = 'Correct-Horse-9-Battery';
const ADMIN = 'admin@example.org';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: specs look into documents of every kind
  readonly body: any;
}

export type Call = (method: string, path: string, body?: object) => Promise<Answer>;

/** The whole product in this process, API and worker, on a database of its own. */
export interface RunningProduct {
  readonly api: RunningApi;
  readonly database: TestDatabase;
  /** As the administrator. */
  readonly call: Call;
  /** A new user without any role, signed in. */
  user(email: string): Promise<{ id: string; call: Call }>;
  close(): Promise<void>;
}

export async function runningProduct(
  env: Readonly<Record<string, string>> = {},
  analytics: AnalyticsConnection = disabledAnalytics(),
): Promise<RunningProduct> {
  const queues = testQueues();
  const database = await testDatabase();
  // The embedded engine takes one connection, and the product makes its own.
  await database.db.end();
  const config = loadConfig({
    NODE_ENV: 'test',
    IMBI_PORT: '0',
    IMBI_ACCESS_LOG: 'false',
    IMBI_AUTH_ARGON2_MEMORY_KIB: '1024',
    IMBI_AUTH_ARGON2_PASSES: '1',
    IMBI_RATE_LIMIT_LOGIN_PER_MINUTE: '1000',
    IMBI_BOOTSTRAP_ADMIN_EMAIL: ADMIN,
    IMBI_BOOTSTRAP_ADMIN_PASSWORD: PASSWORD,
    ...(queues.redisUrl ? queues.environment : { IMBI_QUEUE_PREFIX: queues.prefix }),
    ...env,
  });
  const keys = new KeyRing([generateKey()]);
  const options = { config, keys, database: database.databaseConfig, analytics, jobs: true };
  const api = await startApi(options);
  const call = await signIn(api.url, ADMIN);
  return {
    api,
    database,
    call,
    user: async (email) => {
      const { status, body } = await call('POST', '/api/users', { email, display_name: email, password: PASSWORD });
      if (status !== 201) throw new Error(JSON.stringify(body));
      return { id: body.id, call: await signIn(api.url, email) };
    },
    close: async () => {
      await api.stop();
      await database.close();
      await queues.close();
    },
  };
}

async function signIn(url: string, email: string): Promise<Call> {
  const { status, body } = await send(url, {}, 'POST', '/api/auth/login', { email, password: PASSWORD });
  if (status !== 200) throw new Error(JSON.stringify(body));
  return (...request) => send(url, { authorization: `Bearer ${body.access_token}` }, ...request);
}

async function send(
  url: string,
  headers: Record<string, string>,
  ...[method, path, body]: Parameters<Call>
): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...headers,
      ...(body ? { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' } : {}),
    },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}
