import { Inject, Injectable, Optional } from '@nestjs/common';
import type { BulkJobOptions, Queue } from 'bullmq';
import { errorMessage } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';
import { HandlerRegistry } from './handler-registry.js';
import { EVENTS_QUEUE, RETRY_POLICY, type RetryPolicy } from './job-definition.js';
import { type ClaimedRow, OutboxRepository } from './outbox.repository.js';
import { Queues } from './queues.js';
import { RELAY_PROBE, type RelayProbe } from './relay-probe.js';

/** Rows a round takes: enough to be efficient, few enough that the embedded engine is never held up. */
const ROUND_SIZE = 500;
const STORE_TIMEOUT_MS = 10_000;
/** Any: what has no priority goes before all that has one. */
const BULK_PRIORITY = 1000;

interface BulkJob {
  name: string;
  data: unknown;
  opts: BulkJobOptions;
}

/** What one outbox row becomes in its queue. */
interface HandOver {
  readonly rowId: string;
  readonly queue: string;
  readonly jobs: readonly BulkJob[];
}

/**
 * Hands jobs and events to BullMQ. A job's id is its outbox row's id, and finished jobs are kept for a while, so that a
 * row handed over twice (its relay died before it could delete it) is still run once.
 */
@Injectable()
export class JobHandOver {
  private readonly jobs: ReadonlyMap<string, { queue: string; retry: RetryPolicy }>;

  constructor(
    private readonly outbox: OutboxRepository,
    private readonly queues: Queues,
    private readonly handlers: HandlerRegistry,
    @Inject(CONFIG) private readonly config: Config,
    @Optional() @Inject(RELAY_PROBE) private readonly probe?: RelayProbe,
  ) {
    this.jobs = new Map(queues.jobs.map((job) => [job.name, job]));
  }

  /** Moves a round of jobs; returns whether there may be more. @throws when a queue's store is down */
  async moveJobs(): Promise<boolean> {
    const rows = await this.outbox.claim('job', ROUND_SIZE);
    if (rows.length === 0) return false;
    await this.probe?.('jobs claimed');
    const unknown = rows.filter((row) => !this.jobs.has(row.name));
    await this.outbox.park(ids(unknown), 'no program that runs here knows this job');
    await this.outbox.remove(ids(rows.filter((row) => row.superseded && this.jobs.has(row.name))));
    await this.handOver(rows.flatMap((row) => this.fromJob(row)));
    return rows.length === ROUND_SIZE;
  }

  /** Moves a round of events: one job for each subscribed handler. @throws when the store is down */
  async moveEvents(): Promise<boolean> {
    const rows = await this.outbox.claim('event', ROUND_SIZE);
    if (rows.length === 0) return false;
    await this.probe?.('events claimed');
    await this.handOver(rows.map((row) => this.fromEvent(row)));
    return rows.length === ROUND_SIZE;
  }

  /** Brings back jobs that were parked by a program that did not know them. */
  async unpark(): Promise<void> {
    await this.outbox.unparkJobs([...this.jobs.keys()]);
  }

  /** Milliseconds until the next delayed job is due. */
  nextDue(): Promise<number | undefined> {
    return this.outbox.nextDue();
  }

  private fromJob(row: ClaimedRow): HandOver[] {
    const job = this.jobs.get(row.name);
    if (!job || row.superseded) return [];
    return [{ rowId: row.id, queue: job.queue, jobs: [this.bulkJob(row.name, row, row.id, job.retry)] }];
  }

  private fromEvent(row: ClaimedRow): HandOver {
    const jobs = this.handlers.subscribersOf(row.name).map(({ jobName, method, retry, isBulk }) => {
      const { name, data, opts } = this.bulkJob(jobName, row, `${row.id}.${method}`, retry);
      return { name, data, opts: isBulk ? { ...opts, priority: BULK_PRIORITY } : opts };
    });
    return { rowId: row.id, queue: EVENTS_QUEUE, jobs };
  }

  private bulkJob(name: string, row: ClaimedRow, jobId: string, retry: RetryPolicy): BulkJob {
    return {
      name,
      data: row.payload,
      opts: {
        jobId,
        attempts: retry.attempts,
        backoff: { type: RETRY_POLICY },
        removeOnComplete: { age: this.config.queue.keepCompletedFor },
        removeOnFail: false,
      },
    };
  }

  private async handOver(all: readonly HandOver[]): Promise<void> {
    const byQueue = Map.groupBy(all, (one) => one.queue);
    const outcomes = await Promise.allSettled([...byQueue].map(([queue, some]) => this.handOverTo(queue, some)));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
  }

  private async handOverTo(queueName: string, some: readonly HandOver[]): Promise<void> {
    const rowIds = some.map((one) => one.rowId);
    try {
      await addAll(
        this.queues.get(queueName),
        some.flatMap((one) => one.jobs),
      );
    } catch (error) {
      await this.outbox.postpone(rowIds, errorMessage(error));
      throw error;
    }
    await this.probe?.('jobs handed over');
    await this.outbox.remove(rowIds);
    await this.probe?.('jobs removed');
  }
}

async function addAll(queue: Queue, jobs: BulkJob[]): Promise<void> {
  if (jobs.length === 0) return;
  // A command that is still under way when its time is up does no harm: the ids make the next try the same one.
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => timeout.reject(new Error(`The queue ${queue.name} did not answer in ${STORE_TIMEOUT_MS} ms`)),
    STORE_TIMEOUT_MS,
  );
  try {
    await Promise.race([queue.addBulk(jobs), timeout.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function ids(rows: readonly ClaimedRow[]): string[] {
  return rows.map((row) => row.id);
}
