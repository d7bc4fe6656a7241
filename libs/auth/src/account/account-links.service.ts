import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '#libs/config';
import type { GraphTransaction } from '#libs/graph';
import { recordAudit } from '../audit/audit.js';
import type { UserVertex } from '../user/users.service.js';
import { AccountMails } from './account-mails.js';
import { type AccountTokenPurpose, AccountTokens } from './account-tokens.repository.js';

const KINDS = {
  password_reset: 'password-reset',
  email_verification: 'email-verification',
  invitation: 'invitation',
} as const;

/** Sends links that work once. */
@Injectable()
export class AccountLinks {
  constructor(
    private readonly tokens: AccountTokens,
    private readonly mails: AccountMails,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** @param options.cause makes a second run of the same job do nothing */
  async send(
    tx: GraphTransaction,
    purpose: AccountTokenPurpose,
    user: UserVertex,
    options: { readonly cause?: string; readonly inviter?: string } = {},
  ): Promise<void> {
    const { id: userId, email, email_key: emailKey, display_name: name } = user;
    const lifetimeSeconds = this.lifetimeOf(purpose);
    const { cause, inviter } = options;
    const token = await this.tokens.issue(tx.transaction, { purpose, userId, emailKey, lifetimeSeconds, cause });
    if (!token) return;
    const link = { token: token.text, expiresAt: token.expiresAt };
    await this.mails.send(tx.transaction, { kind: KINDS[purpose], userId, email, name, link, inviter });
    recordAudit(tx.transaction, {
      action: `user.${purpose}.sent`,
      outcome: 'success',
      resourceKind: 'User',
      resourceId: userId,
    });
  }

  private lifetimeOf(purpose: AccountTokenPurpose): number {
    const { passwordResetTtl, verificationTtl, invitationTtl } = this.config.account;
    switch (purpose) {
      case 'password_reset':
        return passwordResetTtl;
      case 'email_verification':
        return verificationTtl;
      case 'invitation':
        return invitationTtl;
    }
  }
}
