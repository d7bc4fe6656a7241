import type { ThrottlerStorage } from '@nestjs/throttler';
import { Redis } from 'ioredis';
import { Batch, createLogger } from '#libs/common';
import { toRecord } from './memory-throttler-storage.js';

type ThrottlerStorageRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

// One round trip for any number of callers; for each, how long its window is and how often it calls. The window's end is
// set by the hit that opens it, so it cannot be pushed away by more hits.
const INCREMENT = `
local answers = {}
for i, key in ipairs(KEYS) do
  local ttl, times = ARGV[2 * i - 1], tonumber(ARGV[2 * i])
  local hits = redis.call('INCRBY', key, times)
  local left = hits == times and -1 or redis.call('PTTL', key)
  if left < 0 then
    redis.call('PEXPIRE', key, ttl)
    left = tonumber(ttl)
  end
  answers[i] = { hits, left }
end
return answers
`;
// Hits are not repeated when it fails: they may have been counted.
const BATCHES = { largest: 64, concurrent: 1, retryApart: false };
const NO_ANSWER: readonly [hits: number, left: number] = [0, 0];
const COMMAND_TIMEOUT_MILLISECONDS = 500;
const CONNECT_TIMEOUT_MILLISECONDS = 2000;
const logger = createLogger('rate-limit');

interface Hit {
  readonly key: string;
  readonly ttl: number;
}

interface WithIncrement extends Redis {
  imbiIncrement(keyCount: number, ...keysTtlsAndTimes: (string | number)[]): Promise<[hits: number, left: number][]>;
}

/** Fixed windows in Valkey or Redis, shared by every process of the installation. Hits of a moment go there together. */
export class RedisThrottlerStorage implements ThrottlerStorage {
  private readonly redis: WithIncrement;
  private readonly hits = new Batch((hits: readonly Hit[]) => this.incrementAll(hits), BATCHES);
  private first: Promise<void> | undefined;

  constructor(
    url: string,
    private readonly prefix: string,
  ) {
    const redis = new Redis(url, {
      maxRetriesPerRequest: 1,
      enableOfflineQueue: false,
      commandTimeout: COMMAND_TIMEOUT_MILLISECONDS,
      connectTimeout: CONNECT_TIMEOUT_MILLISECONDS,
      lazyConnect: true,
    });
    redis.defineCommand('imbiIncrement', { lua: INCREMENT });
    redis.on('error', (error) => logger.debug({ reason: error.message }, 'rate limit store is away'));
    // defineCommand adds the method at run time; ioredis has no way to say so in its types.
    this.redis = redis as WithIncrement;
  }

  async increment(key: string, ttl: number, limit: number): Promise<ThrottlerStorageRecord> {
    await this.connected();
    const [hits, left] = await this.hits.ask({ key: `${this.prefix}:rate:${key}`, ttl });
    return toRecord(hits, left, limit);
  }

  async ping(): Promise<void> {
    await this.connected();
    await this.redis.ping();
  }

  /** Closes the connection; Nest calls it when the application ends. */
  onModuleDestroy(): void {
    this.redis.disconnect();
  }

  // Who calls much calls often at the same moment: that is one key, and its hits have the numbers up to what is answered.
  private async incrementAll(hits: readonly Hit[]): Promise<[hits: number, left: number][]> {
    const times = new Map<string, number>();
    const numbers = hits.map(({ key }) => {
      const number = (times.get(key) ?? 0) + 1;
      times.set(key, number);
      return number;
    });
    const ttls = new Map(hits.map(({ key, ttl }) => [key, ttl]));
    const keys = [...times.keys()];
    const counted = keys.flatMap((key) => [ttls.get(key) ?? 0, times.get(key) ?? 0]);
    const answers = await this.redis.imbiIncrement(keys.length, ...keys, ...counted);
    const totals = new Map(keys.map((key, index) => [key, answers[index] ?? NO_ANSWER]));
    return hits.map(({ key }, index) => {
      const [total, left] = totals.get(key) ?? NO_ANSWER;
      return [total - (times.get(key) ?? 0) + (numbers[index] ?? 0), left];
    });
  }

  // Callers that come while the first connection is being made wait for it; afterwards none waits: a store that is away
  // must not hold up requests.
  private connected(): Promise<void> {
    this.first ??= this.redis.connect();
    return this.redis.status === 'connecting' || this.redis.status === 'connect' ? this.first : Promise.resolve();
  }
}
