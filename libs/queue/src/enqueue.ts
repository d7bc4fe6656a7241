import { type JsonObject, seal } from '#libs/common';
import type { Transaction } from '#libs/database';
import type { EventDefinition, JobDefinition } from './job-definition.js';

export interface EnqueueOptions {
  /** Of several waiting jobs of one kind and key only the newest runs, with its payload. */
  key?: string;
  /** The least time before the job is handed over. */
  delayMs?: number;
  /**
   * Waits until nothing was enqueued under `key` for `seconds`, then runs once with the newest payload. The run always
   * starts after the commit of the last change; changes that never pause for that long put it off for as long.
   */
  debounce?: { key: string; seconds: number };
}

/**
 * Has `job` run once the transaction has committed, and not at all if it does not. Returns the job's id.
 * The handler runs at least once: a crash of the worker in the middle of it runs it again.
 */
export function enqueue<Payload extends JsonObject>(
  tx: Transaction,
  job: JobDefinition<Payload>,
  payload: NoInfer<Payload>,
  options: EnqueueOptions = {},
): string {
  const { debounce } = options;
  const delayMs = debounce ? debounce.seconds * 1000 : options.delayMs;
  return tx.outbox.add({
    topic: 'job',
    name: job.name,
    payload: seal(payload),
    key: debounce?.key ?? options.key,
    availableAt: delayMs ? new Date(Date.now() + delayMs) : undefined,
  });
}

/** Tells every handler subscribed to `event` once the transaction has committed: each in a job of its own. */
export function emit<Payload extends JsonObject>(
  tx: Transaction,
  event: EventDefinition<Payload> | string,
  payload: NoInfer<Payload>,
): string {
  const name = typeof event === 'string' ? event : event.name;
  return tx.outbox.add({ topic: 'event', name, payload: seal(payload) });
}
