import { Inject, Injectable } from '@nestjs/common';
import { recordAudit } from '#libs/auth';
import { createLogger } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';
import { inBatches } from '#libs/database';
import { Graph } from '#libs/graph';
import { DeadLetters, OnSchedule } from '#libs/queue';
import { FailedEmail } from '../model/failed-email.vertex.js';
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
    private readonly graph: Graph,
    @Inject(CONFIG) private readonly config: Config,
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
    const before = new Date(Date.now() - this.config.retention.failedMails * 1000);
    const removed = await inBatches((limit) => this.discard(before, limit), PAGE);
    if (removed > 0) logger.warn({ removed }, 'failed mails that nobody retried were removed');
  }

  // Each leaves its trace in the audit log, as if a person had given it up.
  private async discard(before: Date, limit: number): Promise<number> {
    const where = { failed_at: { lt: before.toISOString() } };
    const { items } = await this.graph.read.list(FailedEmail, { where, order: [['failed_at', 'asc']], limit });
    await this.graph.transaction(async (tx) => {
      const { vertices } = await tx.removeMany(
        FailedEmail,
        items.map(({ id }) => id),
      );
      await this.ledger.forget(
        tx.transaction,
        vertices.map(({ email_id }) => email_id),
      );
      for (const { id, email_id, template } of vertices) {
        const detail = { email_id, template };
        const about = { resourceKind: 'FailedEmail', resourceId: id, reason: 'age', detail };
        recordAudit(tx.transaction, { action: 'email.discard', outcome: 'success', ...about });
      }
    });
    return items.length;
  }
}

function isEmail(payload: object): payload is EmailPayload {
  return 'to' in payload && 'template' in payload && 'variables' in payload;
}
