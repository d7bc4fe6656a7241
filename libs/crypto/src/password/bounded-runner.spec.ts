import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BoundedRunner } from './bounded-runner.js';

describe('BoundedRunner', () => {
  it('never runs more than it may, serves in order, and frees the place of work that failed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.boolean(), { maxLength: 20 }),
        async (limit, works) => {
          const runner = new BoundedRunner(limit, 100);
          const started: number[] = [];
          let running = 0;
          let peak = 0;
          await Promise.allSettled(
            works.map((fails, index) =>
              runner.run(async () => {
                started.push(index);
                running += 1;
                peak = Math.max(peak, running);
                await setImmediate();
                running -= 1;
                if (fails) throw new Error('failed');
              }),
            ),
          );
          expect(peak).toBeLessThanOrEqual(limit);
          expect(started).toEqual(works.map((_, index) => index));
        },
      ),
    );
  });
});
