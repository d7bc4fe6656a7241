import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from '@jest/globals';
import { Batch } from './batch.js';

/** A batch whose calls are answered only when the test says so. */
function held(limits = { largest: 3, concurrent: 1 }) {
  const calls: { questions: readonly number[]; answer: () => void; fail: (error: Error) => void }[] = [];
  const batch = new Batch<number, string>(
    (questions) =>
      new Promise((resolve, reject) => {
        calls.push({ questions, answer: () => resolve(questions.map((one) => `answer ${one}`)), fail: reject });
      }),
    limits,
  );
  return { batch, calls };
}

/** Long enough for whatever is due to begin. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 5; turns += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('Batch', () => {
  it('answers what is asked in one turn by one call, each its own', async () => {
    const { batch, calls } = held();
    const answers = Promise.all([batch.ask(1), batch.ask(2), batch.ask(3)]);
    await settle();
    expect(calls.map(({ questions }) => questions)).toEqual([[1, 2, 3]]);
    calls[0]?.answer();
    expect(await answers).toEqual(['answer 1', 'answer 2', 'answer 3']);
  });

  it('never lets a question join a call that began before it, not even the same question', async () => {
    const { batch, calls } = held();
    const first = batch.ask(1);
    await settle();
    const again = batch.ask(1);
    await settle();
    expect(calls).toHaveLength(1);
    calls[0]?.answer();
    await first;
    await settle();
    expect(calls.map(({ questions }) => questions)).toEqual([[1], [1]]);
    calls[1]?.answer();
    expect(await again).toBe('answer 1');
  });

  it('keeps to the size of a batch and to the number under way', async () => {
    const { batch, calls } = held({ largest: 2, concurrent: 2 });
    const answers = Promise.all([1, 2, 3, 4, 5].map((one) => batch.ask(one)));
    await settle();
    expect(calls.map(({ questions }) => questions)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    for (const call of calls) call.answer();
    await settle();
    expect(calls[2]?.questions).toEqual([5]);
    calls[2]?.answer();
    expect(await answers).toHaveLength(5);
  });

  it.each([
    { retryApart: true, outcomes: ['fulfilled', 'rejected', 'fulfilled'], calls: [[1, 2, 3], [1], [2], [3], [4]] },
    { retryApart: false, outcomes: ['rejected', 'rejected', 'rejected'], calls: [[1, 2, 3], [4]] },
  ])('gives an error only to who asked for it, where questions may be repeated: $retryApart', async (expected) => {
    const { retryApart } = expected;
    const calls: (readonly number[])[] = [];
    const batch = new Batch<number, number>(
      async (questions) => {
        calls.push(questions);
        if (questions.includes(2)) throw new Error('two');
        return questions;
      },
      { largest: 10, concurrent: 1, retryApart },
    );
    const outcomes = await Promise.allSettled([batch.ask(1), batch.ask(2), batch.ask(3)]);
    expect(outcomes.map(({ status }) => status)).toEqual(expected.outcomes);
    expect(await batch.ask(4)).toBe(4);
    expect(calls).toEqual(expected.calls);
  });

  it('refuses answers that cannot be told apart', async () => {
    const batch = new Batch<number, number>(async () => [], { largest: 10, concurrent: 1 });
    await expect(batch.ask(1)).rejects.toThrow('1 questions got 0 answers');
  });

  it('runs in nobody’s context, and gives everybody back to their own', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const batch = new Batch<number, number>(
      async (questions) => {
        seen.push(storage.getStore());
        return questions;
      },
      { largest: 10, concurrent: 1 },
    );
    const asker = (name: string) =>
      storage.run(name, async () => {
        await batch.ask(1);
        return storage.getStore();
      });
    expect(await Promise.all([asker('first'), asker('second')])).toEqual(['first', 'second']);
    expect(seen).toEqual([undefined]);
  });
});
