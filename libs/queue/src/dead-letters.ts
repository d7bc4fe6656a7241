import { Injectable } from '@nestjs/common';
import type { Job, Queue } from 'bullmq';
import { type Actor, DomainError, type JsonObject, notFound, unseal } from '#libs/common';
import { Queues } from './queues.js';

/** A job that failed for good: it was tried as often as it may be. */
export interface DeadLetter {
  readonly id: string;
  readonly queue: string;
  readonly name: string;
  readonly payload: JsonObject;
  /** Who caused the job. */
  readonly actor: Actor;
  readonly attempts: number;
  readonly reason: string;
  readonly failedAt: Date;
}

export interface DeadLetterPage {
  /** The newest first. */
  readonly items: readonly DeadLetter[];
  readonly total: number;
}

const PURGE_CHUNK = 1000;
const REPLAY_CHUNK = 200;

/** Jobs that need a person: kept until they are replayed or removed. */
@Injectable()
export class DeadLetters {
  constructor(private readonly queues: Queues) {}

  /** @throws DomainError not_found when there is no such queue */
  async list(options: { queue?: string; offset?: number; limit?: number } = {}): Promise<DeadLetterPage> {
    const { offset = 0, limit = 50 } = options;
    const queues = options.queue === undefined ? this.queues.all() : [this.queue(options.queue)];
    const pages = await Promise.all(queues.map((queue) => newest(queue, offset + limit)));
    const items = pages.flatMap((page) => page.items).sort((left, right) => +right.failedAt - +left.failedAt);
    return {
      items: items.slice(offset, offset + limit),
      total: pages.reduce((sum, page) => sum + page.total, 0),
    };
  }

  /** Runs the job again, with all its attempts. @throws DomainError not_found */
  async replay(id: string): Promise<void> {
    const job = await this.find(id);
    await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
  }

  /** Replays every dead letter of a queue; returns how many there were. */
  async replayAll(queueName: string): Promise<number> {
    const queue = this.queue(queueName);
    let replayed = 0;
    // Oldest first: a job that fails again meanwhile goes to the end, beyond those counted here.
    for (let left = await queue.getFailedCount(); left > 0; left -= REPLAY_CHUNK) {
      const jobs = await queue.getJobs(['failed'], 0, Math.min(left, REPLAY_CHUNK) - 1, true);
      for (const job of jobs) {
        await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
        replayed += 1;
      }
    }
    return replayed;
  }

  /** Forgets the job. @throws DomainError not_found */
  async remove(id: string): Promise<void> {
    const job = await this.find(id);
    await job.remove();
  }

  /** Forgets every job that failed for good more than `seconds` ago; returns how many. */
  async purge(seconds: number): Promise<number> {
    let removed = 0;
    for (const queue of this.queues.all()) {
      for (;;) {
        const { length } = await queue.clean(seconds * 1000, PURGE_CHUNK, 'failed');
        removed += length;
        if (length < PURGE_CHUNK) break;
      }
    }
    return removed;
  }

  private queue(name: string): Queue {
    if (!this.queues.names.includes(name)) throw notFound(`The queue "${name}"`);
    return this.queues.get(name);
  }

  private async find(id: string): Promise<Job> {
    for (const queue of this.queues.all()) {
      const job = await queue.getJob(id);
      if (!job) continue;
      if (await job.isFailed()) return job;
      throw new DomainError('job_not_failed', 'conflict', `The job ${id} has not failed.`);
    }
    throw notFound(`The dead letter ${id}`);
  }
}

async function newest(queue: Queue, count: number): Promise<{ items: DeadLetter[]; total: number }> {
  const total = await queue.getFailedCount();
  if (total === 0 || count <= 0) return { items: [], total };
  const jobs = await queue.getFailed(0, count - 1);
  return { items: jobs.map((job) => toDeadLetter(queue.name, job)), total };
}

function toDeadLetter(queue: string, job: Job): DeadLetter {
  const { data, context } = unseal(job.data);
  return {
    id: job.id ?? '',
    queue,
    name: job.name,
    payload: data,
    actor: context.actor,
    attempts: job.attemptsMade,
    reason: job.failedReason ?? 'unknown',
    failedAt: new Date(job.finishedOn ?? job.timestamp),
  };
}
