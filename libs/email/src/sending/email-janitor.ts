import { Injectable } from '@nestjs/common';
import { createLogger } from '#libs/common';
import { DeadLetters, OnSchedule } from '#libs/queue';
import { EmailOutcomes } from './email-outcomes.js';
import { type EmailPayload, sendEmail } from './send-email.job.js';
import { SendLedger } from './send-ledger.js';

const PAGE = 200;
/** So often a mail may have died with its worker before it is taken for the reason. */
const MOST_TRIES = 10;
const logger = createLogger('email');

/** Looks after mails whose job gave up because its worker died again and again: that is not the mail's fault, at first. */
@Injectable()
export class EmailJanitor {
  constructor(
    private readonly deadLetters: DeadLetters,
    private readonly ledger: SendLedger,
    private readonly outcomes: EmailOutcomes,
  ) {}

  @OnSchedule('failed-mail-jobs', { everySeconds: 60 })
  async collect(): Promise<void> {
    const { items } = await this.deadLetters.list({ queue: sendEmail.queue, limit: PAGE });
    for (const { id: jobId, payload, reason } of items) {
      if (!isEmail(payload)) continue;
      const id = payload.email_id ?? jobId;
      const claim = await this.ledger.find(id);
      if (claim && claim.tries < MOST_TRIES) {
        await this.deadLetters.replay(jobId);
        continue;
      }
      if (claim) await this.outcomes.failed({ id, payload, subject: '', claim }, reason.slice(0, 500));
      await this.deadLetters.remove(jobId);
      logger.warn({ email_id: id, reason }, 'the job of a mail gave up; the mail is a failed one now');
    }
  }

  @OnSchedule('sent-mails', { everySeconds: 3600 })
  async purge(): Promise<void> {
    await this.ledger.purge();
  }
}

function isEmail(payload: object): payload is EmailPayload {
  return 'to' in payload && 'template' in payload && 'variables' in payload;
}
