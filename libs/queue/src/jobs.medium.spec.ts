import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { currentActor, DomainError, requestContext, sleep } from '#libs/common';
import { outboxStatus } from '#libs/queue';
import { BACKENDS, type Lab, openLab, until } from '../test/queue-lab.js';
import { emit, enqueue } from './enqueue.js';
import { type JobContext, OnEvent, OnJob, OnSchedule } from './handler.decorator.js';
import { defineEvent, defineJob } from './job-definition.js';

const greet = defineJob<{ name: string }>('greeting/greet');
const flaky = defineJob<{ failures: number }>('greeting/flaky', {
  attempts: 3,
  backoff: { kind: 'exponential', baseMs: 20, maxMs: 100, jitter: 0.5 },
});
const slow = defineJob('slow/sleep', { attempts: 1, timeoutSeconds: 0.2, concurrency: 1 });
const renamed = defineEvent<{ id: string }>('project.renamed');

interface Run {
  what: string;
  payload: unknown;
  attempt: number;
  actor: string;
}

@Injectable()
class Greeter {
  runs: Run[] = [];
  ticks = 0;
  aborted = 0;

  @OnJob(greet)
  async greet(payload: { name: string }, context: JobContext): Promise<void> {
    await context.progress(50);
    this.note('greet', payload, context);
  }

  @OnJob(flaky)
  async flaky(payload: { failures: number }, context: JobContext): Promise<void> {
    this.note('flaky', payload, context);
    if (context.attempt <= payload.failures) throw new DomainError('flaky', 'unavailable', 'not yet');
  }

  @OnJob(slow)
  async sleep(_payload: unknown, context: JobContext): Promise<void> {
    await sleep(5000, context.signal);
    if (context.signal.aborted) this.aborted += 1;
  }

  @OnEvent(renamed)
  async onRenamed(payload: { id: string }, context: JobContext): Promise<void> {
    this.note('first', payload, context);
  }

  @OnEvent('project.renamed', { attempts: 1 })
  async alsoOnRenamed(payload: { id: string }, context: JobContext): Promise<void> {
    this.note('second', payload, context);
  }

  @OnSchedule('tick', { everySeconds: 1 })
  async tick(): Promise<void> {
    this.ticks += 1;
  }

  private note(what: string, payload: unknown, context: JobContext): void {
    this.runs.push({ what, payload, attempt: context.attempt, actor: currentActor().id });
  }
}

describe.each(BACKENDS)('jobs on %s', (backend) => {
  let lab: Lab;
  let greeter: Greeter;

  beforeAll(async () => {
    lab = await openLab(backend);
    const app = await lab.app({ jobs: [greet, flaky, slow], providers: [Greeter] });
    greeter = app.get(Greeter);
  });

  afterAll(async () => {
    await lab?.close();
  });

  beforeEach(() => {
    greeter.runs = [];
  });

  it('runs a job after its transaction, in the name of whoever enqueued it', async () => {
    const actor = { kind: 'user', id: 'u1', name: 'Ada' } as const;
    await requestContext.run({ requestId: 'r1', actor }, () =>
      lab.database.transaction(async (tx) => {
        enqueue(tx, greet, { name: 'Ada' });
      }),
    );
    await until(() => greeter.runs.length > 0);
    expect(greeter.runs).toEqual([{ what: 'greet', payload: { name: 'Ada' }, attempt: 1, actor: 'u1' }]);
    await until(async () => (await outboxStatus(lab.database)).length === 0);
  });

  it('leaves nothing of a transaction that was rolled back', async () => {
    const undone = lab.database.transaction(async (tx) => {
      enqueue(tx, greet, { name: 'nobody' });
      emit(tx, renamed, { id: 'nothing' });
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    await lab.database.transaction(async (tx) => {
      enqueue(tx, greet, { name: 'somebody' });
    });
    await until(() => greeter.runs.length > 0);
    await sleep(100);
    expect(greeter.runs.map((run) => run.payload)).toEqual([{ name: 'somebody' }]);
  });

  it('tells every handler of an event', async () => {
    await lab.database.transaction(async (tx) => {
      emit(tx, renamed, { id: 'p1' });
    });
    await until(() => greeter.runs.length >= 2);
    expect(greeter.runs.map((run) => run.what).sort()).toEqual(['first', 'second']);
  });

  it('tries a failing job again', async () => {
    await lab.database.transaction(async (tx) => {
      enqueue(tx, flaky, { failures: 2 });
    });
    await until(() => greeter.runs.length >= 3);
    expect(greeter.runs.map((run) => run.attempt)).toEqual([1, 2, 3]);
  });

  it('holds a delayed job back', async () => {
    const started = Date.now();
    await lab.database.transaction(async (tx) => {
      enqueue(tx, greet, { name: 'later' }, { delayMs: 400 });
    });
    await until(() => greeter.runs.length > 0);
    expect(Date.now() - started).toBeGreaterThanOrEqual(400);
  });

  it('aborts a job that takes longer than it may', async () => {
    await lab.database.transaction(async (tx) => {
      enqueue(tx, slow, {});
    });
    await until(() => greeter.aborted > 0);
  });

  it('runs a schedule', async () => {
    await until(() => greeter.ticks >= 2);
  });
});
