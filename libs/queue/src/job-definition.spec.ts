import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { backoffDelay, definedJobs, defineEvent, defineJob, retryPolicy } from './job-definition.js';

describe('defineJob', () => {
  it('reads the queue from the name and is known from then on', () => {
    const job = defineJob('defining/first', { attempts: 2 });
    expect(job).toMatchObject({ name: 'defining/first', queue: 'defining', retry: { attempts: 2 } });
    expect(definedJobs()).toContain(job);
  });

  it('keeps how many deaths of its worker a job survives', () => {
    expect(defineJob('defining/robust', { maxDeaths: 9 }).maxDeaths).toBe(9);
    expect(defineJob('defining/usual').maxDeaths).toBeUndefined();
  });

  it.each(['', 'first', 'Defining/first', 'defining/first/second', 'de:fining/first', 'defining/'])(
    'refuses the name "%s"',
    (name) => {
      expect(() => defineJob(name)).toThrow('is no job name');
    },
  );

  it('refuses a second definition, the house’s own queues and zero attempts', () => {
    defineJob('defining/twice');
    expect(() => defineJob('defining/twice')).toThrow('defined twice');
    expect(() => defineJob('events/first')).toThrow('own');
    expect(() => defineJob('schedules/first')).toThrow('own');
    expect(() => defineJob('defining/never', { attempts: 0 })).toThrow('no number of attempts');
  });
});

describe('defineEvent', () => {
  it('wants a noun and what happened to it', () => {
    expect(defineEvent('project.updated').name).toBe('project.updated');
    expect(() => defineEvent('project')).toThrow('is no event name');
    expect(() => defineEvent('project>updated.now')).toThrow('is no event name');
  });
});

describe('backoffDelay', () => {
  it('doubles up to its ceiling', () => {
    const backoff = { kind: 'exponential', baseMs: 100, maxMs: 500, jitter: 0 } as const;
    expect([1, 2, 3, 4, 50].map((attempt) => backoffDelay(backoff, attempt))).toEqual([100, 200, 400, 500, 500]);
  });

  it('only ever shortens the wait, by no more than the jitter', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, jitter) => {
        const { backoff } = retryPolicy({});
        const full = backoffDelay({ ...backoff, jitter: 0 }, attempt);
        const delay = backoffDelay({ ...backoff, jitter }, attempt);
        expect(delay).toBeLessThanOrEqual(full);
        expect(delay).toBeGreaterThanOrEqual(Math.floor(full * (1 - jitter)));
      }),
    );
  });
});
