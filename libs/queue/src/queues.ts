import { getQueueToken } from '@nestjs/bullmq';
import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Queue, type QueueOptions } from 'bullmq';
import { createLogger, errorMessage } from '#libs/common';
import { EVENTS_QUEUE, type JobDefinition, SCHEDULES_QUEUE } from './job-definition.js';
import { bullBackend } from './job-store.js';

export const KNOWN_JOBS = Symbol('imbi.queue.known-jobs');

const logger = createLogger('queue');

/** The queue class that Nest's BullModule is told to use: BullMQ's, on whichever backend its connection is for. */
export class HouseQueue extends Queue {
  constructor(name: string, options: QueueOptions) {
    super(name, options, bullBackend);
    this.on('error', (error) => logger.debug({ queue: name, reason: errorMessage(error) }, 'a queue lost its store'));
  }
}

export function queueNames(jobs: readonly JobDefinition[]): string[] {
  return [...new Set([EVENTS_QUEUE, SCHEDULES_QUEUE, ...jobs.map((job) => job.queue)])].sort();
}

/** The BullMQ queues of the product, for the relay, dead letters and dashboards. To enqueue, use `enqueue`. */
@Injectable()
export class Queues {
  readonly names: readonly string[];

  constructor(
    private readonly moduleRef: ModuleRef,
    @Inject(KNOWN_JOBS) readonly jobs: readonly JobDefinition[],
  ) {
    this.names = queueNames(jobs);
  }

  /** @throws Error when no job of that queue is defined */
  get(name: string): Queue {
    return this.moduleRef.get<Queue>(getQueueToken(name), { strict: false });
  }

  all(): Queue[] {
    return this.names.map((name) => this.get(name));
  }
}
