import type { ThrottlerStorage } from '@nestjs/throttler';

type ThrottlerStorageRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

interface Window {
  hits: number;
  endsAt: number;
}

const SWEEP_EVERY = 10_000;

/**
 * Fixed windows in memory, for the one process of the embedded mode. Throttler's own in-memory store starts a timer for
 * every hit; this one keeps two numbers a caller.
 */
export class MemoryThrottlerStorage implements ThrottlerStorage {
  private readonly windows = new Map<string, Window>();
  private calls = 0;

  constructor(private readonly now: () => number = Date.now) {}

  async increment(key: string, ttl: number, limit: number): Promise<ThrottlerStorageRecord> {
    const now = this.now();
    this.calls += 1;
    if (this.calls % SWEEP_EVERY === 0) this.sweep(now);
    let window = this.windows.get(key);
    if (!window || window.endsAt <= now) {
      window = { hits: 0, endsAt: now + ttl };
      this.windows.set(key, window);
    }
    window.hits += 1;
    return toRecord(window.hits, window.endsAt - now, limit);
  }

  private sweep(now: number): void {
    for (const [key, { endsAt }] of this.windows) {
      if (endsAt <= now) this.windows.delete(key);
    }
  }
}

export function toRecord(hits: number, millisecondsLeft: number, limit: number): ThrottlerStorageRecord {
  const seconds = Math.max(1, Math.ceil(millisecondsLeft / 1000));
  return {
    totalHits: hits,
    timeToExpire: seconds,
    isBlocked: hits > limit,
    timeToBlockExpire: hits > limit ? seconds : 0,
  };
}
