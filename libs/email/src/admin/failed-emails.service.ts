import { Injectable } from '@nestjs/common';
import { recordAudit } from '#libs/auth';
import { isId, notFound } from '#libs/common';
import { KeyRing } from '#libs/crypto';
import { Graph, type GraphTransaction, type VertexOf } from '#libs/graph';
import {
  type ListDefinition,
  type Page,
  type PageQueryDto,
  Pages,
  toCursorPosition,
  toGraphFilter,
  toGraphOrder,
  toKeysetPosition,
} from '#libs/http';
import { enqueue } from '#libs/queue';
import { FailedEmail } from '../model/failed-email.vertex.js';
import { sendEmail } from '../sending/send-email.job.js';
import { SendLedger } from '../sending/send-ledger.js';
import { previewMail } from '../template/preview.js';
import { isTemplateName } from '../template/template-variables.js';
import type { EmailPreviewDto, FailedEmailResponseDto, RetriedEmailsDto } from './email.dto.js';
import { emailExpired } from './email-problems.js';

export const FAILED_EMAIL_LIST: ListDefinition = {
  sortable: ['failed_at'],
  defaultSort: '-failed_at',
  filterable: { recipient: { type: 'text' }, template: { type: 'text' } },
};

const PAGE = 200;

/** Mails that need a person. */
@Injectable()
export class FailedEmails {
  constructor(
    private readonly graph: Graph,
    private readonly pages: Pages,
    private readonly ledger: SendLedger,
    private readonly keys: KeyRing,
  ) {}

  preview(template: string): EmailPreviewDto {
    if (!isTemplateName(template)) throw notFound(`The template "${template}"`);
    return previewMail(template);
  }

  async list(query: PageQueryDto): Promise<Page<FailedEmailResponseDto>> {
    const request = this.pages.read('failed-emails', query, FAILED_EMAIL_LIST);
    const where = toGraphFilter(request.filters);
    const { items } = await this.graph.read.list(FailedEmail, {
      where,
      order: toGraphOrder(request.sort),
      after: toKeysetPosition(request.after),
      limit: request.limit + 1,
    });
    const total = request.count ? await this.graph.read.count(FailedEmail, where) : undefined;
    return this.pages.answer(request, items, {
      item: toResponse,
      position: ({ id, failed_at }) => toCursorPosition(request.sort, { id, failed_at }),
      total,
    });
  }

  /** @throws DomainError `not_found`, `email_expired` */
  async retry(id: string): Promise<void> {
    await this.graph.transaction(async (tx) => {
      const email = await lock(tx, id);
      if (isExpired(email)) throw emailExpired();
      await this.sendAgain(tx, email);
    });
  }

  async retryAll(): Promise<RetriedEmailsDto> {
    let retried = 0;
    let after: { values: string[]; id: string } | undefined;
    for (;;) {
      const order = [[['failed_at'], 'asc']] as const;
      const { items } = await this.graph.read.list(FailedEmail, { order, after, limit: PAGE });
      retried += await this.retrySome(items.filter((email) => !isExpired(email)).map(({ id }) => id));
      const last = items.at(-1);
      if (!last || items.length < PAGE) return { retried };
      after = { values: [last.failed_at], id: last.id };
    }
  }

  async remove(id: string): Promise<void> {
    await this.graph.transaction(async (tx) => {
      const email = await lock(tx, id);
      await tx.remove(FailedEmail, id);
      audit(tx, 'email.discard', email);
    });
  }

  // A page in one transaction; those that somebody else retried meanwhile are gone.
  private async retrySome(ids: readonly string[]): Promise<number> {
    return this.graph.transaction(async (tx) => {
      let count = 0;
      for (const id of ids) {
        const email = await tx.lock(FailedEmail, id, { forRemoval: true });
        if (!email) continue;
        await this.sendAgain(tx, email);
        count += 1;
      }
      return count;
    });
  }

  private async sendAgain(tx: GraphTransaction, email: FailedVertex): Promise<void> {
    const variables = await tx.reveal(FailedEmail, email.id, 'variables');
    if (typeof variables !== 'string') throw new Error('A failed mail has no variables.');
    enqueue(tx.transaction, sendEmail, {
      email_id: email.email_id,
      to: email.recipient,
      template: email.template,
      variables: this.keys.encrypt(variables),
      expires_at: email.expires_at,
      user_id: email.user_id,
      related_kind: email.related_kind,
      related_id: email.related_id,
    });
    await this.ledger.reopen(tx.transaction, email.email_id);
    await tx.remove(FailedEmail, email.id);
    audit(tx, 'email.retry', email);
  }
}

type FailedVertex = VertexOf<typeof FailedEmail>;

async function lock(tx: GraphTransaction, id: string): Promise<FailedVertex> {
  const email = isId(id) ? await tx.lock(FailedEmail, id, { forRemoval: true }) : undefined;
  if (!email) throw notFound('The failed mail');
  return email;
}

function isExpired({ expires_at }: FailedVertex): boolean {
  return expires_at !== null && Date.parse(expires_at) <= Date.now();
}

function audit(tx: GraphTransaction, action: string, { id, email_id, template }: FailedVertex): void {
  const detail = { email_id, template };
  recordAudit(tx.transaction, { action, outcome: 'success', resourceKind: 'FailedEmail', resourceId: id, detail });
}

function toResponse(email: FailedVertex): FailedEmailResponseDto {
  const { id, email_id, recipient, template, errors, attempts, failed_at, expires_at, user_id } = email;
  return { id, email_id, recipient, template, errors: [...errors], attempts, failed_at, expires_at, user_id };
}
