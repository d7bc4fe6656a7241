import { expect } from '@jest/globals';
import { sql } from 'kysely';
import { type Answer, AuthWorld } from './auth-world.js';
import { CLIENT } from './certified-idp.js';

export const PUBLIC_URL = 'https://imbi.test';
export const RETURN_TO = 'https://console.test/signed-in';

/** A browser: it keeps cookies of Imbi and of one provider, and follows redirects. */
export class Browser {
  readonly cookies = new Map<string, string>();
  private readonly elsewhere = new Map<string, string>();

  constructor(private readonly world: AuthWorld) {}

  /** Opens an address of Imbi; the status, and where it leads. */
  async open(address: string): Promise<Answer & { location: string }> {
    const path = address.startsWith(PUBLIC_URL) ? address.slice(PUBLIC_URL.length) : address;
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await this.world.app.inject({ method: 'GET', url: path, headers: { ...(cookie && { cookie }) } });
    this.keep(response.headers['set-cookie']);
    const body = /json/.test(String(response.headers['content-type'])) ? response.json() : undefined;
    const location = String(response.headers['location'] ?? '');
    return { status: response.statusCode, headers: response.headers, body, location };
  }

  /** Begins to sign in; the address at the provider. */
  async start(slug: string, returnTo?: string): Promise<string> {
    const query = returnTo === undefined ? '' : `?return_to=${encodeURIComponent(returnTo)}`;
    const { status, location, body } = await this.open(`/api/auth/providers/${slug}/start${query}`);
    expect({ status, body }).toEqual({ status: 302, body: undefined });
    return location;
  }

  /** Signs in at a real provider that asks nothing; the address that it sends the browser back to. */
  async visit(address: string): Promise<string> {
    for (let hops = 0; hops < 10; hops += 1) {
      if (address.startsWith(PUBLIC_URL)) return address;
      const cookie = [...this.elsewhere].map(([name, value]) => `${name}=${value}`).join('; ');
      const response = await fetch(address, { redirect: 'manual', headers: { ...(cookie && { cookie }) } });
      for (const set of response.headers.getSetCookie()) keepIn(this.elsewhere, set);
      const location = response.headers.get('location');
      if (!location) throw new Error(`${address} answers ${response.status}: ${await response.text()}`);
      address = new URL(location, address).href;
    }
    throw new Error('the provider goes round in circles');
  }

  /** All of a sign-in but the exchange: what the page at the end is told. */
  async signIn(slug: string): Promise<URLSearchParams> {
    const back = await this.visit(await this.start(slug));
    return this.finish(back);
  }

  /** Comes back from a provider; what the page at the end is told. */
  async finish(callback: string): Promise<URLSearchParams> {
    const { status, location, body } = await this.open(callback);
    expect({ status, body }).toEqual({ status: 302, body: undefined });
    expect(location.startsWith(RETURN_TO)).toBe(true);
    return new URL(location).searchParams;
  }

  async exchange(code: string | null, more: object = {}): Promise<Answer> {
    return this.post('/api/auth/token-exchange', { code, ...more });
  }

  /** @param origin the page that sends it */
  async post(url: string, payload: object, token?: string, origin?: string): Promise<Answer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = {
      ...(cookie && { cookie }),
      ...(token && { authorization: `Bearer ${token}` }),
      ...(origin && { origin }),
    };
    const response = await this.world.app.inject({ method: 'POST', url, payload, headers });
    this.keep(response.headers['set-cookie']);
    return { status: response.statusCode, headers: response.headers, body: response.json() };
  }

  private keep(set: string | string[] | undefined): void {
    for (const one of set === undefined ? [] : [set].flat()) keepIn(this.cookies, one);
  }
}

function keepIn(jar: Map<string, string>, set: string): void {
  const [pair = ''] = set.split(';');
  const separator = pair.indexOf('=');
  const [name, value] = [pair.slice(0, separator), pair.slice(separator + 1)];
  if (value === '') jar.delete(name);
  else jar.set(name, value);
}

/** The routes of authentication, where providers of this computer are allowed. */
export async function providerWorld(env: Readonly<Record<string, string>> = {}): Promise<AuthWorld> {
  return AuthWorld.create({
    IMBI_PUBLIC_URL: PUBLIC_URL,
    IMBI_OAUTH_REDIRECTS: `${RETURN_TO},https://console.test/settings`,
    IMBI_OAUTH_PRIVATE_TARGETS: '127.0.0.1',
    IMBI_RATE_LIMIT_PROVIDER_START_PER_MINUTE: '10000',
    ...env,
  });
}

interface ProviderToAdd {
  readonly slug: string;
  readonly type: 'oidc' | 'google' | 'github';
  readonly [property: string]: unknown;
}

export async function addProvider(world: AuthWorld, provider: ProviderToAdd): Promise<void> {
  const body = { name: provider.slug, client_id: CLIENT.id, client_secret: CLIENT.secret, ...provider };
  const answer = await world.call('POST', '/admin/oauth-providers', { body });
  expect({ status: answer.status, errors: answer.body.errors }).toEqual({ status: 201 });
}

/** The newest audit events, the last one first. */
export async function auditTrail(world: AuthWorld, limit = 1): Promise<Record<string, string>[]> {
  const { rows } = await sql<{ payload: Record<string, string> }>`
    select payload from imbi_system.outbox where name = 'audit_events' order by seq desc limit ${limit}
  `.execute(world.platform.database.kysely);
  return rows.map(({ payload }) => payload);
}
