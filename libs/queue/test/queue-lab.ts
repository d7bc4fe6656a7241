import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type INestApplicationContext, Module, type Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { newId, sleep } from '#libs/common';
import { CONFIG, type Config, loadConfig } from '#libs/config';
import { Database, embeddedConnection, migrate, serverConnection, systemMigrations } from '#libs/database';
import { EmbeddedPostgres } from '#libs/engines';
import { type JobDefinition, JobsModule, QueuesModule, queueMigrations } from '#libs/queue';

export type Backend = 'embedded' | 'postgres' | 'redis';

const databaseUrl = process.env['IMBI_TEST_DATABASE_URL'];
const redisUrl = process.env['IMBI_TEST_REDIS_URL'];

/** The stores that this machine has; the embedded one always. */
export const BACKENDS: readonly Backend[] = [
  'embedded',
  ...(databaseUrl ? (['postgres'] as const) : []),
  ...(redisUrl ? (['redis'] as const) : []),
];

export interface Lab {
  readonly backend: Backend;
  readonly database: Database;
  /** One more handle on the same database, as another process would have. */
  connect(): Database;
  config(env?: Record<string, string>): Config;
  app(parts: LabParts): Promise<INestApplicationContext>;
  /** Kills the embedded engine as `kill -9` does. */
  killEngine(): void;
  close(): Promise<void>;
}

export interface LabParts {
  jobs?: readonly JobDefinition[];
  providers?: Provider[];
  env?: Record<string, string>;
  worker?: boolean;
  database?: Database;
}

/** A fresh database, with its own corner of Redis, and applications on it. */
export async function openLab(backend: Backend): Promise<Lab> {
  const engine = backend === 'embedded' || !databaseUrl ? await embedded() : await server(databaseUrl);
  const { connect } = engine;
  const prefix = `lab-${newId()
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')}`;
  const database = connect();
  await migrate(database.pool, [...systemMigrations, ...queueMigrations]);
  const apps: INestApplicationContext[] = [];
  const others: Database[] = [];

  const config = (env: Record<string, string> = {}) =>
    loadConfig({
      NODE_ENV: 'test',
      IMBI_QUEUE_PREFIX: prefix,
      IMBI_OUTBOX_ANALYTICS_LINGER: '0',
      ...(backend === 'redis' ? { REDIS_URL: redisUrl } : {}),
      ...env,
    });

  return {
    backend,
    database,
    config,
    connect: () => {
      if (backend === 'embedded' || !databaseUrl) return database;
      const other = connect();
      others.push(other);
      return other;
    },
    killEngine: () => engine.kill(),
    async app({ jobs = [], providers = [], env, worker = true, database: own = database }) {
      const globals: Provider[] = [
        { provide: Database, useValue: own },
        { provide: CONFIG, useValue: config(env) },
      ];
      @Module({ providers: [...globals, ...providers], exports: [...globals, ...providers], imports: [] })
      class LabModule {}
      const shared = { module: LabModule, global: true };
      @Module({ imports: [shared, QueuesModule.forRoot({ jobs }), ...(worker ? [JobsModule] : [])] })
      class LabApp {}
      const app = await NestFactory.createApplicationContext(LabApp, { logger: false, abortOnError: false });
      apps.push(app);
      return app;
    },
    async close() {
      for (const app of apps) await app.close();
      for (const other of others) await other.end();
      await database.end();
      await engine.close();
      if (backend === 'redis') await forgetPrefix(prefix);
    },
  };
}

/** Waits until `check` holds; the last resort of a test that cannot be told. */
export async function until(check: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await check())) {
    if (Date.now() > end) throw new Error('It did not happen in time');
    await sleep(15);
  }
}

async function embedded() {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'imbi-queue-'));
  const engine = new EmbeddedPostgres({ dataDir });
  const address = await engine.start();
  return {
    connect: () => new Database(embeddedConnection(address)),
    kill: () => {
      if (engine.pid) process.kill(engine.pid, 'SIGKILL');
    },
    close: async () => {
      await engine.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function server(url: string) {
  const name = `queue_${newId()
    .replace(/[^A-Za-z0-9]/g, '')
    .toLowerCase()}`;
  const administer = async (statement: string) => {
    const client = new Client({ connectionString: url });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  await administer(`create database ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  return {
    connect: () => new Database(serverConnection({ url: own.href, poolMax: 6, statementTimeoutSeconds: 30 })),
    kill: () => undefined,
    close: () => administer(`drop database ${name} with (force)`),
  };
}

async function forgetPrefix(prefix: string): Promise<void> {
  const redis = new Redis(redisUrl ?? '');
  const keys = await redis.keys(`${prefix}:*`);
  if (keys.length > 0) await redis.del(keys);
  redis.disconnect();
}

/** A way to Redis that can be cut, as a network would. */
export async function openRedisLine() {
  const target = new URL(redisUrl ?? '');
  const sockets = new Set<Socket>();
  let up = true;
  const server: Server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    if (!up) {
      socket.destroy();
      return;
    }
    const through = connect(Number(target.port), target.hostname).on('error', () => undefined);
    sockets.add(through);
    socket.pipe(through).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const cut = () => {
    up = false;
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return {
    url: `redis://127.0.0.1:${typeof address === 'object' ? address?.port : ''}${target.pathname}`,
    cut,
    mend: () => {
      up = true;
    },
    close: () => {
      cut();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
