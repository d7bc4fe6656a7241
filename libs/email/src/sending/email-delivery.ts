import { Inject, Injectable } from '@nestjs/common';
import { MailerService } from '@nestjs-modules/mailer';
import { DomainError, isJsonObject, newId } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';
import { KeyRing } from '#libs/crypto';
import { type JobContext, OnJob } from '#libs/queue';
import { type RenderedMail, renderMail } from '../template/render.js';
import { isTemplateName } from '../template/template-variables.js';
import { EmailOutcomes, type Outcome } from './email-outcomes.js';
import { EmailSender } from './email-sender.js';
import { type EmailPayload, sendEmail } from './send-email.job.js';
import { SendLedger } from './send-ledger.js';
import { smtpFailure } from './smtp-failure.js';

const RENEW_MILLISECONDS = 5000;

/** Delivers mails: each at least once, and twice only where we died between the server's 250 and our record of it. */
@Injectable()
export class EmailDelivery {
  constructor(
    private readonly mailer: MailerService,
    private readonly sender: EmailSender,
    private readonly ledger: SendLedger,
    private readonly outcomes: EmailOutcomes,
    private readonly keys: KeyRing,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @OnJob(sendEmail)
  async deliver(payload: EmailPayload, { jobId, logger }: JobContext): Promise<void> {
    const id = payload.email_id ?? jobId;
    const owner = newId();
    const taken = await this.ledger.claim(id, owner);
    if (taken.kind === 'settled') return;
    if (taken.kind === 'held') {
      const message = 'Another worker has this mail in hand.';
      throw new DomainError('unavailable', 'unavailable', message, { retryAfterSeconds: taken.seconds });
    }
    const renewal = setInterval(() => {
      this.ledger.renew(id, owner).catch((error: unknown) => logger.warn({ error }, 'a send lock was not renewed'));
    }, RENEW_MILLISECONDS);
    try {
      await this.attempt({ id, payload, claim: taken.claim });
    } finally {
      clearInterval(renewal);
    }
  }

  private async attempt({ id, payload, claim }: Omit<Outcome, 'subject'>): Promise<void> {
    let mail: RenderedMail;
    try {
      mail = this.render(payload);
    } catch (error) {
      return this.outcomes.failed({ id, payload, claim, subject: '' }, smtpFailure(error).text);
    }
    const outcome = { id, payload, claim, subject: mail.subject };
    const { enabled, dryRun, smtpUrl } = this.config.mail;
    if (!enabled) return this.outcomes.skipped(outcome, 'skipped', 'mail is switched off');
    if (payload.expires_at !== null && Date.parse(payload.expires_at) <= Date.now()) {
      return this.outcomes.skipped(outcome, 'skipped', 'expired');
    }
    if (dryRun) return this.outcomes.skipped(outcome, 'dry_run');
    if (smtpUrl === undefined) return this.outcomes.failed(outcome, 'No mail server is configured (SMTP_URL).');
    try {
      await this.mailer.sendMail(this.message(id, payload.to, mail));
    } catch (error) {
      return this.failed(outcome, error);
    }
    return this.outcomes.sent(outcome);
  }

  /** @throws the error, to be tried again, unless this was the last time */
  private async failed(outcome: Outcome, error: unknown): Promise<void> {
    const { permanent, text } = smtpFailure(error);
    if (permanent || outcome.claim.tries >= this.config.mail.attempts) return this.outcomes.failed(outcome, text);
    await this.ledger.release(outcome.id, text);
    throw error;
  }

  private render({ template, variables }: EmailPayload): RenderedMail {
    if (!isTemplateName(template)) throw new Error(`There is no template ${template}`);
    const parsed: unknown = JSON.parse(this.keys.decryptText(variables));
    if (!isJsonObject(parsed)) throw new Error('The variables are no object');
    const texts = Object.entries(parsed).map(([name, value]) => [name, String(value)]);
    return renderMail(template, Object.fromEntries(texts), this.sender.common());
  }

  private message(id: string, to: string, { subject, html, text }: RenderedMail) {
    const { fromAddress, fromName } = this.config.mail;
    return {
      from: { name: fromName, address: fromAddress },
      to: { name: '', address: to },
      subject,
      html,
      text,
      messageId: `<${id}@${fromAddress.split('@')[1]}>`,
      // No out-of-office answers, please.
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    };
  }
}
