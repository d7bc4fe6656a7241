import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';

export interface TestQueues {
  /** Settings for `loadConfig`: Redis when IMBI_TEST_REDIS_URL is set, else none, which means BullMQ on PostgreSQL. */
  readonly environment: Record<string, string>;
  readonly redisUrl?: string;
  readonly prefix: string;
  /** Deletes this prefix's keys. */
  close(): Promise<void>;
}

/** A job store for one spec file, apart from all others by its prefix. */
export function testQueues(): TestQueues {
  const prefix = `test-${randomBytes(6).toString('hex')}`;
  const redisUrl = process.env['IMBI_TEST_REDIS_URL'];
  if (!redisUrl) return { environment: { IMBI_QUEUE_PREFIX: prefix }, prefix, close: async () => undefined };
  const environment = { REDIS_URL: redisUrl, IMBI_QUEUE_PREFIX: prefix };
  return { environment, redisUrl, prefix, close: () => deleteKeys(redisUrl, prefix) };
}

async function deleteKeys(url: string, prefix: string): Promise<void> {
  const redis = new Redis(url);
  try {
    for await (const keys of redis.scanStream({ match: `${prefix}:*`, count: 1000 })) {
      if (keys.length > 0) await redis.unlink(...keys);
    }
  } finally {
    redis.disconnect();
  }
}
