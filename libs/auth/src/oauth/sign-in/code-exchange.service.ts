import { Injectable } from '@nestjs/common';
import { isDomainError } from '#libs/common';
import { Graph } from '#libs/graph';
import { recordAudit } from '../../audit/audit.js';
import { User } from '../../model/identity.vertex.js';
import { actAs } from '../../principal/auth-context.js';
import type { Client } from '../../session/client.js';
import { type OpenedSession, SessionsService } from '../../session/sessions.service.js';
import { IdentitiesRepository, type IdentityVertex } from '../identity/identities.repository.js';
import { OAuthIdentity } from '../model/oauth.vertex.js';
import { oauthProblem } from '../oauth-problems.js';
import { ProviderRegistry } from '../provider/provider-registry.js';
import { FlowsRepository } from './flows.repository.js';
import { SecondFactor } from './second-factor.js';

/** How long a code holds for who is asked for a second factor. */
const SECOND_FACTOR_SECONDS = 300;

export interface CodeToExchange {
  readonly code: string;
  /** What the cookie of the browser holds. */
  readonly browser: string | undefined;
  readonly secondFactorCode: string | undefined;
}

/** Gives a browser that came back from a provider its session. */
@Injectable()
export class CodeExchange {
  constructor(
    private readonly graph: Graph,
    private readonly flows: FlowsRepository,
    private readonly identities: IdentitiesRepository,
    private readonly registry: ProviderRegistry,
    private readonly secondFactor: SecondFactor,
    private readonly sessions: SessionsService,
  ) {}

  /**
   * Opens a session. A code that lacks only a second factor stays, to be brought again with one.
   * @throws DomainError `invalid_sign_in_code`, `account_inactive`, and what {@link SecondFactor.prove} throws
   */
  async exchange(
    { code, browser, secondFactorCode }: CodeToExchange,
    client: Client,
    now = new Date(),
  ): Promise<OpenedSession> {
    const pending = browser === undefined ? undefined : await this.flows.findCode(code, browser);
    const identity = pending && (await this.graph.read.find(OAuthIdentity, { id: pending.identityId }));
    if (browser === undefined || !pending || !identity) {
      await this.flows.burnCode(code);
      return this.refuse('invalid_sign_in_code');
    }
    if (!pending.hasSecondFactor) await this.askForSecondFactor(code, identity, secondFactorCode);
    const provider = (await this.registry.list()).find(({ id }) => id === identity.provider_id);
    if (!provider) return this.refuse('invalid_sign_in_code', identity);
    const opened = await this.graph.transaction(async (tx) => {
      // The lock makes parallel sign-ins count each other's sessions.
      const user = await tx.lock(User, identity.user_id);
      if (!user?.is_active || !(await this.flows.spendCode(tx.transaction, code, browser))) return undefined;
      // Switched on since it was asked for above: then it was not proven.
      if (!pending.hasSecondFactor && Date.parse(user.mfa_enabled_at ?? '') >= now.getTime()) return undefined;
      actAs({ kind: 'user', id: user.id, name: user.display_name });
      await tx.patch(User, user.id, { set: { last_login_at: now.toISOString() } });
      await this.identities.touch(tx, identity.id, now);
      const hasSecondFactor = pending.hasSecondFactor || user.mfa_enabled_at !== null;
      const session = await this.sessions.open(tx.transaction, user.id, { ...client, hasSecondFactor }, now);
      recordAudit(tx.transaction, {
        action: 'auth.login',
        outcome: 'success',
        resourceKind: 'User',
        resourceId: user.id,
        credentialId: session.sessionId,
        detail: { provider: provider.slug, has_second_factor: pending.hasSecondFactor },
      });
      return session;
    });
    return opened ?? this.refuse('invalid_sign_in_code', identity);
  }

  private async askForSecondFactor(
    code: string,
    { user_id }: IdentityVertex,
    given: string | undefined,
  ): Promise<void> {
    try {
      await this.secondFactor.prove(user_id, given);
    } catch (error) {
      if (isDomainError(error)) await this.flows.prolongCode(code, SECOND_FACTOR_SECONDS);
      throw error;
    }
  }

  private async refuse(reason: 'invalid_sign_in_code', identity?: IdentityVertex): Promise<never> {
    await this.graph.transaction(async (tx) =>
      recordAudit(tx.transaction, {
        action: 'auth.login',
        outcome: 'failure',
        resourceKind: 'User',
        resourceId: identity?.user_id,
        reason,
      }),
    );
    throw oauthProblem(reason);
  }
}
