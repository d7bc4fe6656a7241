import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { RepeatOptions } from 'bullmq';
import { createLogger } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';
import type { ScheduleTimes } from './handler.decorator.js';
import { HandlerRegistry, type ScheduleHandler } from './handler-registry.js';
import { EVENTS_QUEUE, MAX_DEATHS, MAX_DEATHS_OF_EVENTS, RETRY_POLICY, SCHEDULES_QUEUE } from './job-definition.js';
import { JobStore } from './job-store.js';
import { JobWorker } from './job-worker.js';
import { OutboxRelay } from './outbox-relay.js';
import { Queues } from './queues.js';

const logger = createLogger('jobs');

/** Starts the relay and one worker per queue with the application, and stops them before it goes. */
@Injectable()
export class JobsRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private workers: JobWorker[] = [];

  constructor(
    private readonly handlers: HandlerRegistry,
    private readonly store: JobStore,
    private readonly queues: Queues,
    private readonly relay: OutboxRelay,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.handlers.discover();
    const connection = this.store.workerConnection();
    this.workers = this.handlers.queues().map(
      (queue) =>
        new JobWorker(queue, (name) => this.handlers.find(queue, name), {
          connection,
          prefix: this.config.queue.prefix,
          concurrency: this.concurrencyOf(queue),
          // A worker that dies while it runs a job costs the job one of these; a crash loop ends as a dead letter.
          maxStalledCount: this.maxDeathsIn(queue),
          ...this.store.workerTimings,
        }),
    );
    for (const worker of this.workers) worker.start();
    await this.relay.start();
    this.arrangeSchedules().catch((error) =>
      logger.error({ reason: String(error) }, 'schedules could not be arranged'),
    );
  }

  async beforeApplicationShutdown(): Promise<void> {
    const timeoutMs = this.config.server.shutdownTimeout * 1000;
    const workers = this.workers;
    this.workers = [];
    await Promise.all([this.relay.stop(), ...workers.map((worker) => worker.stop(timeoutMs))]);
  }

  private concurrencyOf(queue: string): number {
    const bounds = this.queues.jobs
      .filter((job) => job.queue === queue)
      .map(({ concurrency }) => (typeof concurrency === 'function' ? concurrency(this.config) : concurrency));
    return Math.min(...bounds.filter((bound) => bound !== undefined), this.config.queue.concurrency);
  }

  private maxDeathsIn(queue: string): number {
    if (queue === EVENTS_QUEUE) return MAX_DEATHS_OF_EVENTS;
    const jobs = this.queues.jobs.filter((job) => job.queue === queue);
    return Math.max(MAX_DEATHS, ...jobs.map((job) => job.maxDeaths ?? MAX_DEATHS));
  }

  private async arrangeSchedules(): Promise<void> {
    const queue = this.queues.get(SCHEDULES_QUEUE);
    const wanted = new Set(this.handlers.schedules.map((schedule) => schedule.jobName));
    for (const { key } of await queue.getJobSchedulers()) {
      if (!wanted.has(key)) await queue.removeJobScheduler(key);
    }
    for (const schedule of this.handlers.schedules) await this.arrange(schedule);
  }

  private async arrange({ jobName, times, retry }: ScheduleHandler): Promise<void> {
    await this.queues.get(SCHEDULES_QUEUE).upsertJobScheduler(jobName, repeatOptions(times), {
      name: jobName,
      data: {},
      opts: {
        attempts: retry.attempts,
        backoff: { type: RETRY_POLICY },
        removeOnComplete: { age: this.config.queue.keepCompletedFor, count: 100 },
        removeOnFail: { count: 100 },
      },
    });
  }
}

function repeatOptions(times: ScheduleTimes): Omit<RepeatOptions, 'key'> {
  if ('everySeconds' in times) return { every: times.everySeconds * 1000 };
  return { pattern: times.cron, tz: times.timezone };
}
