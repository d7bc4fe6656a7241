import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database } from '#libs/database';
import { Graph, type VertexOf } from '#libs/graph';
import { OAuthProvider } from '../model/oauth.vertex.js';

export type ProviderVertex = VertexOf<typeof OAuthProvider>;

/** A provider that users may sign in with now. */
export interface SignInProvider {
  readonly id: string;
  readonly version: number;
  readonly slug: string;
  readonly type: ProviderVertex['type'];
  readonly name: string;
  readonly icon: string | null;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly issuerUrl: string | null;
  readonly allowedDomains: readonly string[];
}

interface Known {
  readonly version: string;
  readonly loadedAt: number;
  readonly providers: readonly SignInProvider[];
}

const MAX_AGE_MS = 30_000;
/** Far more than fit on a sign-in page. */
const MAX_PROVIDERS = 1000;

/**
 * The enabled providers, for half a minute from memory. They are kept under a number that every change of a provider
 * raises with its commit, and that is read each time: so no process ever signs anybody in with what was changed.
 */
@Injectable()
export class ProviderRegistry {
  private known: Known | undefined;

  constructor(
    private readonly database: Database,
    private readonly graph: Graph,
  ) {}

  /** By name. */
  async list(now = Date.now()): Promise<readonly SignInProvider[]> {
    const version = await this.version();
    const { known } = this;
    if (known?.version === version && now - known.loadedAt < MAX_AGE_MS) return known.providers;
    const providers = await this.load();
    this.known = { version, loadedAt: now, providers };
    return providers;
  }

  /** Undefined where there is none of this name, or it is switched off. */
  async find(slug: string): Promise<SignInProvider | undefined> {
    return (await this.list()).find((provider) => provider.slug === slug);
  }

  private async version(): Promise<string> {
    const { rows } = await sql<{ version: string }>`
      select version::text as version from imbi_system.oauth_providers_version
    `.execute(this.database.kysely);
    return rows[0]?.version ?? '';
  }

  private async load(): Promise<readonly SignInProvider[]> {
    const { items } = await this.graph.read.list(OAuthProvider, {
      where: { enabled: true },
      order: [['name', 'asc']],
      limit: MAX_PROVIDERS,
    });
    return Promise.all(
      items.map(async (stored) => ({
        id: stored.id,
        version: stored.version,
        slug: stored.slug,
        type: stored.type,
        name: stored.name,
        icon: stored.icon,
        clientId: stored.client_id,
        clientSecret: await this.graph.read.reveal(OAuthProvider, stored.id, 'client_secret'),
        issuerUrl: stored.issuer_url,
        allowedDomains: stored.allowed_domains,
      })),
    );
  }
}
