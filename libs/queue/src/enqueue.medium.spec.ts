import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { sleep } from '#libs/common';
import { BACKENDS, type Lab, openLab, until } from '../test/queue-lab.js';
import { enqueue } from './enqueue.js';
import { type JobContext, OnJob } from './handler.decorator.js';
import { defineJob } from './job-definition.js';
import { outboxStatus } from './outbox-status.js';

const recompute = defineJob<{ change: number }>('recomputing/recompute');
const DEBOUNCE = { key: 'p1', seconds: 0.15 };

interface Run {
  readonly change: number;
  readonly seen: readonly number[];
}

describe.each(BACKENDS)('enqueue by key on %s', (backend) => {
  let lab: Lab;
  const runs: Run[] = [];

  @Injectable()
  class Recomputer {
    @OnJob(recompute)
    async recompute({ change }: { change: number }, _context: JobContext): Promise<void> {
      const { rows } = await lab.database.pool.query<{ id: number }>('select id from imbi_system.changes order by id');
      runs.push({ change, seen: rows.map((row) => row.id) });
    }
  }

  beforeAll(async () => {
    lab = await openLab(backend);
    await lab.database.pool.query('create table imbi_system.changes (id integer primary key)');
  });

  beforeEach(async () => {
    await lab.database.pool.query('delete from imbi_system.changes');
    runs.length = 0;
  });

  const drained = async () => (await outboxStatus(lab.database)).length === 0;
  const close: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const one of close.splice(0)) await one();
  });

  afterAll(async () => {
    await lab?.close();
  });

  async function start(workers = 1): Promise<void> {
    for (let index = 0; index < workers; index += 1) {
      const app = await lab.app({ jobs: [recompute], providers: [Recomputer], database: lab.connect() });
      close.push(() => app.close());
    }
  }

  async function change(id: number, options = {}): Promise<void> {
    await lab.database.transaction(async (tx) => {
      enqueue(tx, recompute, { change: id }, options);
      await sql`insert into imbi_system.changes (id) values (${id})`.execute(tx.kysely);
      if (!lab.database.embedded) await sleep(Math.random() * 30);
    });
  }

  it('runs once after a burst of changes, with the newest payload', async () => {
    await start();
    for (let id = 1; id <= 20; id += 1) await change(id, { debounce: DEBOUNCE });
    await until(drained);
    await until(() => runs.length > 0);
    await sleep(50);
    expect(runs).toEqual([{ change: 20, seen: Array.from({ length: 20 }, (_, index) => index + 1) }]);
  });

  it('always runs after the last change, however the changes fall', async () => {
    await start(2);
    const last = async () => {
      await until(drained);
      await until(() => runs.length > 0);
      await sleep(60);
      return runs.at(-1);
    };
    let id = 0;
    for (let round = 0; round < 5; round += 1) {
      const burst = 1 + Math.floor(Math.random() * 12);
      const writers = Array.from({ length: burst }, async () => {
        await sleep(Math.random() * 400);
        id += 1;
        await change(id, { debounce: DEBOUNCE });
      });
      await Promise.all(writers);
      expect((await last())?.seen.length).toBe(id);
    }
    expect(runs.length).toBeLessThan(id);
  });

  it('runs only the newest of several that wait under one key', async () => {
    for (let id = 1; id <= 5; id += 1) await change(id, { key: 'p1' });
    await change(6, { key: 'p2' });
    await change(7);
    await change(8);
    await start();
    await until(() => runs.length >= 4);
    await until(drained);
    expect(runs.map((run) => run.change).toSorted()).toEqual([5, 6, 7, 8]);
  });

  it('does not let a job swallow one that was handed over before it', async () => {
    await start();
    await change(1, { key: 'p1' });
    await until(() => runs.length === 1);
    await change(2, { key: 'p1' });
    await until(() => runs.length === 2);
    expect(runs.map((run) => run.change)).toEqual([1, 2]);
  });
});
