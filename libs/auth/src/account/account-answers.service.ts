import { Injectable } from '@nestjs/common';
import { Graph, type GraphTransaction } from '#libs/graph';
import { recordAudit } from '../audit/audit.js';
import { LoginThrottle } from '../login/login-throttle.js';
import { User } from '../model/identity.vertex.js';
import { LocalAuth } from '../oauth/local-auth/local-auth.service.js';
import { actAs } from '../principal/auth-context.js';
import { UsersService, type UserVertex } from '../user/users.service.js';
import { AccountMails } from './account-mails.js';
import { invalidAccountToken } from './account-problems.js';
import { type AccountTokenPurpose, AccountTokens } from './account-tokens.repository.js';

/** What people do who followed a link. None of it opens a session: signing in asks for the second factor as ever. */
@Injectable()
export class AccountAnswers {
  constructor(
    private readonly graph: Graph,
    private readonly tokens: AccountTokens,
    private readonly users: UsersService,
    private readonly localAuth: LocalAuth,
    private readonly throttle: LoginThrottle,
    private readonly mails: AccountMails,
  ) {}

  /** @throws DomainError `invalid_account_token`, `validation_failed` where the password breaks the policy */
  async setPassword(purpose: 'password_reset' | 'invitation', token: string, password: string): Promise<void> {
    await this.localAuth.assertEnabled();
    const owner = await this.ownerOf(token, purpose);
    const hash = await this.users.hashNew(password, { email: owner.email, displayName: owner.display_name });
    await this.graph.transaction(async (tx) => {
      const user = await this.spend(tx, owner.id, token, purpose);
      await this.users.storePassword(tx, user.id, hash);
      await this.tokens.endPasswordLinks(tx.transaction, user.id);
      // Who followed the link reads the mailbox.
      await this.markVerified(tx, user);
      const action = purpose === 'invitation' ? 'user.invitation.accept' : 'user.password.reset';
      recordAudit(tx.transaction, { action, outcome: 'success', resourceKind: 'User', resourceId: user.id });
      if (purpose === 'invitation') await this.welcome(tx, user);
    });
    await this.throttle.forgive(owner.email_key);
  }

  /** @throws DomainError `invalid_account_token` */
  async verifyEmail(token: string): Promise<void> {
    const owner = await this.ownerOf(token, 'email_verification');
    await this.graph.transaction(async (tx) => {
      const user = await this.spend(tx, owner.id, token, 'email_verification');
      if (user.email_verified_at !== null) return;
      await this.markVerified(tx, user);
      const about = { resourceKind: 'User', resourceId: user.id };
      recordAudit(tx.transaction, { action: 'user.email.verify', outcome: 'success', ...about });
      await this.welcome(tx, user);
    });
  }

  private async ownerOf(token: string, purpose: AccountTokenPurpose): Promise<UserVertex> {
    const found = await this.tokens.find(token, purpose);
    const user = found && (await this.graph.read.find(User, { id: found.userId }));
    if (!user) throw invalidAccountToken();
    return user;
  }

  /** The owner, locked, whose token is used up; from here on the owner acts. */
  private async spend(
    tx: GraphTransaction,
    userId: string,
    token: string,
    purpose: AccountTokenPurpose,
  ): Promise<UserVertex> {
    const user = await tx.lock(User, userId);
    const spent = await this.tokens.spend(tx.transaction, token, purpose);
    if (!user?.is_active || spent?.emailKey !== user.email_key) throw invalidAccountToken();
    actAs({ kind: 'user', id: user.id, name: user.display_name });
    return user;
  }

  private async markVerified(tx: GraphTransaction, user: UserVertex): Promise<void> {
    if (user.email_verified_at !== null) return;
    await tx.patch(User, user.id, { set: { email_verified_at: new Date().toISOString() } });
  }

  private async welcome(tx: GraphTransaction, { id: userId, email, display_name: name }: UserVertex): Promise<void> {
    await this.mails.send(tx.transaction, { kind: 'welcome', userId, email, name });
  }
}
