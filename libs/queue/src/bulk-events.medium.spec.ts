import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { BACKENDS, type Lab, openLab, until } from '../test/queue-lab.js';
import { emit } from './enqueue.js';
import { OnEvent } from './handler.decorator.js';
import { defineEvent, EVENTS_QUEUE } from './job-definition.js';
import { Queues } from './queues.js';

const imported = defineEvent<{ number: number }>('item.imported');
const locked = defineEvent<{ number: number }>('account.locked');
const ITEMS = 60;

@Injectable()
class Handlers {
  readonly runs: string[] = [];
  readonly gate = Promise.withResolvers<void>();

  @OnEvent(imported, { bulk: true })
  async onImported({ number }: { number: number }): Promise<void> {
    this.runs.push(`item ${number}`);
    await this.gate.promise;
  }

  @OnEvent(locked)
  async onLocked({ number }: { number: number }): Promise<void> {
    this.runs.push(`account ${number}`);
  }
}

describe.each(BACKENDS)('handlers of bulk events on %s', (backend) => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await openLab(backend);
  });

  afterAll(async () => {
    await lab?.close();
  });

  it('stand back behind what was emitted after them, and keep their own order', async () => {
    const app = await lab.app({ providers: [Handlers], env: { IMBI_QUEUE_CONCURRENCY: '1' } });
    const { runs, gate } = app.get(Handlers);
    const queue = app.get(Queues).get(EVENTS_QUEUE);
    await lab.database.transaction(async (tx) => {
      for (let number = 0; number < ITEMS; number += 1) emit(tx, imported, { number });
    });
    await until(() => runs.length > 0);
    await lab.database.transaction(async (tx) => {
      for (const number of [1, 2]) emit(tx, locked, { number });
    });
    await until(async () => {
      const { waiting, prioritized } = await queue.getJobCounts('waiting', 'prioritized');
      return waiting === 2 && prioritized === ITEMS - 1;
    });
    gate.resolve();
    await until(() => runs.length === ITEMS + 2);
    const items = Array.from({ length: ITEMS }, (_one, number) => `item ${number}`);
    expect(runs).toEqual([items[0], 'account 1', 'account 2', ...items.slice(1)]);
  });
});
