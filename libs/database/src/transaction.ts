import type { Kysely } from 'kysely';
import { OutboxBuffer } from './outbox-buffer.js';

/** One open transaction: the only handle that may be used inside it. */
export class Transaction {
  readonly outbox = new OutboxBuffer();
  private readonly committed: (() => void)[] = [];

  constructor(readonly kysely: Kysely<unknown>) {}

  /** Runs `callback` once the transaction has committed, and never if it does not. It must not throw. */
  afterCommit(callback: () => void): void {
    this.committed.push(callback);
  }

  /** Called by {@link Database} only. */
  announceCommit(): void {
    this.outbox.announce();
    for (const callback of this.committed) callback();
  }
}
