import { Inject, Injectable } from '@nestjs/common';
import { DomainError, type FieldError, invalid, isDomainError, notFound } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';
import { randomToken } from '#libs/crypto';
import { Graph, type GraphReader, type GraphTransaction, type LockOptions, type PatchOf, ref } from '#libs/graph';
import {
  applyPatch,
  assertExpected,
  type Expectation,
  type ListDefinition,
  type Page,
  type PageQueryDto,
  Pages,
  type PatchDocument,
  toCursorPosition,
  toDocument,
  toGraphFilter,
  toGraphOrder,
  toKeysetPosition,
  validateDocument,
  writableDocument,
} from '#libs/http';
import { recordAudit } from '../../audit/audit.js';
import { ActorPowers } from '../../permission/actor-powers.js';
import { assertSomebodyGetsIn } from '../local-auth/way-in.js';
import { OAuthProvider, ProvidedBy } from '../model/oauth.vertex.js';
import { GuardedFetch } from '../outbound/guarded-fetch.js';
import { callbackAddress } from '../sign-in/return-address.js';
import { type OAuthProviderResponseDto, OAuthProviderWriteDto } from './oauth-provider.dto.js';
import type { ProviderVertex } from './provider-registry.js';
import { ProviderSecrets } from './provider-secrets.repository.js';

export const OAUTH_PROVIDER_LIST: ListDefinition = {
  sortable: ['name', 'slug', 'created_at'],
  defaultSort: 'name',
  filterable: { slug: { type: 'text' }, name: { type: 'text' }, type: { type: 'text' }, enabled: { type: 'boolean' } },
};

type ProviderSettings = Pick<ProviderVertex, (typeof TRUSTED)[number]>;

/** What decides whom a provider can name. */
const TRUSTED = ['type', 'issuer_url', 'client_id', 'allowed_domains', 'enabled'] as const;

// Fields of the answer that no patch may touch.
const SERVER_OWNED = ['has_secret', 'callback_url'];

/** Sign-in providers as those see them who manage them. */
@Injectable()
export class OAuthProvidersService {
  constructor(
    private readonly graph: Graph,
    private readonly pages: Pages,
    private readonly secrets: ProviderSecrets,
    private readonly http: GuardedFetch,
    private readonly powers: ActorPowers,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async list(query: PageQueryDto): Promise<Page<OAuthProviderResponseDto>> {
    const request = this.pages.read('oauth providers', query, OAUTH_PROVIDER_LIST);
    const where = toGraphFilter(request.filters);
    const { items } = await this.graph.read.list(OAuthProvider, {
      where,
      order: toGraphOrder(request.sort),
      after: toKeysetPosition(request.after),
      limit: request.limit + 1,
    });
    const total = request.count ? await this.graph.read.count(OAuthProvider, where) : undefined;
    const withSecret = await this.secrets.withSecret(items.map(({ id }) => id));
    return this.pages.answer(request, items, {
      item: (provider) => this.toResponse(provider, withSecret.has(provider.id)),
      position: (provider) => toCursorPosition(request.sort, toDocument(provider)),
      total,
    });
  }

  async get(slug: string): Promise<OAuthProviderResponseDto> {
    const provider = await find(this.graph.read, slug);
    return this.toResponse(provider, (await this.secrets.withSecret([provider.id])).has(provider.id));
  }

  async create(write: OAuthProviderWriteDto): Promise<OAuthProviderResponseDto> {
    this.assertReachable(write);
    this.assertTrusted(toProperties(write));
    const secret = write.client_secret ?? null;
    return this.graph.transaction(async (tx) => {
      const provider = await tx.insert(OAuthProvider, { ...toProperties(write), client_secret: secret });
      audit(tx, 'oauth_provider.create', provider);
      return this.toResponse(provider, secret !== null);
    });
  }

  async patch(slug: string, patch: PatchDocument, expected: Expectation): Promise<OAuthProviderResponseDto> {
    return this.graph.transaction(async (tx) => {
      const provider = await lock(tx, slug, { forRemoval: true });
      assertExpected('OAuth provider', expected, provider.version);
      const hasSecret = (await this.secrets.withSecret([provider.id], tx)).has(provider.id);
      const { write, secret } = await this.applied(patch, provider, hasSecret);
      this.assertReachable(write);
      const set: PatchOf<typeof OAuthProvider> = {
        ...toProperties(write),
        ...(secret === undefined ? {} : { client_secret: secret }),
      };
      if (set.type !== provider.type || set.issuer_url !== provider.issuer_url) await assertUnused(tx, provider);
      this.assertTrusted(toProperties(write), provider);
      const result = await tx.patch(OAuthProvider, provider.id, { set });
      if (!result) throw missing(slug);
      await assertSomebodyGetsIn(tx);
      if (result.changed) audit(tx, 'oauth_provider.update', result.after, provider, secret !== undefined);
      return this.toResponse(result.after, secret === undefined ? hasSecret : secret !== null);
    });
  }

  /** @throws DomainError `in_use` with counts */
  async delete(slug: string, expected: Expectation): Promise<void> {
    await this.graph.transaction(async (tx) => {
      const provider = await lock(tx, slug, { forRemoval: true });
      assertExpected('OAuth provider', expected, provider.version);
      await assertUnused(tx, provider);
      await tx.remove(OAuthProvider, provider.id);
      audit(tx, 'oauth_provider.delete', provider);
    });
  }

  /** The patched provider, and its new secret: undefined keeps, null takes away. */
  private async applied(patch: PatchDocument, provider: ProviderVertex, hasSecret: boolean) {
    // The secret does not leave the database: in its place stands a text that nobody can have sent.
    const kept = randomToken();
    const document = toDocument({ ...this.toResponse(provider, hasSecret), ...(hasSecret && { client_secret: kept }) });
    const patched = applyPatch(patch, document, { serverOwned: SERVER_OWNED });
    const write = await validateDocument(OAuthProviderWriteDto, writableDocument(patched, SERVER_OWNED));
    return { write, secret: write.client_secret === kept ? undefined : (write.client_secret ?? null) };
  }

  private assertReachable({ type, issuer_url }: OAuthProviderWriteDto): void {
    const address = issuer_url ?? null;
    if (address === null && type === 'oidc') throw badIssuer('is needed by OpenID Connect', 'required');
    if (address === null) return;
    try {
      const url = this.http.guard.assertAllowed(address);
      if (url.search !== '' || url.hash !== '') throw badIssuer('must have no query and no fragment', 'issuer_url');
    } catch (error) {
      throw isDomainError(error) && !error.errors?.length ? badIssuer(error.message, error.code) : error;
    }
  }

  /**
   * Whoever decides which provider says whose an address is could sign in as anybody where users are matched by their
   * addresses.
   * @throws DomainError `beyond_own_powers` where that is so and the caller is no administrator
   */
  private assertTrusted(after: ProviderSettings, before?: ProviderSettings): void {
    if (!this.config.oauth.autoLinkByEmail) return;
    const isSame = before && TRUSTED.every((name) => JSON.stringify(before[name]) === JSON.stringify(after[name]));
    if (!isSame) this.powers.assertAdmin();
  }

  private toResponse(provider: ProviderVertex, hasSecret: boolean): OAuthProviderResponseDto {
    const { id, slug, type, name, enabled, client_id, issuer_url, allowed_domains, icon } = provider;
    const { created_at, updated_at, version } = provider;
    return {
      id,
      slug,
      type,
      name,
      enabled,
      client_id,
      has_secret: hasSecret,
      issuer_url,
      allowed_domains: [...allowed_domains],
      icon,
      callback_url: callbackAddress(this.config, slug),
      created_at,
      updated_at,
      version,
    };
  }
}

async function find(reader: GraphReader, slug: string): Promise<ProviderVertex> {
  const provider = await reader.find(OAuthProvider, { slug });
  if (!provider) throw missing(slug);
  return provider;
}

async function lock(tx: GraphTransaction, slug: string, options: LockOptions): Promise<ProviderVertex> {
  const { id } = await find(tx, slug);
  const provider = await tx.lock(OAuthProvider, id, options);
  // Renamed or deleted between the two statements: for this caller it is gone.
  if (provider?.slug !== slug) throw missing(slug);
  return provider;
}

async function assertUnused(tx: GraphTransaction, provider: ProviderVertex): Promise<void> {
  const identities = await tx.countEdges(ProvidedBy, { to: ref(OAuthProvider, provider.id) });
  if (identities === 0) return;
  const message = `Accounts of the provider "${provider.slug}" are linked to users (${identities}).`;
  throw new DomainError('in_use', 'conflict', message, { details: { counts: { identities } } });
}

function toProperties({
  slug,
  type,
  name,
  enabled,
  client_id,
  issuer_url,
  allowed_domains,
  icon,
}: OAuthProviderWriteDto) {
  return {
    slug,
    type,
    name,
    enabled: enabled ?? true,
    client_id,
    issuer_url: issuer_url ?? null,
    allowed_domains: allowed_domains ?? [],
    icon: icon ?? null,
  };
}

function audit(
  tx: GraphTransaction,
  action: string,
  provider: ProviderVertex,
  before?: ProviderVertex,
  isSecretChanged = false,
): void {
  const { id, slug, type, issuer_url, client_id, enabled, allowed_domains } = provider;
  const changed = [
    ...(before ? Object.keys(toDocument(provider)).filter((key) => differs(before, provider, key)) : []),
    ...(isSecretChanged ? ['client_secret'] : []),
  ];
  recordAudit(tx.transaction, {
    action,
    outcome: 'success',
    resourceKind: 'OAuthProvider',
    resourceId: id,
    detail: { slug, type, issuer_url, client_id, enabled, allowed_domains: [...allowed_domains], changed },
  });
}

function differs(before: ProviderVertex, after: ProviderVertex, key: string): boolean {
  if (key === 'updated_at' || key === 'version') return false;
  return JSON.stringify(Reflect.get(before, key)) !== JSON.stringify(Reflect.get(after, key));
}

function badIssuer(message: string, code: string): DomainError {
  const error: FieldError = { pointer: '/issuer_url', message, code };
  return invalid([error]);
}

function missing(slug: string): DomainError {
  return notFound(`The sign-in provider "${slug}"`);
}
