import { type Job, Worker, type WorkerOptions } from 'bullmq';
import {
  createLogger,
  errorMessage,
  errorType,
  isDomainError,
  newId,
  requestContext,
  type Span,
  type SpanContext,
  sleep,
  tracing,
  unseal,
} from '#libs/common';
import type { JobContext } from './handler.decorator.js';
import type { BoundHandler } from './handler-registry.js';
import { backoffDelay } from './job-definition.js';
import { bullBackend } from './job-store.js';

const ABORT_GRACE_MS = 1000;
const logger = createLogger('jobs');

export type FindHandler = (jobName: string) => BoundHandler | undefined;

/** A failure that trying again cannot mend: the job becomes a dead letter at once. */
export class PermanentJobError extends Error {
  // BullMQ goes by this name, so that errors may cross processes.
  override readonly name = 'UnrecoverableError';
}

/** Runs the jobs of one queue, each in the context of whoever caused it. */
export class JobWorker {
  private readonly worker: Worker;

  constructor(
    private readonly queue: string,
    private readonly find: FindHandler,
    options: WorkerOptions,
  ) {
    const settings = {
      backoffStrategy: (attempt: number, _type?: string, error?: Error, job?: { name: string }) =>
        this.retryDelay(attempt, error, job?.name ?? ''),
    };
    this.worker = new Worker(
      queue,
      (job: Job, _token?: string, signal?: AbortSignal) => this.run(job, signal),
      { ...options, settings, autorun: false },
      bullBackend,
    );
    this.worker.on('failed', (job, error) => this.report(job, error));
    this.worker.on('error', (error) => logger.debug({ queue, reason: errorMessage(error) }, 'a worker lost its store'));
  }

  start(): void {
    this.worker
      .run()
      .catch((error) => logger.error({ queue: this.queue, reason: errorMessage(error) }, 'worker ended'));
  }

  /** Takes no more jobs, lets the running ones finish for `timeoutMs`, then aborts them; they will be tried again. */
  async stop(timeoutMs: number): Promise<void> {
    const closed = this.worker.close().then(() => true);
    if (await within(closed, timeoutMs)) return;
    logger.warn({ queue: this.queue }, 'jobs that did not finish in time are aborted');
    this.worker.cancelAllJobs('the worker stops');
    if (await within(closed, ABORT_GRACE_MS)) return;
    logger.warn({ queue: this.queue }, 'jobs that ignore their signal are left behind; others will run them again');
    await this.worker.disconnect();
  }

  private async run(job: Job, stop: AbortSignal | undefined): Promise<unknown> {
    const handler = this.find(job.name);
    if (!handler) throw new PermanentJobError(`No handler of this worker runs ${job.name}`);
    const { data, context, cause } = unseal(job.data);
    context.trace = beginSpan(this.queue, job, cause);
    return requestContext.run(context, async () => {
      const { timeoutSeconds } = handler.retry;
      const signals = [stop, timeoutSeconds ? AbortSignal.timeout(timeoutSeconds * 1000) : undefined];
      const signal = AbortSignal.any(signals.filter((one) => one !== undefined));
      try {
        await untilAborted(handler.run(data, jobContext(job, signal)), signal);
      } catch (error) {
        context.trace?.fail(errorType(error));
        throw error;
      } finally {
        context.trace?.end();
      }
    });
  }

  private retryDelay(attempt: number, error: Error | undefined, jobName: string): number {
    const policy = this.find(jobName)?.retry;
    const delay = policy ? backoffDelay(policy.backoff, attempt) : 0;
    const asked = isDomainError(error) ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    return Math.max(delay, asked);
  }

  private report(job: Job | undefined, error: Error): void {
    if (!job) return;
    const fields = { queue: this.queue, job: job.name, id: job.id, attempt: job.attemptsMade, reason: error.message };
    if (job.finishedOn)
      logger.error({ ...fields, stack: error.stack }, 'a job failed for good and is a dead letter now');
    else logger.warn(fields, 'a job failed and will be tried again');
  }
}

// A part of the trace of whatever caused the job, however long ago; each attempt is a span of its own.
function beginSpan(queue: string, job: Job, cause: SpanContext | undefined): Span | undefined {
  if (!tracing.enabled) return undefined;
  const attributes = {
    'messaging.system': 'bullmq',
    'messaging.operation.type': 'process',
    'messaging.operation.name': 'process',
    'messaging.destination.name': queue,
    'messaging.message.id': job.id,
    'imbi.job.name': job.name,
    'imbi.job.attempt': job.attemptsMade + 1,
  };
  return tracing.begin(`process ${job.name}`, { kind: 'consumer', attributes }, cause);
}

function jobContext(job: Job, signal: AbortSignal): JobContext {
  const jobId = job.id ?? newId();
  return {
    jobId,
    attempt: job.attemptsMade + 1,
    signal,
    logger: logger.child({ job: job.name, job_id: jobId }),
    progress: (value) => job.updateProgress(value),
  };
}

/** Settles with `work`, or rejects once `signal` is aborted, though work that ignores the signal goes on. */
function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(new Error(`The job was aborted: ${errorMessage(signal.reason)}`));
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  return Promise.race([work, aborted.promise]).finally(() => signal.removeEventListener('abort', onAbort));
}

async function within(done: Promise<boolean>, milliseconds: number): Promise<boolean> {
  const waiting = new AbortController();
  const late = sleep(milliseconds, waiting.signal).then(() => false);
  return Promise.race([done, late]).finally(() => waiting.abort());
}
