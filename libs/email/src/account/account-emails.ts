import { Injectable } from '@nestjs/common';
import { type AccountMail, AccountMails } from '#libs/auth';
import type { Transaction } from '#libs/database';
import { EmailSender } from '../sending/email-sender.js';
import { oneLine } from '../template/render.js';
import { inWords } from '../template/time.js';

const PAGES = {
  'email-verification': 'verify-email',
  'password-reset': 'reset-password',
  invitation: 'accept-invitation',
} as const;

/** The mails of account flows. */
@Injectable()
export class AccountEmails extends AccountMails {
  constructor(private readonly sender: EmailSender) {
    super();
  }

  async send(tx: Transaction, mail: AccountMail): Promise<void> {
    const { kind, userId, email, link, inviter } = mail;
    const name = oneLine(mail.name);
    const base = this.sender.linkBase();
    const to = { to: email, userId, related: { kind: 'User', id: userId } };
    if (kind === 'welcome') {
      await this.sender.send(tx, { ...to, template: kind, variables: { name, email, sign_in_url: base } });
      return;
    }
    if (!link) throw new Error(`A mail of kind ${kind} needs a link`);
    const { token, expiresAt } = link;
    // Behind the #, where no server, proxy or Referer header ever sees it.
    const action_url = `${base}/account/${PAGES[kind]}#${token}`;
    const variables = { name, email, action_url, expires_at: inWords(expiresAt) };
    if (kind === 'invitation') {
      const invited = { ...variables, inviter: oneLine(inviter ?? 'An administrator', 100) };
      await this.sender.send(tx, { ...to, template: kind, variables: invited, expiresAt });
      return;
    }
    await this.sender.send(tx, { ...to, template: kind, variables, expiresAt });
  }
}
