import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { sleep } from '#libs/common';
import { nativeServer } from '#test/database';
import { type Lab, openLab, until } from '../test/queue-lab.js';
import { enqueue } from './enqueue.js';
import { type JobContext, OnJob } from './handler.decorator.js';
import { defineJob } from './job-definition.js';

const survive = defineJob<{ number: number }>('surviving/survive');

(nativeServer() ? describe.skip : describe)('jobs on an embedded engine that is killed', () => {
  let lab: Lab;
  const runs = new Set<number>();

  @Injectable()
  class Survivor {
    @OnJob(survive)
    async survive({ number }: { number: number }, _context: JobContext): Promise<void> {
      await sleep(5);
      runs.add(number);
    }
  }

  beforeAll(async () => {
    lab = await openLab('postgres');
    await lab.app({ jobs: [survive], providers: [Survivor] });
  });

  afterAll(async () => {
    await lab?.close();
  });

  async function send(from: number, to: number): Promise<void> {
    await lab.database.transaction(async (tx) => {
      for (let number = from; number < to; number += 1) enqueue(tx, survive, { number });
    });
  }

  it('all run, those under way and those that come after', async () => {
    await send(0, 300);
    await until(() => runs.size > 20);
    lab.killEngine?.();
    await until(async () => {
      await send(300, 310).catch(() => undefined);
      return runs.has(309);
    }, 30_000);
    // What was running when the engine died is locked for ten seconds.
    await until(() => runs.size === 310, 40_000);
    const waits: string[] = [];
    for (let number = 310; number < 315; number += 1) {
      const started = performance.now();
      await send(number, number + 1);
      await until(() => runs.has(number));
      waits.push((performance.now() - started).toFixed(0));
    }
    console.log(`after a kill: commit to end, ms: ${waits.join(', ')}`);
  });
});
