import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Injectable, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { disabledAnalytics } from '#libs/analytics';
import { User } from '#libs/auth';
import { loadConfig } from '#libs/config';
import { generateKey, KeyRing } from '#libs/crypto';
import { Database } from '#libs/database';
import { EmailSender } from '#libs/email';
import { Graph, verifyGraphSchema } from '#libs/graph';
import { migrateJobStore } from '#libs/queue';
import { type TestDatabase, testDatabase } from '#test/database';
import { testQueues } from '#test/redis';
import { productModel } from './graph-model.js';
import { migrations } from './migrations.js';
import { prepareDatabase } from './prepare.js';
import { startApi } from './start-api.js';

const queues = testQueues();
let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(async () => {
  await database?.close();
  await queues.close();
});

const environment = { NODE_ENV: 'test', IMBI_ACCESS_LOG: 'false', IMBI_AUTH_ARGON2_MEMORY_KIB: '1024' };

async function start(env: Record<string, string>, extraModules: Parameters<typeof startApi>[0]['extraModules'] = []) {
  const keys = new KeyRing([generateKey()]);
  const config = loadConfig({ ...environment, ...queues.environment, ...env });
  const connection = database.databaseConfig;
  return startApi({ config, keys, database: connection, analytics: disabledAnalytics(), jobs: false, extraModules });
}

/** A port that nothing listens on at the moment. */
async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return address !== null && typeof address === 'object' ? address.port : 0;
}

describe('the schema of the product', () => {
  it('is after all migrations what the definitions say', async () => {
    // What no definition can say: a role once in each organization and once everywhere, which is over an expression; and
    // an index of an edge, by which the janitor finds what has run out.
    const unexpected = ['unique index on HAS_ROLE (organization_id)', 'index on CAN_ACCESS (expires_at)'];
    expect(await verifyGraphSchema(database.db, productModel())).toEqual({ missing: [], unexpected });
  });

  it('has to be there where it is not made at boot, the tables of the jobs too', async () => {
    // The embedded engine takes one connection, and the product makes its own.
    await database.db.end();
    const manual = { ...environment, IMBI_AUTO_MIGRATE: 'false' };
    const prepare = (env: object = {}) => prepareDatabase(loadConfig({ ...manual, ...env }), database.databaseConfig);
    await expect(prepare()).rejects.toThrow(/the tables of the jobs are missing.*`imbi migrate`/s);
    // On Valkey there are none.
    await prepare({ REDIS_URL: 'redis://127.0.0.1:1' });
    await expect(start({ IMBI_AUTO_MIGRATE: 'false', REDIS_URL: '' })).rejects.toThrow(/`imbi migrate`/);
    const handle = new Database(database.databaseConfig);
    const last = migrations.at(-1)?.id;
    await migrateJobStore(handle);
    const { rows } = await handle.pool.query('delete from imbi_system.migrations where id = $1 returning *', [last]);
    await handle.end();
    await expect(prepare()).rejects.toThrow(`1 migrations are missing, from ${last} on`);
    const restored = new Database(database.databaseConfig);
    await restored.pool.query('insert into imbi_system.migrations (id, checksum) values ($1, $2)', [
      rows[0].id,
      rows[0].checksum,
    ]);
    await restored.end();
    await prepare();
  });
});

describe('a start', () => {
  it('that cannot make its administrator listens nowhere and leaves nothing open', async () => {
    const port = await unusedPort();
    await expect(start({ IMBI_PORT: String(port), IMBI_BOOTSTRAP_ADMIN_PASSWORD: 'weak' })).rejects.toMatchObject({
      code: 'validation_failed',
    });
    await expect(fetch(`http://127.0.0.1:${port}/status`)).rejects.toThrow('fetch failed');
  });

  it('makes the first administrator before anybody can reach it, and knows its port', async () => {
    const seen: number[] = [];

    // It runs when everything is built, which is before the socket is opened.
    @Injectable()
    class Probe implements OnApplicationBootstrap {
      constructor(private readonly graph: Graph) {}
      async onApplicationBootstrap(): Promise<void> {
        seen.push(await this.graph.read.count(User, { is_admin: true }));
      }
    }

    @Module({ providers: [Probe] })
    class ProbeModule {}

    const api = await start({ IMBI_PORT: '0' }, [ProbeModule]);
    try {
      expect(seen).toEqual([1]);
      expect(api.admin?.email).toBe('admin@imbi.local');
      expect((await fetch(`${api.url}/status`)).status).toBe(200);
      expect(api.app.get(EmailSender, { strict: false }).linkBase()).toBe(api.url);
    } finally {
      await api.stop();
    }
  });
});
