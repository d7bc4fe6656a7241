import type { Transaction } from '#libs/database';

export type AccountMailKind = 'welcome' | 'email-verification' | 'password-reset' | 'invitation';

/** A mail of an account's own flows. */
export interface AccountMail {
  readonly kind: AccountMailKind;
  readonly userId: string;
  readonly email: string;
  readonly name: string;
  /** What the link carries; every kind but `welcome` has one. */
  readonly link?: { readonly token: string; readonly expiresAt: Date };
  /** Who invites. */
  readonly inviter?: string;
}

/** Sends the mails of account flows. Whoever composes the product provides it; authentication knows nothing of mail. */
export abstract class AccountMails {
  /** Part of the transaction: no mail leaves unless it commits. */
  abstract send(tx: Transaction, mail: AccountMail): Promise<void>;
}
