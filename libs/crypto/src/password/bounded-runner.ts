import { DomainError } from '#libs/common';

/** Runs at most `concurrency` pieces of work at once, lets `maxQueue` wait in order, and refuses the rest. */
export class BoundedRunner {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly concurrency: number,
    private readonly maxQueue: number,
  ) {}

  /** @throws DomainError `password_hashing_busy` (unavailable, with a time to retry) when the queue is full */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.enter();
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  private async enter(): Promise<void> {
    if (this.running < this.concurrency) {
      this.running += 1;
      return;
    }
    if (this.waiting.length >= this.maxQueue) {
      throw new DomainError('password_hashing_busy', 'unavailable', 'Too many sign-ins at once; try again shortly.', {
        retryAfterSeconds: 1,
      });
    }
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  // The place is handed to the next in line rather than given back, so that a newcomer cannot overtake the queue.
  private leave(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.running -= 1;
  }
}
