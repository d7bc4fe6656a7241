import { describe, expect, it } from '@jest/globals';
import { sleep } from '#libs/common';
import { RowBatcher, type RowBatcherOptions } from './row-batcher.js';

interface Written {
  readonly rows: readonly number[];
  readonly token: string;
}

function batcher(options: Partial<RowBatcherOptions<number>> = {}) {
  const calls: Written[] = [];
  const faults: Error[] = [];
  const write = async (rows: readonly number[], token: string) => {
    calls.push({ rows, token });
    await sleep(1);
    const fault = faults.shift();
    if (fault) throw fault;
  };
  return {
    calls,
    faults,
    rows: new RowBatcher<number>({ name: 'test', write, intervalMs: 5, retryMs: 5, ...options }),
  };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(1);
}

describe('rows in batches', () => {
  it('are written together after a while, in the order in which they came', async () => {
    const { rows, calls } = batcher();
    for (const row of [1, 2, 3]) rows.add(row);
    expect(calls).toEqual([]);
    await until(() => rows.size === 0);
    expect(calls.map((call) => call.rows)).toEqual([[1, 2, 3]]);
  });

  it('are written at once where they fill a batch, and never more than a batch at a time', async () => {
    const { rows, calls } = batcher({ batchRows: 4, intervalMs: 60_000 });
    for (let row = 0; row < 10; row += 1) rows.add(row);
    await until(() => rows.size === 0);
    expect(calls.map((call) => call.rows.length)).toEqual([4, 4, 2]);
  });

  it('are sent again as the same batch under the same token until they are stored', async () => {
    const { rows, calls, faults } = batcher();
    faults.push(new Error('away'), new Error('still away'));
    rows.add(1);
    await until(() => calls.length > 0);
    rows.add(2);
    await until(() => rows.size === 0);
    expect(calls.slice(0, 3).map((call) => call.rows)).toEqual([[1], [1], [1]]);
    expect(new Set(calls.slice(0, 3).map((call) => call.token)).size).toBe(1);
    expect(calls[3]?.rows).toEqual([2]);
    expect(calls[3]?.token).not.toBe(calls[0]?.token);
  });

  it('beyond the bound are turned away, those being written counted', async () => {
    const { rows } = batcher({ maxRows: 3, batchRows: 2, intervalMs: 60_000 });
    expect([1, 2, 3, 4].map((row) => rows.add(row))).toEqual([true, true, true, false]);
    await rows.flush();
    expect(rows.add(5)).toBe(true);
  });

  it('are all there when a flush resolves, also those added while another flush ran', async () => {
    const { rows, calls } = batcher({ intervalMs: 60_000 });
    rows.add(1);
    const first = rows.flush();
    rows.add(2);
    await rows.flush();
    await first;
    expect(calls.flatMap((call) => call.rows)).toEqual([1, 2]);
  });

  it('are written at the end, and what cannot be is counted', async () => {
    const whole = batcher({ intervalMs: 60_000 });
    whole.rows.add(1);
    expect(await whole.rows.close()).toBe(0);
    expect(whole.rows.add(2)).toBe(false);
    const broken = batcher({ intervalMs: 60_000 });
    broken.faults.push(new Error('away'));
    broken.rows.add(1);
    expect(await broken.rows.close()).toBe(1);
  });
});
