import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { sleep } from '#libs/common';
import { BACKENDS, type Lab, openLab, until } from '../test/queue-lab.js';
import { enqueue } from './enqueue.js';
import { type JobContext, OnJob } from './handler.decorator.js';
import { defineJob } from './job-definition.js';
import { outboxStatus } from './outbox-status.js';

// Enough to see that all of them run; IMBI_TEST_JOBS=1000 for figures.
const JOBS = Number(process.env['IMBI_TEST_JOBS'] ?? 200);
const measured = defineJob<{ number: number }>('measuring/measure');

/** Prints how fast a commit becomes a running job; the machine decides the figures, so none is asserted. */
describe.each(BACKENDS)('hand-over on %s', (backend) => {
  let lab: Lab;
  let where: string;
  const startedAt = new Map<number, number>();

  @Injectable()
  class Stopwatch {
    @OnJob(measured)
    async measure({ number }: { number: number }, _context: JobContext): Promise<void> {
      startedAt.set(number, performance.now());
    }
  }

  beforeAll(async () => {
    lab = await openLab(backend);
    await lab.app({ jobs: [measured], providers: [Stopwatch] });
    where = `${backend} (${lab.database.embedded ? 'embedded' : 'native'} database)`;
  });

  afterAll(async () => {
    await lab?.close();
  });

  it('picks single jobs up', async () => {
    const waits: number[] = [];
    for (let number = 0; number < 20; number += 1) {
      await lab.database.transaction(async (tx) => {
        enqueue(tx, measured, { number });
      });
      const committed = performance.now();
      await until(() => startedAt.has(number));
      waits.push((startedAt.get(number) ?? 0) - committed);
      await sleep(20);
    }
    const [p50, p95, max] = [0.5, 0.95, 1].map((share) => quantile(waits, share).toFixed(1));
    console.log(`${where}: commit to start, ms: p50 ${p50}, p95 ${p95}, max ${max}`);
    expect(waits.length).toBe(20);
  });

  it(`works ${JOBS} jobs off`, async () => {
    startedAt.clear();
    const started = performance.now();
    await lab.database.transaction(async (tx) => {
      for (let number = 0; number < JOBS; number += 1) enqueue(tx, measured, { number });
    });
    const committed = performance.now();
    await until(async () => (await outboxStatus(lab.database)).length === 0, 60_000);
    const handedOver = performance.now();
    await until(() => startedAt.size === JOBS, 60_000);
    const run = performance.now();
    const ms = (until: number) => (until - started).toFixed(0);
    console.log(
      `${where}: ${JOBS} jobs, ms: committed ${ms(committed)}, handed over ${ms(handedOver)}, run ${ms(run)}`,
    );
    expect(startedAt.size).toBe(JOBS);
  });
});

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
