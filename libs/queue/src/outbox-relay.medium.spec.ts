import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { sleep } from '#libs/common';
import type { Transaction } from '#libs/database';
import { BACKENDS, type Lab, openLab, openRedisLine, until } from '../test/queue-lab.js';
import { Counter, count, counted, MemorySink, stopAt } from '../test/relay-doubles.js';
import { ANALYTICS_SINK } from './analytics-sink.js';
import { emit, enqueue } from './enqueue.js';
import { outboxStatus } from './outbox-status.js';
import { RELAY_PROBE, type RelayProbe, type RelayStep } from './relay-probe.js';

const LEASE = { IMBI_OUTBOX_LEASE: '1s', IMBI_OUTBOX_POLL_INTERVAL: '100ms' };

describe.each(BACKENDS)('the outbox relay on %s', (backend) => {
  let lab: Lab;
  const open: INestApplicationContext[] = [];

  beforeAll(async () => {
    lab = await openLab(backend);
  });

  afterEach(async () => {
    for (const app of open.splice(0)) await app.close();
  });

  afterAll(async () => {
    await lab?.close();
  });

  async function relay(counter: Counter, sink: MemorySink, options: { probe?: RelayProbe; url?: string } = {}) {
    const app = await lab.app({
      jobs: [count],
      database: lab.connect(),
      env: { ...LEASE, ...(options.url ? { REDIS_URL: options.url } : {}) },
      providers: [
        { provide: Counter, useValue: counter },
        { provide: ANALYTICS_SINK, useValue: sink },
        { provide: RELAY_PROBE, useValue: options.probe },
      ],
    });
    open.push(app);
    return app;
  }

  function addOne(tx: Transaction, number: number): void {
    enqueue(tx, count, { number });
    emit(tx, counted, { number });
    tx.outbox.add({ topic: 'analytics', name: 'numbers', payload: { number } });
  }

  async function write(numbers: readonly number[]): Promise<void> {
    await lab.database.transaction(async (tx) => {
      for (const number of numbers) addOne(tx, number);
    });
  }

  const empty = async () => (await outboxStatus(lab.database)).length === 0;
  const steps: RelayStep[] = [
    'jobs claimed',
    'events claimed',
    'jobs handed over',
    'jobs removed',
    'batch formed',
    'batch stored',
    'batch removed',
  ];

  it.each(steps)('loses and doubles nothing when a relay dies with its "%s"', async (step) => {
    const counter = new Counter();
    const sink = new MemorySink();
    const dead = stopAt(step);
    await relay(counter, sink, { probe: dead.probe });
    await write([1, 2, 3]);
    await dead.reached;
    await relay(counter, sink);
    await until(async () => (await empty()) && counter.jobs.length >= 3 && counter.events.length >= 3);
    // It was not dead but asleep, and does the rest of its work now.
    dead.wake();
    await write([4]);
    await until(async () => (await empty()) && counter.jobs.length >= 4 && counter.events.length >= 4);
    await sleep(50);
    expect(counter.jobs.toSorted()).toEqual([1, 2, 3, 4]);
    expect(counter.events.toSorted()).toEqual([1, 2, 3, 4]);
    expect(sink.rows.map((row) => row['number']).toSorted()).toEqual([1, 2, 3, 4]);
  });

  it('doubles nothing when several relays run', async () => {
    const counter = new Counter();
    const sink = new MemorySink();
    await Promise.all([relay(counter, sink), relay(counter, sink), relay(counter, sink)]);
    const numbers = Array.from({ length: 400 }, (_, index) => index);
    await Promise.all(Array.from({ length: 20 }, (_, part) => write(numbers.filter((number) => number % 20 === part))));
    await until(async () => (await empty()) && counter.jobs.length >= 400 && counter.events.length >= 400);
    await sleep(100);
    expect(counter.jobs.toSorted((left, right) => left - right)).toEqual(numbers);
    expect(counter.events.toSorted((left, right) => left - right)).toEqual(numbers);
    expect(sink.rows.length).toBe(400);
  });

  it('keeps analytics rows while their engine is down, and jobs go on', async () => {
    const counter = new Counter();
    const sink = new MemorySink();
    sink.down = true;
    await relay(counter, sink);
    await write([1]);
    await until(async () => counter.jobs.length === 1 && sink.inserts > 0);
    await until(async () => {
      const [topic, ...others] = await outboxStatus(lab.database);
      return topic?.failing === 1 && others.length === 0;
    });
    const [status] = await outboxStatus(lab.database);
    expect(status).toMatchObject({ topic: 'analytics', depth: 1, due: 1, parked: 0, lastError: 'The engine is down.' });
    sink.down = false;
    await until(empty);
    expect(sink.rows).toEqual([{ number: 1 }]);
  });

  it('parks the one analytics row that is refused and stores those around it', async () => {
    const sink = new MemorySink();
    await relay(new Counter(), sink);
    await lab.database.transaction(async (tx) => {
      for (let number = 0; number < 9; number += 1) {
        tx.outbox.add({ topic: 'analytics', name: 'numbers', payload: { number, poison: number === 5 } });
      }
    });
    await until(() => sink.rows.length === 8);
    await until(async () => (await outboxStatus(lab.database))[0]?.depth === 1);
    const [status] = await outboxStatus(lab.database);
    expect(status).toMatchObject({ topic: 'analytics', parked: 1, due: 0, lastError: 'No such column.' });
    await lab.database.pool.query('delete from imbi_system.outbox');
  });

  it('parks a job that it does not know, and runs it once it does', async () => {
    const counter = new Counter();
    const ignorant = await lab.app({ jobs: [], env: LEASE });
    await write([7]);
    await until(async () => (await outboxStatus(lab.database)).some((topic) => topic.parked === 1));
    const status = (await outboxStatus(lab.database)).find((topic) => topic.topic === 'job');
    expect(status).toMatchObject({
      depth: 1,
      due: 0,
      parked: 1,
      lastError: 'no program that runs here knows this job',
    });
    await ignorant.close();
    await relay(counter, new MemorySink());
    await until(() => counter.jobs.length === 1);
    await until(empty);
  });

  (backend === 'redis' ? it : it.skip)('keeps jobs while their store is down', async () => {
    const line = await openRedisLine();
    const counter = new Counter();
    await relay(counter, new MemorySink(), { url: line.url });
    await write([1]);
    await until(() => counter.jobs.length === 1);
    line.cut();
    await write([2]);
    await until(async () => (await outboxStatus(lab.database)).some((topic) => topic.failing > 0));
    line.mend();
    await until(() => counter.jobs.length === 2);
    await until(empty);
    expect(counter.jobs).toEqual([1, 2]);
    await open.pop()?.close();
    await line.close();
  });
});
