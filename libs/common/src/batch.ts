import { AsyncLocalStorage } from 'node:async_hooks';

export interface BatchLimits {
  /** The most questions that are answered together. */
  readonly largest: number;
  /** How many batches may be under way; what is asked meanwhile waits for the next one. */
  readonly concurrent: number;
  /** Whether the questions of a batch that failed are asked again one by one: only where asking twice is harmless. */
  readonly retryApart?: boolean;
}

interface Waiting<Question, Answer> {
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

// A batch belongs to nobody: it runs in the context of the process, not in that of whoever asked first.
const outside = AsyncLocalStorage.snapshot();

/**
 * Answers what is asked at the same time together, by one call. A batch begins only after all of its questions were
 * asked, so no answer is older than its question: joining a batch that is under way would be a cache, this is none.
 * Who asks alone is answered at once; the busier the process, the larger the batches.
 */
export class Batch<Question, Answer> {
  private readonly waiting: Waiting<Question, Answer>[] = [];
  private running = 0;
  private scheduled = false;

  /** @param answerAll gives an answer for each question, in their order */
  constructor(
    private readonly answerAll: (questions: readonly Question[]) => Promise<readonly Answer[]>,
    private readonly limits: BatchLimits,
  ) {}

  ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ question, resolve, reject });
      this.schedule();
    });
  }

  // At the end of this turn of the event loop: the other requests that have arrived in it are read by then.
  private schedule(): void {
    if (this.scheduled || this.waiting.length === 0 || this.running >= this.limits.concurrent) return;
    this.scheduled = true;
    outside(setImmediate, () => {
      this.scheduled = false;
      void this.run(this.waiting.splice(0, this.limits.largest));
      this.schedule();
    });
  }

  private async run(batch: readonly Waiting<Question, Answer>[]): Promise<void> {
    this.running += 1;
    try {
      await this.answer(batch);
    } finally {
      this.running -= 1;
      this.schedule();
    }
  }

  private async answer(batch: readonly Waiting<Question, Answer>[]): Promise<void> {
    try {
      const answers = await this.answerAll(batch.map(({ question }) => question));
      if (answers.length !== batch.length) throw new Error(`${batch.length} questions got ${answers.length} answers`);
      for (const [index, answer] of answers.entries()) batch[index]?.resolve(answer);
    } catch (error) {
      // One bad question must not be everybody's error.
      if (batch.length > 1 && this.limits.retryApart) await Promise.all(batch.map((one) => this.answer([one])));
      else for (const { reject } of batch) reject(error);
    }
  }
}
