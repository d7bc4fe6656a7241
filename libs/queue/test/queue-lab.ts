import { connect, createServer, type Server, type Socket } from 'node:net';
import { type INestApplicationContext, Module, type Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { sleep } from '#libs/common';
import { CONFIG, type Config, loadConfig } from '#libs/config';
import { Database, systemMigrations } from '#libs/database';
import { type JobDefinition, JobsModule, QueuesModule, queueMigrations } from '#libs/queue';
import { testDatabase } from '#test/database';
import { testQueues } from '#test/redis';

/** Where jobs are kept: in the database, whichever engine that is in this run, or in Redis. */
export type Backend = 'postgres' | 'redis';

const { redisUrl } = testQueues();

/** The stores that this machine has. */
export const BACKENDS: readonly Backend[] = redisUrl ? ['postgres', 'redis'] : ['postgres'];

export interface Lab {
  readonly database: Database;
  /** One more handle on the same database, as another process would have; the embedded engine takes only one. */
  connect(): Database;
  app(parts: LabParts): Promise<INestApplicationContext>;
  /** Kills the embedded engine as `kill -9` does; undefined on a server. */
  readonly killEngine?: () => void;
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
  const queues = testQueues();
  const { db, databaseConfig, engine, close } = await testDatabase({
    migrations: [...systemMigrations, ...queueMigrations],
  });
  const environment = backend === 'redis' ? queues.environment : { IMBI_QUEUE_PREFIX: queues.prefix };
  const apps: INestApplicationContext[] = [];
  const others: Database[] = [];

  const readConfig = (env: Record<string, string> = {}): Config =>
    loadConfig({ NODE_ENV: 'test', IMBI_OUTBOX_ANALYTICS_LINGER: '0', ...environment, ...env });

  return {
    database: db,
    killEngine: engine && (() => engine.pid !== undefined && process.kill(engine.pid, 'SIGKILL')),
    connect() {
      if (db.embedded) return db;
      const other = new Database(databaseConfig);
      others.push(other);
      return other;
    },
    async app({ jobs = [], providers = [], env, worker = true, database = db }) {
      const globals: Provider[] = [
        { provide: Database, useValue: database },
        { provide: CONFIG, useValue: readConfig(env) },
      ];
      @Module({ providers: [...globals, ...providers], exports: [...globals, ...providers] })
      class LabModule {}
      const parts = { module: LabModule, global: true };
      @Module({ imports: [parts, QueuesModule.forRoot({ jobs }), ...(worker ? [JobsModule] : [])] })
      class LabApp {}
      const app = await NestFactory.createApplicationContext(LabApp, { logger: false, abortOnError: false });
      apps.push(app);
      return app;
    },
    async close() {
      for (const app of apps) await app.close();
      for (const other of others) await other.end();
      await close();
      if (backend === 'redis') await queues.close();
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
