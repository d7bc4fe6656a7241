import { Injectable } from '@nestjs/common';
import { recordAudit } from '#libs/auth';
import type { JsonObject } from '#libs/common';
import { Database } from '#libs/database';
import { type DeadLetter, DeadLetters } from '#libs/queue';
import type {
  DeadLetterPageDto,
  DeadLetterQueryDto,
  DeadLetterResponseDto,
  ReplayResultDto,
} from './dead-letter.dto.js';

/** Dead jobs as operators see them. The list moves while one reads it, so its cursor is a plain offset. */
@Injectable()
export class DeadLettersService {
  constructor(
    private readonly deadLetters: DeadLetters,
    private readonly database: Database,
  ) {}

  async list({ queue, limit = 50, cursor }: DeadLetterQueryDto): Promise<DeadLetterPageDto> {
    const offset = Number(cursor ?? 0);
    const { items, total } = await this.deadLetters.list({ queue, offset, limit });
    const next = offset + items.length;
    return { items: items.map(toResponse), next_cursor: items.length > 0 && next < total ? String(next) : null, total };
  }

  async replay(id: string): Promise<void> {
    await this.recordChange('queues.replay', { id });
    await this.deadLetters.replay(id);
  }

  async replayAll(queue: string): Promise<ReplayResultDto> {
    await this.recordChange('queues.replay', { queue });
    return { replayed: await this.deadLetters.replayAll(queue) };
  }

  async remove(id: string): Promise<void> {
    await this.recordChange('queues.discard', { id });
    await this.deadLetters.remove(id);
  }

  // Before it is done, because the job store takes no part in our transaction.
  private async recordChange(action: string, detail: JsonObject): Promise<void> {
    await this.database.transaction(async (tx) =>
      recordAudit(tx, { action, outcome: 'success', resourceKind: 'queue', detail }),
    );
  }
}

function toResponse(letter: DeadLetter): DeadLetterResponseDto {
  const { id, queue, name, payload, actor, attempts, reason, failedAt } = letter;
  return { id, queue, name, payload, actor: actor.name, attempts, reason, failed_at: failedAt.toISOString() };
}
