import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import {
  assertSchemaCompatibility,
  type BackendFactory,
  type ConnectionOptions,
  createPostgresBackend,
  createRedisBackend,
  DEFAULT_SCHEMA,
  isPgPool,
  type RedisQueueBackend,
  runMigrations,
  SchemaMigrationRequiredError,
  type WorkerOptions,
} from 'bullmq';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { createLogger, errorMessage } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';
import { Database } from '#libs/database';
import { SharedPgPool } from './shared-pg-pool.js';

const POOL_SIZE = 4;
const logger = createLogger('queue');

/**
 * Where BullMQ keeps its jobs: Valkey or Redis if `REDIS_URL` is set, else PostgreSQL. Nothing else in the house knows
 * which. One set of connections serves every queue and worker of the process.
 */
@Injectable()
export class JobStore implements OnApplicationShutdown {
  readonly kind: 'redis' | 'postgres';
  private readonly pool: SharedPgPool | undefined;
  private readonly clients: Redis[] = [];
  private prepared: Promise<void> | undefined;

  constructor(
    private readonly database: Database,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.kind = config.queue.redisUrl ? 'redis' : 'postgres';
    if (this.kind === 'postgres') this.pool = new SharedPgPool(database, this.ownPool());
  }

  /** Brings BullMQ's tables up to date where migrations are applied at boot. */
  async prepare(): Promise<void> {
    if (this.kind === 'redis' || !this.config.database.autoMigrate) return;
    this.prepared ??= migrateJobStore(this.database);
    await this.prepared;
  }

  /** For a queue: a command fails at once while the store is down, since the outbox will try it again. */
  producerConnection(): ConnectionOptions {
    return this.postgres() ?? this.redis({ maxRetriesPerRequest: 1, enableOfflineQueue: false });
  }

  /** For a worker, which has to wait until the store is back. */
  workerConnection(): ConnectionOptions {
    return this.postgres() ?? this.redis({ maxRetriesPerRequest: null });
  }

  /**
   * A process that was killed is there again within seconds, so the jobs that it ran should not stay locked for longer.
   * Locks are renewed every 5 s; a job that is run twice because a process stood still for 10 s does no harm.
   */
  readonly workerTimings: Pick<WorkerOptions, 'lockDuration' | 'stalledInterval'> = {
    lockDuration: 10_000,
    stalledInterval: 5000,
  };

  async onApplicationShutdown(): Promise<void> {
    await this.pool?.close();
    for (const client of this.clients) client.disconnect();
  }

  private postgres(): ConnectionOptions | undefined {
    // BullMQ types a connection as Redis's unless the backend is a type parameter, which would spread to every user.
    return this.pool as unknown as ConnectionOptions | undefined;
  }

  private redis(options: { maxRetriesPerRequest: number | null; enableOfflineQueue?: boolean }): ConnectionOptions {
    const client = new Redis(this.config.queue.redisUrl ?? '', { ...options, retryStrategy: reconnectDelay });
    client.on('error', (error) => logger.debug({ reason: errorMessage(error) }, 'the connection to Redis failed'));
    this.clients.push(client);
    return client;
  }

  private ownPool(): Pool {
    if (this.database.embedded) return this.database.pool;
    const pool = new Pool({
      ...this.database.pool.options,
      max: POOL_SIZE,
      application_name: 'imbi-jobs',
      options: `-c search_path=${DEFAULT_SCHEMA}`,
    });
    // An idle connection that breaks is replaced on next use; without a listener it would end the process.
    pool.on('error', () => undefined);
    return pool;
  }
}

/** Chooses BullMQ's backend by the connection it is given, so that one process can hold both. */
export const bullBackend: BackendFactory<RedisQueueBackend> = (name, options, extra) => {
  const { connection } = options;
  if (!isPgPool(connection)) return createRedisBackend(name, options, extra);
  // Queue and Worker need no more than the interface that both backends implement, but are typed for Redis's by default.
  return createPostgresBackend(name, { ...options, connection }, extra) as unknown as RedisQueueBackend;
};

/** Creates or updates BullMQ's own tables (schema `bullmq`). */
export async function migrateJobStore(database: Database): Promise<void> {
  const client = await database.pool.connect();
  try {
    await runMigrations(client, DEFAULT_SCHEMA);
  } finally {
    client.release();
  }
}

/** Whether BullMQ has its tables. Without them its queues would wait for ever. @throws Error where they are too new for us */
export async function hasJobStore(pool: Pool): Promise<boolean> {
  try {
    return (await assertSchemaCompatibility(pool, DEFAULT_SCHEMA)) > 0;
  } catch (error) {
    if (error instanceof SchemaMigrationRequiredError) return false;
    throw error;
  }
}

function reconnectDelay(times: number): number {
  return Math.min(50 * 2 ** Math.min(times, 6), 2000);
}
