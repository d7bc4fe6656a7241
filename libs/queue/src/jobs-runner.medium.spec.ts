import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { sleep } from '#libs/common';
import { BACKENDS, type Lab, openLab, until } from '../test/queue-lab.js';
import { enqueue } from './enqueue.js';
import { type JobContext, OnJob, OnSchedule } from './handler.decorator.js';
import { defineJob } from './job-definition.js';
import { Queues } from './queues.js';

const work = defineJob<{ milliseconds: number; deaf?: boolean }>('working/work', {
  attempts: 3,
  backoff: { kind: 'exponential', baseMs: 10, maxMs: 10, jitter: 0 },
});

@Injectable()
class Labourer {
  static readonly log: string[] = [];
  /** Ends the jobs that ignore their signal; until then they go on. */
  static readonly end = new AbortController();

  @OnJob(work)
  async work({ milliseconds, deaf }: { milliseconds: number; deaf?: boolean }, context: JobContext): Promise<void> {
    Labourer.log.push(`start ${context.attempt}`);
    await sleep(milliseconds, deaf ? Labourer.end.signal : context.signal);
    if (deaf) return;
    if (context.signal.aborted) throw new Error('aborted');
    Labourer.log.push('done');
  }
}

// What a setting bounds, as the connections to a mail server bound the mails that are sent at once.
const bounded = defineJob<Record<string, never>>('bounded/work', { concurrency: ({ mail }) => mail.connections });

@Injectable()
class Teller {
  static atWork = 0;
  static most = 0;
  static done = 0;

  @OnJob(bounded)
  async serve(): Promise<void> {
    Teller.atWork += 1;
    Teller.most = Math.max(Teller.most, Teller.atWork);
    await sleep(30);
    Teller.atWork -= 1;
    Teller.done += 1;
  }
}

@Injectable()
class Clock {
  static ticks = 0;

  @OnSchedule('tick', { everySeconds: 1 })
  async tick(): Promise<void> {
    Clock.ticks += 1;
  }
}

@Injectable()
class SecondLabourer {
  @OnJob(work)
  async work(): Promise<void> {}
}

describe.each(BACKENDS)('the jobs runner on %s', (backend) => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await openLab(backend);
  });

  afterAll(async () => {
    await lab?.close();
  });

  async function send(milliseconds: number, deaf = false): Promise<void> {
    Labourer.log.length = 0;
    await lab.database.transaction(async (tx) => {
      enqueue(tx, work, { milliseconds, deaf });
    });
  }

  it('refuses to start on a job without a handler, with two, or with an unknown one', async () => {
    const unhandled = lab.app({ jobs: [work] });
    await expect(unhandled).rejects.toThrow('the job working/work has no handler');
    const twice = lab.app({ jobs: [work], providers: [Labourer, SecondLabourer] });
    await expect(twice).rejects.toThrow('working/work has two handlers, Labourer.work and SecondLabourer.work');
    const unknown = lab.app({ jobs: [], providers: [Labourer] });
    await expect(unknown).rejects.toThrow('Labourer.work handles the unknown job working/work');
  });

  it('runs no more jobs at once than their bound says', async () => {
    Object.assign(Teller, { most: 0, done: 0 });
    const env = { IMBI_MAIL_CONNECTIONS: '2', IMBI_QUEUE_CONCURRENCY: '8' };
    const app = await lab.app({ jobs: [bounded], providers: [Teller], env });
    await lab.database.transaction(async (tx) => {
      for (let job = 0; job < 12; job += 1) enqueue(tx, bounded, {});
    });
    await until(() => Teller.done === 12);
    expect(Teller.most).toBe(2);
    await app.close();
  });

  it('lets running jobs finish before it stops', async () => {
    const app = await lab.app({ jobs: [work], providers: [Labourer] });
    await send(400);
    await until(() => Labourer.log.length > 0);
    await app.close();
    expect(Labourer.log).toEqual(['start 1', 'done']);
  });

  it('aborts what takes too long to finish, and another worker runs it again', async () => {
    const app = await lab.app({ jobs: [work], providers: [Labourer], env: { IMBI_SHUTDOWN_TIMEOUT: '1s' } });
    await send(3000);
    await until(() => Labourer.log.length > 0);
    await app.close();
    expect(Labourer.log).toEqual(['start 1']);
    const next = await lab.app({ jobs: [work], providers: [Labourer] });
    await until(() => Labourer.log.length === 2);
    expect(Labourer.log).toEqual(['start 1', 'start 2']);
    await until(() => Labourer.log.length === 3);
    await next.close();
  });

  it('does not wait for ever for a job that ignores its signal', async () => {
    const app = await lab.app({ jobs: [work], providers: [Labourer], env: { IMBI_SHUTDOWN_TIMEOUT: '1s' } });
    // Longer than the suite may take: it is the end of the app that comes first, or nothing.
    await send(3_600_000, true);
    await until(() => Labourer.log.length > 0);
    await app.close();
    expect(Labourer.log).toEqual(['start 1']);
    Labourer.end.abort();
  });

  it('runs a schedule once a tick over all workers, and not at all once it is gone', async () => {
    Clock.ticks = 0;
    const parts = { jobs: [], providers: [Clock] };
    const apps = await Promise.all([lab.app(parts), lab.app(parts), lab.app(parts)]);
    const started = Date.now();
    await until(() => Clock.ticks >= 3);
    // One at once and one a second; three workers that did not agree would make three times as many.
    expect(Clock.ticks).toBeLessThanOrEqual(Math.ceil((Date.now() - started) / 1000) + 1);
    for (const app of apps) await app.close();
    const without = await lab.app({ jobs: [], providers: [] });
    await sleep(300);
    await without.close();
    const again = await lab.app({ jobs: [], providers: [Clock], worker: false });
    expect(await again.get(Queues).get('schedules').getJobSchedulersCount()).toBe(0);
  });
});
