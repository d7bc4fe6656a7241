import { Injectable } from '@nestjs/common';
import { DomainError, type JsonObject } from '#libs/common';
import {
  type AnalyticsSink,
  defineEvent,
  defineJob,
  type JobContext,
  OnEvent,
  OnJob,
  type RelayProbe,
  type RelayStep,
} from '#libs/queue';

export const count = defineJob<{ number: number }>('counting/count');
export const counted = defineEvent<{ number: number }>('number.counted');

/** Counts how often each job and event was run. */
@Injectable()
export class Counter {
  readonly jobs: number[] = [];
  readonly events: number[] = [];

  @OnJob(count)
  async count({ number }: { number: number }, _context: JobContext): Promise<void> {
    this.jobs.push(number);
  }

  @OnEvent(counted)
  async onCounted({ number }: { number: number }): Promise<void> {
    this.events.push(number);
  }
}

/** Keeps analytics rows as the engine must: one copy of a batch however often it comes, and always the same batch. */
export class MemorySink implements AnalyticsSink {
  readonly rows: JsonObject[] = [];
  inserts = 0;
  down = false;
  private readonly batches = new Map<string, string>();

  async insert(table: string, rows: readonly JsonObject[], { token }: { token: string }): Promise<void> {
    this.inserts += 1;
    if (this.down) throw new DomainError('analytics_unavailable', 'unavailable', 'The engine is down.');
    if (rows.some((row) => row['poison'])) throw new DomainError('analytics_rejected', 'invalid', 'No such column.');
    const text = JSON.stringify([table, rows]);
    const earlier = this.batches.get(token);
    if (earlier === text) return;
    if (earlier !== undefined) throw new Error(`The batch ${token} came again with other rows`);
    this.batches.set(token, text);
    this.rows.push(...rows);
  }
}

/** A relay that stops dead at a step, holding its leases, until it is woken. */
export function stopAt(step: RelayStep) {
  const woken = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  const probe: RelayProbe = async (at) => {
    if (at !== step) return;
    reached.resolve();
    await woken.promise;
  };
  return { probe, reached: reached.promise, wake: () => woken.resolve() };
}
