import { Injectable } from '@nestjs/common';
import { EMAIL_AUDIT, type EmailAuditRow } from '#libs/analytics';
import { KeyRing } from '#libs/crypto';
import { Database, type Transaction } from '#libs/database';
import { Graph } from '#libs/graph';
import { FailedEmail } from '../model/failed-email.vertex.js';
import type { EmailPayload } from './send-email.job.js';
import { type Claim, SendLedger } from './send-ledger.js';

/** What became of a mail. */
export interface Outcome {
  readonly id: string;
  readonly payload: EmailPayload;
  readonly subject: string;
  readonly claim: Claim;
}

/** Records what became of mails, each once: its place in the ledger, its audit row, and the dead letter if it is one. */
@Injectable()
export class EmailOutcomes {
  constructor(
    private readonly database: Database,
    private readonly graph: Graph,
    private readonly ledger: SendLedger,
    private readonly keys: KeyRing,
  ) {}

  async sent(outcome: Outcome): Promise<void> {
    await this.database.transaction(async (tx) => {
      if (await this.ledger.settle(tx, outcome.id, 'sent')) audit(tx, outcome, 'sent');
    });
  }

  async skipped(outcome: Outcome, status: 'skipped' | 'dry_run', reason = ''): Promise<void> {
    await this.database.transaction(async (tx) => {
      if (await this.ledger.settle(tx, outcome.id, 'skipped')) audit(tx, outcome, status, reason);
    });
  }

  /** Makes the mail a dead letter. */
  async failed(outcome: Outcome, error: string): Promise<void> {
    const { id, payload, claim } = outcome;
    await this.database.transaction(async (tx) => {
      if (!(await this.ledger.settle(tx, id, 'failed', error))) return;
      await this.graph.in(tx).insert(FailedEmail, {
        email_id: id,
        recipient: payload.to,
        template: payload.template,
        variables: this.keys.decryptText(payload.variables),
        errors: [...claim.errors, error],
        attempts: claim.attempts,
        failed_at: new Date().toISOString(),
        expires_at: payload.expires_at,
        user_id: payload.user_id,
        related_kind: payload.related_kind,
        related_id: payload.related_id,
      });
      audit(tx, outcome, 'failed', error);
    });
  }
}

function audit(tx: Transaction, outcome: Outcome, status: EmailAuditRow['status'], error = ''): void {
  const { id, payload, subject, claim } = outcome;
  const time = new Date().toISOString();
  const row: EmailAuditRow = {
    email_id: id,
    time,
    recipient: payload.to,
    template: payload.template,
    subject,
    status,
    error,
    attempts: claim.attempts,
    sent_at: status === 'sent' ? time : null,
    user_id: payload.user_id ?? '',
    related_kind: payload.related_kind ?? '',
    related_id: payload.related_id ?? '',
  };
  tx.outbox.add({ topic: 'analytics', name: EMAIL_AUDIT, payload: { ...row } });
}
