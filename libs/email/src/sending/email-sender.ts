import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '#libs/config';
import { KeyRing } from '#libs/crypto';
import type { Transaction } from '#libs/database';
import { enqueue } from '#libs/queue';
import { renderMail } from '../template/render.js';
import type { CommonVariables, TemplateName, TemplateVariables } from '../template/template-variables.js';
import { assertAddress } from './address.js';
import { sendEmail } from './send-email.job.js';
import { SendLedger } from './send-ledger.js';

/** A mail to be. */
export interface NewEmail<Name extends TemplateName> {
  /** A bare address. */
  readonly to: string;
  readonly template: Name;
  readonly variables: TemplateVariables[Name];
  /** From then on the mail is of no use, and is not sent any more. */
  readonly expiresAt?: Date;
  /** Whom it is to, for the audit table. */
  readonly userId?: string;
  readonly related?: { readonly kind: string; readonly id: string };
  /** For handlers, which may run twice: of all mails with this word one is sent. */
  readonly once?: string;
}

/** Sends mails as a part of the transaction that causes them. */
@Injectable()
export class EmailSender {
  constructor(
    private readonly keys: KeyRing,
    private readonly ledger: SendLedger,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Has the mail sent once the transaction has committed, and never if it does not. Returns the mail's id; undefined
   * where `once` says that it was sent before.
   * @throws Error where the address is none or a variable is not one line of text: a mail that cannot be rendered is a
   * fault of the caller, who shall hear of it
   */
  async send<Name extends TemplateName>(tx: Transaction, mail: NewEmail<Name>): Promise<string | undefined> {
    const { to, template, variables, expiresAt, userId, related, once } = mail;
    assertAddress(to);
    renderMail(template, { ...variables }, this.common());
    const before = tx.outbox.size;
    const id = enqueue(tx, sendEmail, {
      email_id: null,
      to,
      template,
      variables: this.keys.encrypt(JSON.stringify(variables)),
      expires_at: expiresAt?.toISOString() ?? null,
      user_id: userId ?? null,
      related_kind: related?.kind ?? null,
      related_id: related?.id ?? null,
    });
    if (await this.ledger.add(tx, id, once)) return id;
    tx.outbox.truncate(before);
    return undefined;
  }

  /** What every template is told. */
  common(): CommonVariables {
    const home = this.linkBase();
    return { home_url: home, home_name: home.replace(/^https?:\/\//, '') };
  }

  /** Where links lead to, without a slash at the end. */
  linkBase(): string {
    const { mail, server } = this.config;
    const host = server.host === '0.0.0.0' || server.host === '::' ? '127.0.0.1' : server.host;
    return (mail.linkBase ?? server.publicUrl ?? `http://${host}:${server.port}`).replace(/\/+$/, '');
  }
}
