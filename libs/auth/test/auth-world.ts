import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Analytics } from '#libs/analytics';
import { AuthHttpModule, AuthSeeder, UsersService } from '#libs/auth';
import { newId } from '#libs/common';
import { createHttpApp } from '#libs/http';
import { type AuthPlatform, authPlatform, TestOrganization } from '#test/auth';

export const PASSWORD = 'Correct-Horse-9-Battery';

export interface Answer {
  status: number;
  headers: Record<string, unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server answers, the assertions say what it must be
  body: any;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The routes of authentication over HTTP, with the organizations `acme` and `rival` and an administrator. */
export class AuthWorld {
  private readonly replicas: NestFastifyApplication[] = [];

  private constructor(
    readonly platform: AuthPlatform,
    readonly app: NestFastifyApplication,
    readonly users: UsersService,
    readonly organizations: Readonly<Record<string, string>>,
    readonly admin: { readonly id: string; readonly email: string },
    public adminToken: string,
  ) {}

  static async create(env: Readonly<Record<string, string>> = {}, analytics?: Analytics): Promise<AuthWorld> {
    const settings = { IMBI_RATE_LIMIT_LOGIN_PER_MINUTE: '10000', IMBI_AUTH_MAX_CONCURRENT_SESSIONS: '50' };
    const platform = await authPlatform({ ...settings, ...env }, analytics);
    const app = await newApp(platform);
    await app.get(AuthSeeder, { strict: false }).seed();
    const users = app.get(UsersService, { strict: false });
    const made = await platform.graph.transaction((tx) =>
      tx.insertMany(TestOrganization, [{ slug: 'acme' }, { slug: 'rival' }]),
    );
    const organizations = Object.fromEntries(made.map(({ slug, id }) => [slug, id]));
    const first = { email: 'root@example.org', displayName: 'Root', password: PASSWORD, isAdmin: true };
    const { id, email } = await users.create(first);
    const world = new AuthWorld(platform, app, users, organizations, { id, email }, '');
    world.adminToken = await world.signIn(email);
    return world;
  }

  async close(): Promise<void> {
    for (const replica of this.replicas) await replica.close();
    await this.app.close();
    await this.platform.close();
  }

  /** Another API process on the same database, as far as it can tell: nothing in memory is shared. */
  async replica(): Promise<NestFastifyApplication> {
    const replica = await newApp(this.platform);
    this.replicas.push(replica);
    return replica;
  }

  /** Calls a route, as the administrator where no token is given. */
  async call(
    method: Method,
    path: string,
    options: { token?: string; body?: object; headers?: object; app?: NestFastifyApplication } = {},
  ): Promise<Answer> {
    const { token = this.adminToken, body, headers, app = this.app } = options;
    const response = await app.inject({
      method,
      url: `/api${path}`,
      payload: body,
      headers: {
        authorization: `Bearer ${token}`,
        ...(method === 'PATCH' ? { 'content-type': 'application/merge-patch+json' } : {}),
        ...headers,
      },
    });
    const answer = response.body === '' ? undefined : response.json();
    return { status: response.statusCode, headers: response.headers, body: answer };
  }

  async tryToSignIn(email: string, password: string): Promise<Answer> {
    const response = await this.app.inject({ method: 'POST', url: '/api/auth/login', payload: { email, password } });
    return { status: response.statusCode, headers: response.headers, body: response.json() };
  }

  async signIn(email: string, password = PASSWORD): Promise<string> {
    const { body } = await this.tryToSignIn(email, password);
    return body.access_token;
  }

  /** A signed-in user with roles in places: `null` is everywhere. */
  async userWith(roles: readonly (readonly [string, string | null])[] = []) {
    const email = `${newId().toLowerCase()}@example.org`;
    const { id } = await this.users.create({ email, displayName: 'Somebody', password: PASSWORD });
    for (const [role, place] of roles) {
      const organizationId = place === null ? null : (this.organizations[place] ?? null);
      await this.users.assignRole({ userId: id, role, organizationId });
    }
    return { id, email, token: await this.signIn(email) };
  }

  /** A role with these permissions, made by the administrator where it is not there yet. */
  async role(slug: string, permissions: readonly string[], inherits: readonly string[] = []): Promise<void> {
    if ((await this.call('GET', `/roles/${slug}`)).status === 200) return;
    await this.call('POST', '/roles', { body: { slug, name: slug, permissions, inherits } });
  }
}

async function newApp(platform: AuthPlatform): Promise<NestFastifyApplication> {
  const root = { module: class RootModule {}, imports: [platform.module, AuthHttpModule] };
  const app = await createHttpApp(root, platform.config);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return app;
}
