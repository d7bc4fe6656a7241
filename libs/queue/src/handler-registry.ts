import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { JsonObject } from '#libs/common';
import { type HandlerTarget, handlerTargets, type JobContext, type ScheduleTimes } from './handler.decorator.js';
import { EVENTS_QUEUE, type JobDefinition, type RetryPolicy, SCHEDULES_QUEUE } from './job-definition.js';
import { KNOWN_JOBS } from './queues.js';

/** A method that runs the BullMQ jobs of one name in one queue. */
export interface BoundHandler {
  /** `Class.method`. */
  readonly method: string;
  readonly queue: string;
  readonly jobName: string;
  readonly retry: RetryPolicy;
  readonly run: (payload: JsonObject, context: JobContext) => Promise<unknown>;
}

export interface EventHandler extends BoundHandler {
  readonly isBulk: boolean;
}

export interface ScheduleHandler extends BoundHandler {
  readonly times: ScheduleTimes;
}

interface FoundHandler {
  readonly method: string;
  readonly target: HandlerTarget;
  readonly run: BoundHandler['run'];
}

/** Every handler of the application's providers, proven complete before any job runs. */
@Injectable()
export class HandlerRegistry {
  private readonly handlers = new Map<string, BoundHandler>();
  private readonly subscribers = new Map<string, EventHandler[]>();
  private readonly scheduled: ScheduleHandler[] = [];

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    @Inject(KNOWN_JOBS) private readonly jobs: readonly JobDefinition[],
  ) {}

  get schedules(): readonly ScheduleHandler[] {
    return this.scheduled;
  }

  /** The job's handler. */
  find(queue: string, jobName: string): BoundHandler | undefined {
    return this.handlers.get(`${queue}:${jobName}`);
  }

  /** The handlers subscribed to an event, in no particular order. */
  subscribersOf(event: string): readonly EventHandler[] {
    return this.subscribers.get(event) ?? [];
  }

  queues(): string[] {
    return [...new Set([...this.handlers.values()].map((handler) => handler.queue))];
  }

  /** @throws Error naming every job that has no handler, two of them, or is not among the known ones */
  discover(): void {
    const problems: string[] = [];
    for (const found of this.scan()) this.add(found, problems);
    for (const job of this.jobs) {
      if (!this.find(job.queue, job.name)) problems.push(`the job ${job.name} has no handler`);
    }
    if (problems.length > 0) throw new Error(`The worker cannot start: ${problems.join('; ')}.`);
  }

  private add({ method, target, run }: FoundHandler, problems: string[]): void {
    if (target.kind === 'job') {
      const { job } = target;
      if (!this.jobs.includes(job)) problems.push(`${method} handles the unknown job ${job.name}`);
      this.bind({ method, run, queue: job.queue, jobName: job.name, retry: job.retry }, problems);
      return;
    }
    if (target.kind === 'event') {
      const jobName = `${target.event}>${method}`;
      const { retry, isBulk } = target;
      const handler = { method, run, queue: EVENTS_QUEUE, jobName, retry, isBulk };
      this.bind(handler, problems);
      this.subscribers.set(target.event, [...this.subscribersOf(target.event), handler]);
      return;
    }
    const handler = { method, run, queue: SCHEDULES_QUEUE, jobName: target.name, retry: target.retry };
    this.bind(handler, problems);
    this.scheduled.push({ ...handler, times: target.times });
  }

  private bind(handler: BoundHandler, problems: string[]): void {
    const other = this.find(handler.queue, handler.jobName);
    if (other) problems.push(`${handler.jobName} has two handlers, ${other.method} and ${handler.method}`);
    this.handlers.set(`${handler.queue}:${handler.jobName}`, handler);
  }

  private *scan(): Generator<FoundHandler> {
    // A provider that two tokens lead to is still one provider.
    const seen = new Set<object>();
    for (const { instance } of this.discovery.getProviders()) {
      if (typeof instance !== 'object' || instance === null || seen.has(instance)) continue;
      seen.add(instance);
      const prototype: unknown = Object.getPrototypeOf(instance);
      if (typeof prototype !== 'object' || prototype === null) continue;
      for (const name of this.scanner.getAllMethodNames(prototype)) yield* this.targetsOf(instance, prototype, name);
    }
  }

  private *targetsOf(instance: object, prototype: object, name: string): Generator<FoundHandler> {
    const method: unknown = Reflect.get(prototype, name);
    if (typeof method !== 'function') return;
    for (const target of handlerTargets(method)) {
      yield {
        method: `${instance.constructor.name}.${name}`,
        target,
        run: async (payload, context) => method.call(instance, payload, context),
      };
    }
  }
}
