import type { JsonObject } from '#libs/common';
import type { Config } from '#libs/config';

/** Exponential wait between attempts: `baseMs · 2^(attempt − 1)`, at most `maxMs`, shortened by up to `jitter` (0…1). */
export interface Backoff {
  readonly kind: 'exponential';
  readonly baseMs: number;
  readonly maxMs: number;
  readonly jitter: number;
}

export interface RetryOptions {
  /** How often a job is tried before it becomes a dead letter. */
  attempts?: number;
  backoff?: Backoff;
  /** A longer run is aborted and counts as a failed attempt. Handlers that may take long should watch the signal. */
  timeoutSeconds?: number;
}

export type ConcurrencyBound = number | ((config: Config) => number);

export interface JobOptions extends RetryOptions {
  /**
   * Jobs that one worker process runs at a time. A queue has one worker, so the least of its jobs' bounds holds for all
   * of them: give a job that must run alone a queue of its own. A function where a setting bounds it.
   */
  concurrency?: ConcurrencyBound;
  /**
   * How many deaths of its worker a run survives before it becomes a dead letter, lest a job that kills whoever runs it
   * does so for ever (default {@link MAX_DEATHS}). The greatest of a queue's jobs holds for all of them.
   */
  maxDeaths?: number;
}

export interface RetryPolicy {
  readonly attempts: number;
  readonly backoff: Backoff;
  readonly timeoutSeconds?: number;
}

/** A kind of work: where it runs, how it is retried, and (in types only) what its payload is. */
export interface JobDefinition<Payload extends JsonObject = JsonObject> {
  /** `queue/name`, unique in the product. */
  readonly name: string;
  readonly queue: string;
  readonly retry: RetryPolicy;
  readonly concurrency?: ConcurrencyBound;
  readonly maxDeaths?: number;
  /** Never set: it carries the payload's type. */
  readonly payload?: Payload;
}

/** A fact that others may react to; whoever emits it does not know them. */
export interface EventDefinition<Payload extends JsonObject = JsonObject> {
  readonly name: string;
  /** Never set: it carries the payload's type. */
  readonly payload?: Payload;
}

/** Queues that the house itself runs; no job may be defined in them. */
export const EVENTS_QUEUE = 'events';
export const SCHEDULES_QUEUE = 'schedules';

/** A crash loop must end; an unlucky job may meet a few deaths that are not its own. */
export const MAX_DEATHS = 3;
/** What handles an event is small and ours, and nobody would ever know what a lost one should have caused. */
export const MAX_DEATHS_OF_EVENTS = 50;

/** BullMQ's name for "ask the worker how long to wait": its own exponential backoff knows no ceiling. */
export const RETRY_POLICY = 'policy';

const JOB_NAME = /^([a-z][a-z0-9-]{0,31})\/([a-z][a-z0-9-]{0,63})$/;
const EVENT_NAME = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/;
const DEFAULT_BACKOFF: Backoff = { kind: 'exponential', baseMs: 1000, maxMs: 300_000, jitter: 0.5 };
const DEFAULT_ATTEMPTS = 6;

const defined = new Map<string, JobDefinition>();

/**
 * Declares a job; do it once, at module level, beside the payload's type.
 * @example export const rescore = defineJob<{ projectId: string }>('scoring/rescore', { attempts: 5 });
 */
export function defineJob<Payload extends JsonObject>(name: string, options: JobOptions = {}): JobDefinition<Payload> {
  const queue = JOB_NAME.exec(name)?.[1];
  if (!queue) throw new Error(`"${name}" is no job name; it must read "queue/name" in kebab-case`);
  if (queue === EVENTS_QUEUE || queue === SCHEDULES_QUEUE) throw new Error(`The queue "${queue}" is the house's own`);
  if (defined.has(name)) throw new Error(`The job ${name} is defined twice`);
  const { concurrency, maxDeaths } = options;
  const job: JobDefinition<Payload> = { name, queue, retry: retryPolicy(options), concurrency, maxDeaths };
  defined.set(name, job);
  return job;
}

/** Declares a domain event, `noun.verb_in_past_tense`, so that emitters and handlers agree on its payload. */
export function defineEvent<Payload extends JsonObject>(name: string): EventDefinition<Payload> {
  if (!EVENT_NAME.test(name)) throw new Error(`"${name}" is no event name such as "project.updated"`);
  return { name };
}

/** Every job that the modules loaded so far have defined. */
export function definedJobs(): readonly JobDefinition[] {
  return [...defined.values()];
}

export function retryPolicy(options: RetryOptions): RetryPolicy {
  const { attempts = DEFAULT_ATTEMPTS, backoff = DEFAULT_BACKOFF, timeoutSeconds } = options;
  if (!Number.isInteger(attempts) || attempts < 1) throw new Error(`${attempts} is no number of attempts`);
  return { attempts, backoff, timeoutSeconds };
}

/** Milliseconds to wait before the attempt after the `attempt`-th one. */
export function backoffDelay(backoff: Backoff, attempt: number, random: () => number = Math.random): number {
  const full = Math.min(backoff.baseMs * 2 ** (attempt - 1), backoff.maxMs);
  return Math.round(full * (1 - backoff.jitter * random()));
}
