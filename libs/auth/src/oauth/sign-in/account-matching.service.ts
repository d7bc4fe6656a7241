import { Inject, Injectable } from '@nestjs/common';
import { createLogger } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';
import type { GraphTransaction } from '#libs/graph';
import { recordAudit } from '../../audit/audit.js';
import { emailKey, User } from '../../model/identity.vertex.js';
import { UserRoles } from '../../user/user-roles.service.js';
import { UsersService, type UserVertex } from '../../user/users.service.js';
import { MAX_NAME_LENGTH } from '../client/claim-text.js';
import type { ProvenIdentity } from '../client/provider-client.js';
import { IdentitiesRepository, type IdentityVertex } from '../identity/identities.repository.js';
import { oauthProblem } from '../oauth-problems.js';
import type { SignInProvider } from '../provider/provider-registry.js';
import { isEmailInAllowedDomain } from './domain-rule.js';

const logger = createLogger('auth');
const EMAIL = /^[^\s@]+@[^\s@]+$/;

/** Whose account at a provider it is: by the provider's own name for the account, and only then by anything else. */
@Injectable()
export class AccountMatching {
  constructor(
    private readonly identities: IdentitiesRepository,
    private readonly users: UsersService,
    private readonly roles: UserRoles,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * The identity of whoever signs in, made where the settings allow it.
   * @throws DomainError `no_linked_account`, `account_link_required`, `provider_email_not_verified`, `account_inactive`
   */
  async match(
    tx: GraphTransaction,
    provider: SignInProvider,
    proven: ProvenIdentity,
    now: Date,
  ): Promise<IdentityVertex> {
    const known = await this.identities.find(tx, provider.id, proven.subject);
    if (known) {
      const user = await tx.find(User, { id: known.user_id });
      if (!user?.is_active) throw oauthProblem('account_inactive');
      await this.identities.update(tx, known.id, proven, now);
      return known;
    }
    const user = (await this.byEmail(tx, provider, proven)) ?? (await this.create(tx, proven, now));
    return this.link(tx, provider, user.id, proven, now);
  }

  /** Gives an account at a provider to a user. @throws DomainError `identity_taken` */
  async link(
    tx: GraphTransaction,
    provider: SignInProvider,
    userId: string,
    proven: ProvenIdentity,
    now: Date,
  ): Promise<IdentityVertex> {
    const known = await this.identities.find(tx, provider.id, proven.subject);
    if (known && known.user_id !== userId) throw oauthProblem('identity_taken');
    if (known) {
      await this.identities.update(tx, known.id, proven, now);
      return known;
    }
    const inserted = await this.identities.insert(tx, { providerId: provider.id, userId }, proven, now);
    recordAudit(tx.transaction, {
      action: 'user.identity.link',
      outcome: 'success',
      resourceKind: 'User',
      resourceId: userId,
      detail: { provider: provider.slug, identity_id: inserted.id },
    });
    tx.emit('user.identity_linked', { user_id: userId, provider: provider.slug }, { key: userId });
    return inserted;
  }

  private async byEmail(
    tx: GraphTransaction,
    provider: SignInProvider,
    proven: ProvenIdentity,
  ): Promise<UserVertex | undefined> {
    if (proven.email === undefined || !proven.isEmailVerified) return undefined;
    const user = await tx.find(User, { email_key: emailKey(proven.email) });
    if (!user) return undefined;
    const { autoLinkByEmail } = this.config.oauth;
    // Who runs a provider decides what addresses it verifies. That must not be enough to become an administrator.
    if (!autoLinkByEmail || user.is_admin || !isEmailInAllowedDomain(provider, proven)) {
      throw oauthProblem('account_link_required');
    }
    if (!user.is_active) throw oauthProblem('account_inactive');
    return user;
  }

  private async create(tx: GraphTransaction, proven: ProvenIdentity, now: Date): Promise<UserVertex> {
    if (!this.config.oauth.autoCreateUsers) throw oauthProblem('no_linked_account');
    const { email, isEmailVerified, name } = proven;
    if (email === undefined || !isEmailVerified || !EMAIL.test(email)) {
      throw oauthProblem('provider_email_not_verified');
    }
    const displayName = (name ?? email).slice(0, MAX_NAME_LENGTH);
    const user = await this.users.insert(tx, { email, displayName }, undefined);
    await tx.patch(User, user.id, { set: { email_verified_at: now.toISOString() } });
    const { defaultOrganization } = this.config.oauth;
    if (defaultOrganization !== undefined && !(await this.roles.welcome(tx, user.id, defaultOrganization))) {
      logger.warn({ organization: defaultOrganization }, 'IMBI_OAUTH_DEFAULT_ORGANIZATION names no organization');
    }
    return user;
  }
}
