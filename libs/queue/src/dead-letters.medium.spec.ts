import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { BACKENDS, type Lab, openLab, until } from '../test/queue-lab.js';
import { DeadLetters } from './dead-letters.js';
import { enqueue } from './enqueue.js';
import { type JobContext, OnJob } from './handler.decorator.js';
import { defineJob } from './job-definition.js';
import { PermanentJobError } from './job-worker.js';

const deliver = defineJob<{ to: string }>('delivery/deliver', {
  attempts: 2,
  backoff: { kind: 'exponential', baseMs: 5, maxMs: 5, jitter: 0 },
});

describe.each(BACKENDS)('dead letters on %s', (backend) => {
  let lab: Lab;
  let letters: DeadLetters;
  const attempts: number[] = [];
  const delivered: string[] = [];
  const refused = new Set<string>();

  @Injectable()
  class Courier {
    @OnJob(deliver)
    async deliver({ to }: { to: string }, context: JobContext): Promise<void> {
      attempts.push(context.attempt);
      if (to === 'nowhere') throw new PermanentJobError('There is no such place');
      if (refused.has(to)) throw new Error(`${to} did not open`);
      delivered.push(to);
    }
  }

  beforeAll(async () => {
    lab = await openLab(backend);
    const app = await lab.app({ jobs: [deliver], providers: [Courier] });
    letters = app.get(DeadLetters);
  });

  beforeEach(() => {
    attempts.length = 0;
    delivered.length = 0;
    refused.clear();
  });

  afterAll(async () => {
    await lab?.close();
  });

  async function send(...recipients: string[]): Promise<void> {
    await lab.database.transaction(async (tx) => {
      for (const to of recipients) enqueue(tx, deliver, { to });
    });
  }

  const dead = async () => (await letters.list()).total;

  it('keeps a job that failed as often as it may, and replays it', async () => {
    refused.add('Ada');
    await send('Ada');
    await until(async () => (await dead()) === 1);
    const { items } = await letters.list();
    expect(items).toMatchObject([
      {
        queue: 'delivery',
        name: 'delivery/deliver',
        payload: { to: 'Ada' },
        actor: { id: 'system' },
        attempts: 2,
        reason: 'Ada did not open',
      },
    ]);
    expect(items[0]?.failedAt.getTime()).toBeGreaterThan(Date.now() - 60_000);
    refused.clear();
    await letters.replay(items[0]?.id ?? '');
    await until(() => delivered.includes('Ada'));
    expect(attempts).toEqual([1, 2, 1]);
    expect(await dead()).toBe(0);
  });

  it('does not try again what cannot succeed, and can be removed', async () => {
    await send('nowhere');
    await until(async () => (await dead()) === 1);
    expect(attempts).toEqual([1]);
    const { items } = await letters.list({ queue: 'delivery' });
    await letters.remove(items[0]?.id ?? '');
    expect(await dead()).toBe(0);
    await expect(letters.remove(items[0]?.id ?? '')).rejects.toMatchObject({ kind: 'not_found' });
  });

  it('pages through many, newest first, and replays them all', async () => {
    const people = Array.from({ length: 7 }, (_, index) => `person ${index}`);
    for (const person of people) refused.add(person);
    for (const person of people) {
      await send(person);
      const expected = people.indexOf(person) + 1;
      await until(async () => (await dead()) === expected);
    }
    const first = await letters.list({ limit: 4 });
    const second = await letters.list({ offset: 4, limit: 4 });
    expect(first.total).toBe(7);
    expect([...first.items, ...second.items].map((letter) => letter.payload['to'])).toEqual(people.toReversed());
    refused.delete('person 3');
    expect(await letters.replayAll('delivery')).toBe(7);
    await until(async () => delivered.length === 1 && (await dead()) === 6);
    refused.clear();
    await letters.replayAll('delivery');
    await until(() => delivered.length === 7);
    await expect(letters.replayAll('unheard-of')).rejects.toMatchObject({ kind: 'not_found' });
  });

  it('are forgotten with age, and only then', async () => {
    await send('nowhere', 'nowhere');
    await until(async () => (await dead()) === 2);
    expect(await letters.purge(3600)).toBe(0);
    expect(await dead()).toBe(2);
    expect(await letters.purge(0)).toBe(2);
    expect(await dead()).toBe(0);
  });

  it('lists no job that lives', async () => {
    await send('Bob');
    await until(() => delivered.includes('Bob'));
    expect(await letters.list()).toEqual({ items: [], total: 0 });
  });
});
