import type { ThrottlerStorage } from '@nestjs/throttler';
import { Redis } from 'ioredis';
import { createLogger } from '#libs/common';
import { toRecord } from './memory-throttler-storage.js';

type ThrottlerStorageRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

// One round trip; the window's end is set by the hit that opens it, so it cannot be pushed away by more hits.
const INCREMENT = `
local hits = redis.call('INCR', KEYS[1])
if hits == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return { hits, left }
`;
const COMMAND_TIMEOUT_MILLISECONDS = 500;
const CONNECT_TIMEOUT_MILLISECONDS = 2000;
const logger = createLogger('rate-limit');

interface WithIncrement extends Redis {
  imbiIncrement(key: string, ttl: number): Promise<[hits: number, left: number]>;
}

/** Fixed windows in Valkey or Redis, shared by every process of the installation. */
export class RedisThrottlerStorage implements ThrottlerStorage {
  private readonly redis: WithIncrement;
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
    redis.defineCommand('imbiIncrement', { numberOfKeys: 1, lua: INCREMENT });
    redis.on('error', (error) => logger.debug({ reason: error.message }, 'rate limit store is away'));
    // defineCommand adds the method at run time; ioredis has no way to say so in its types.
    this.redis = redis as WithIncrement;
  }

  async increment(key: string, ttl: number, limit: number): Promise<ThrottlerStorageRecord> {
    await this.connected();
    const [hits, left] = await this.redis.imbiIncrement(`${this.prefix}:rate:${key}`, ttl);
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

  // Callers that come while the first connection is being made wait for it; afterwards none waits: a store that is away
  // must not hold up requests.
  private connected(): Promise<void> {
    this.first ??= this.redis.connect();
    return this.redis.status === 'connecting' || this.redis.status === 'connect' ? this.first : Promise.resolve();
  }
}
