import { Inject, Injectable } from '@nestjs/common';
import { createLogger, isDomainError, notFound } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';
import { randomToken, sha256, timingSafeEqualText } from '#libs/crypto';
import { Graph } from '#libs/graph';
import { recordAudit } from '../../audit/audit.js';
import { User } from '../../model/identity.vertex.js';
import { Principals } from '../../principal/principals.js';
import type { ProvenIdentity } from '../client/provider-client.js';
import { ProviderClients } from '../client/provider-clients.js';
import type { IdentityVertex } from '../identity/identities.repository.js';
import { oauthProblem } from '../oauth-problems.js';
import { ProviderRegistry, type SignInProvider } from '../provider/provider-registry.js';
import { AccountMatching } from './account-matching.service.js';
import { FLOW_SECONDS } from './browser-cookie.js';
import { isDomainAllowed } from './domain-rule.js';
import { type Flow, FlowsRepository } from './flows.repository.js';
import { callbackAddress, returnAddress, withParameters } from './return-address.js';

const logger = createLogger('auth');
const MAX_CAUSES = 3;

/** How long a browser may take to fetch the tokens. */
export const CODE_SECONDS = 60;

export interface FlowStart {
  readonly slug: string;
  readonly returnTo: string | undefined;
  /** What the browser's cookie holds. */
  readonly browser: string;
  /** The user who links an account, and the session it is done in; absent where somebody signs in. */
  readonly link?: Flow['link'];
}

/** The way to a provider and back. */
@Injectable()
export class ProviderSignIn {
  constructor(
    private readonly graph: Graph,
    private readonly registry: ProviderRegistry,
    private readonly clients: ProviderClients,
    private readonly flows: FlowsRepository,
    private readonly accounts: AccountMatching,
    private readonly principals: Principals,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * The address at the provider to send the browser to.
   * @throws DomainError `not_found`, `redirect_not_allowed`, `provider_unavailable`, `provider_target_refused`
   */
  async start({ slug, returnTo, browser, link }: FlowStart): Promise<string> {
    const provider = await this.findProvider(slug);
    const secrets = { nonce: randomToken(), codeVerifier: randomToken() };
    const flow: Flow = {
      ...secrets,
      browserHash: sha256(browser),
      providerId: provider.id,
      returnTo: returnAddress(this.config, returnTo),
      link,
    };
    const state = await this.flows.insertFlow(flow, FLOW_SECONDS);
    const callbackUrl = callbackAddress(this.config, provider.slug);
    return this.clients.for(provider).authorizationUrl(provider, { ...secrets, state, callbackUrl });
  }

  /**
   * Takes the browser back from a provider. From where its sign-in is known, whatever goes wrong is told to the page that
   * it goes on to.
   * @returns the address that the browser goes on to
   * @throws DomainError `sign_in_expired` where nothing is known of this sign-in
   */
  async finish(slug: string, parameters: URLSearchParams, browser: string | undefined): Promise<string> {
    const [state, ...more] = parameters.getAll('state');
    const flow = state === undefined || more.length > 0 ? undefined : await this.flows.takeFlow(state);
    const isSameBrowser = flow && browser !== undefined && timingSafeEqualText(flow.browserHash, sha256(browser));
    const provider = await this.registry.find(slug);
    if (!flow || state === undefined || !isSameBrowser || provider?.id !== flow.providerId) {
      await this.recordFailure('sign_in_expired', slug);
      throw oauthProblem('sign_in_expired');
    }
    try {
      const url = new URL(callbackAddress(this.config, provider.slug));
      url.search = parameters.toString();
      const { nonce, codeVerifier } = flow;
      const proven = await this.clients.for(provider).identify(provider, { state, nonce, codeVerifier, url });
      if (!isDomainAllowed(provider, proven)) throw oauthProblem('provider_domain_not_allowed');
      return withParameters(flow.returnTo, await this.conclude(provider, flow, proven));
    } catch (error) {
      if (!isDomainError(error)) throw error;
      await this.recordFailure(error.code, slug, { userId: flow.link?.userId, cause: explain(error.cause) });
      return withParameters(flow.returnTo, { error: error.code });
    }
  }

  private async conclude(
    provider: SignInProvider,
    flow: Flow,
    proven: ProvenIdentity,
    now = new Date(),
  ): Promise<Record<string, string>> {
    const { link, browserHash } = flow;
    if (!link) {
      const identity = await this.match(provider, proven, now);
      const pending = { identityId: identity.id, hasSecondFactor: proven.hasSecondFactor, browserHash };
      return { code: await this.flows.insertCode(pending, CODE_SECONDS) };
    }
    // The user may have signed out, or been switched off, while the browser was away.
    const { userId, sessionId } = link;
    if (!(await this.principals.resolve({ kind: 'session', userId, sessionId }))) throw oauthProblem('sign_in_expired');
    return this.graph.transaction(async (tx) => {
      await tx.lock(User, userId);
      await this.accounts.link(tx, provider, userId, proven, now);
      return { linked: provider.slug };
    });
  }

  private async match(provider: SignInProvider, proven: ProvenIdentity, now: Date): Promise<IdentityVertex> {
    const match = () => this.graph.transaction((tx) => this.accounts.match(tx, provider, proven, now));
    try {
      return await match();
    } catch (error) {
      // Somebody new in two browsers at once: by now there is what the other one has made.
      if (isDomainError(error) && error.code === 'already_exists') return match();
      throw error;
    }
  }

  private async findProvider(slug: string): Promise<SignInProvider> {
    const provider = await this.registry.find(slug);
    if (!provider) throw notFound(`The sign-in provider "${slug}"`);
    return provider;
  }

  private async recordFailure(
    reason: string,
    slug: string,
    { userId, cause = '' }: { readonly userId?: string; readonly cause?: string } = {},
  ): Promise<void> {
    if (cause !== '') logger.warn({ provider: slug, reason, cause }, 'a provider could not be signed in with');
    await this.graph.transaction(async (tx) =>
      recordAudit(tx.transaction, {
        action: userId === undefined ? 'auth.login' : 'user.identity.link',
        outcome: 'failure',
        resourceKind: 'User',
        resourceId: userId,
        reason,
        detail: { provider: slug, cause },
      }),
    );
  }
}

/** Why an answer was no good, for who set the provider up. What the provider wrote itself is not quoted: it may be a token. */
function explain(error: unknown): string {
  const told: string[] = [];
  for (let cause = error; cause instanceof Error && !(cause instanceof SyntaxError); cause = cause.cause) {
    told.push(cause.message);
  }
  return told.slice(0, MAX_CAUSES).join(': ');
}
