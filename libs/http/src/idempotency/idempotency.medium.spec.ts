import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { sql } from 'kysely';
import { ANONYMOUS_ACTOR, newId, type RequestContext, requestContext } from '#libs/common';
import { loadConfig } from '#libs/config';
import { Database, systemMigrations } from '#libs/database';
import { type TestDatabase, testDatabase } from '#test/database';
import { createHttpApp, IdempotencyStore } from '../index.js';
import { FakeAppModule, notesCreated, resetNotes } from '../testing-app.fake.js';
import type { HeldLock, IdempotentRequest } from './idempotency-store.js';

let database: TestDatabase;
let app: NestFastifyApplication;

beforeAll(async () => {
  database = await testDatabase({ migrations: systemMigrations });
  @Module({
    providers: [{ provide: Database, useValue: database.db }],
    exports: [Database],
  })
  class DatabaseModule {}
  const config = loadConfig({});
  app = await createHttpApp(
    { module: class {}, imports: [{ module: DatabaseModule, global: true }, FakeAppModule] },
    config,
    { secret: Buffer.alloc(32, 1) },
  );
  await app.init();
});
afterAll(async () => {
  await app?.close();
  await database?.close();
});
beforeEach(() => resetNotes(0));

async function post(key: string | undefined, payload: object, options: { url?: string; as?: string } = {}) {
  const headers: Record<string, string> = { authorization: `Bearer ${options.as ?? 'ada'}` };
  if (key !== undefined) headers['idempotency-key'] = key;
  const fastify = app.getHttpAdapter().getInstance();
  const response = await fastify.inject({ method: 'POST', url: options.url ?? '/api/notes', headers, payload });
  return {
    status: response.statusCode,
    headers: response.headers,
    body: response.payload === '' ? undefined : response.json(),
    replayed: response.headers['idempotency-replayed'],
  };
}

async function keptKeys(): Promise<number> {
  const { rows } = await database.pool.query('select count(*)::int as count from imbi_system.idempotency_keys');
  return rows[0].count;
}

describe('Idempotency-Key', () => {
  it('gives a retry the first answer, headers included, and does nothing again', async () => {
    const key = newId();
    const first = await post(key, { title: 'once' });
    const second = await post(key, { title: 'once' });
    expect(first).toMatchObject({
      status: 201,
      replayed: undefined,
      headers: { location: '/api/notes/c1', etag: '"1"' },
    });
    expect(second).toMatchObject({
      status: 201,
      replayed: 'true',
      headers: { location: '/api/notes/c1', etag: '"1"' },
    });
    expect(second.body).toEqual(first.body);
    expect(second.headers['content-type']).toBe(first.headers['content-type']);
    expect(notesCreated()).toBe(1);
  });

  it('costs nothing where there is none', async () => {
    const before = await keptKeys();
    await post(undefined, { title: 'x' });
    expect(await keptKeys()).toBe(before);
  });

  it('refuses another body, another route, and a key that is none', async () => {
    const key = newId();
    await post(key, { title: 'one' });
    expect(await post(key, { title: 'two' })).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    expect((await post(key, { title: 'one' }, { url: '/api/notes?x=1' })).status).toBe(422);
    expect(await post('a b', { title: 'one' })).toMatchObject({
      status: 400,
      body: { code: 'malformed_idempotency_key' },
    });
    expect(notesCreated()).toBe(1);
  });

  it('takes the same body with its keys in another order for the same', async () => {
    const key = newId();
    await post(key, { title: 'one', text: 'two' });
    expect((await post(key, { text: 'two', title: 'one' })).replayed).toBe('true');
  });

  it('belongs to its caller', async () => {
    const key = newId();
    await post(key, { title: 'one' });
    expect(await post(key, { title: 'other' }, { as: 'bob' })).toMatchObject({ status: 201, replayed: undefined });
  });

  it('lets one of many parallel requests through', async () => {
    const key = newId();
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(key, { title: 'slow' })));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([201, ...Array<number>(9).fill(409)]);
    expect(answers.find(({ status }) => status === 409)).toMatchObject({
      body: { code: 'idempotency_in_progress' },
      headers: { 'retry-after': expect.any(String) },
    });
    expect(notesCreated()).toBe(1);
  });

  it('keeps a refusal for what was sent, and forgets a fault of ours', async () => {
    const refused = newId();
    expect((await post(refused, { title: '' })).status).toBe(422);
    expect(await post(refused, { title: '' })).toMatchObject({ status: 422, replayed: 'true' });
    const broken = newId();
    expect((await post(broken, { title: 'broken' })).status).toBe(500);
    expect(await post(broken, { title: 'broken' })).toMatchObject({ status: 500, replayed: undefined });
  });

  it('is not used up by a caller who is turned away', async () => {
    const before = await keptKeys();
    expect((await post(newId(), { title: 'x' }, { as: 'ada other:permission' })).status).toBe(403);
    expect(await keptKeys()).toBe(before);
  });

  it('remembers that a secret was answered, and not the secret', async () => {
    const key = newId();
    expect((await post(key, { title: 'hush' }, { url: '/api/notes/secret' })).status).toBe(201);
    expect(await post(key, { title: 'hush' }, { url: '/api/notes/secret' })).toMatchObject({
      status: 409,
      body: { code: 'idempotency_answer_not_kept' },
    });
    const { rows } = await database.pool.query('select body from imbi_system.idempotency_keys where key = $1', [key]);
    expect(rows).toEqual([{ body: null }]);
    expect(notesCreated()).toBe(1);
  });

  it('is not looked at where an answer may be given twice', async () => {
    const before = await keptKeys();
    expect((await post(newId(), { title: 'x' }, { url: '/api/login' })).status).toBe(200);
    expect(await keptKeys()).toBe(before);
  });
});

describe('a key whose process died', () => {
  const request = (key: string): IdempotentRequest => ({ caller: 'user:ada', key, fingerprint: 'f' });

  async function begin(store: IdempotencyStore, key: string): Promise<HeldLock> {
    const state = await store.begin(request(key));
    if (state.kind !== 'begun') throw new Error(`the key is ${state.kind}`);
    return { request: request(key), lock: state.lock };
  }

  /** A request that goes on after `begin`, as after the guard. */
  async function hold(store: IdempotencyStore, key: string) {
    const context = { requestId: newId(), actor: ANONYMOUS_ACTOR };
    const held = await begin(store, key);
    store.hold(context, held);
    return { context, held };
  }

  function commit(context: RequestContext, name: string): Promise<void> {
    return requestContext.run(context, () =>
      database.db.transaction(async (tx) => {
        tx.outbox.add({ topic: 'event', name, payload: {} });
      }),
    );
  }

  async function committed(name: string): Promise<number> {
    const { rows } = await database.pool.query(
      'select count(*)::int as count from imbi_system.outbox where name = $1',
      [name],
    );
    return rows[0].count;
  }

  async function endLock(key: string): Promise<void> {
    await database.pool.query(
      `update imbi_system.idempotency_keys set locked_until = now() - interval '1 second' where key = $1`,
      [key],
    );
  }

  async function secondsLeft(key: string): Promise<number> {
    const { rows } = await database.pool.query(
      `select extract(epoch from locked_until - now())::float8 as left from imbi_system.idempotency_keys where key = $1`,
      [key],
    );
    return rows[0].left;
  }

  it('can be taken over once its lock has ended, and the dead one can no longer answer', async () => {
    const store = app.get(IdempotencyStore);
    const key = newId();
    const dead = await begin(store, key);
    expect(await store.begin(request(key))).toMatchObject({ kind: 'running' });
    expect(await secondsLeft(key)).toBeLessThanOrEqual(15);
    await endLock(key);
    expect(await store.begin({ ...request(key), fingerprint: 'other' })).toEqual({ kind: 'other_request' });
    await begin(store, key);
    await store.finish(dead, { status: 200, headers: {} });
    await store.release(dead);
    expect(await store.begin(request(key))).toMatchObject({ kind: 'running' });
  });

  it('stays its owner’s for as long as the request runs', async () => {
    const store = app.get(IdempotencyStore);
    const key = newId();
    const { context } = await hold(store, key);
    await endLock(key);
    await store.renew();
    expect(await secondsLeft(key)).toBeGreaterThan(10);
    store.letGo(context);
    await endLock(key);
    await store.renew();
    expect(await secondsLeft(key)).toBeLessThan(0);
  });

  it('lets only its heir commit, should the dead one come back', async () => {
    const store = app.get(IdempotencyStore);
    const key = newId();
    const dead = await hold(store, key);
    await endLock(key);
    const heir = await hold(store, key);
    await expect(commit(dead.context, key)).rejects.toMatchObject({ code: 'idempotency_in_progress' });
    expect(await committed(key)).toBe(0);
    await commit(heir.context, key);
    expect(await committed(key)).toBe(1);
    store.letGo(dead.context);
    store.letGo(heir.context);
  });

  it('is not carried out again when it died between its commit and its answer', async () => {
    const store = app.get(IdempotencyStore);
    const key = newId();
    const dead = await hold(store, key);
    await commit(dead.context, key);
    store.letGo(dead.context);
    expect(await store.begin(request(key))).toMatchObject({ kind: 'running' });
    await endLock(key);
    expect(await store.begin(request(key))).toEqual({ kind: 'answer_lost' });
    // Nor when it could still say that it had failed.
    await store.release(dead.held);
    expect(await store.begin(request(key))).toEqual({ kind: 'answer_lost' });
  });

  it('makes a retry that comes during the commit wait for it', async () => {
    const store = app.get(IdempotencyStore);
    const key = newId();
    const { context } = await hold(store, key);
    await endLock(key);
    const committing = Promise.withResolvers<void>();
    database.db.beforeCommit((tx) => {
      if (requestContext.current() !== context) return undefined;
      committing.resolve();
      return sql`select pg_sleep(0.2)`.execute(tx.kysely).then(() => undefined);
    });
    const done = commit(context, key);
    await committing.promise;
    expect(await store.begin(request(key))).toMatchObject({ kind: 'running' });
    await done;
    expect(await committed(key)).toBe(1);
    store.letGo(context);
  });

  it('is told to look, when its answer is lost', async () => {
    const key = newId();
    expect((await post(key, { title: 'x' })).status).toBe(201);
    await database.pool.query(
      `update imbi_system.idempotency_keys set status = null, committed_at = now(), locked_until = now() where key = $1`,
      [key],
    );
    expect(await post(key, { title: 'x' })).toMatchObject({
      status: 409,
      body: { code: 'idempotency_answer_not_kept' },
    });
    expect(notesCreated()).toBe(1);
  });

  it('is new again once it has expired, and the janitor removes it', async () => {
    const store = app.get(IdempotencyStore);
    const key = newId();
    await store.finish(await begin(store, key), { status: 201, headers: {}, body: '{}' });
    expect(await store.begin(request(key))).toMatchObject({ kind: 'answered', answer: { status: 201, body: '{}' } });
    const expire = () =>
      database.pool.query(`update imbi_system.idempotency_keys set expires_at = now() where key = $1`, [key]);
    await expire();
    expect(await store.begin({ ...request(key), fingerprint: 'other' })).toMatchObject({ kind: 'begun' });
    await expire();
    expect(await store.deleteExpired()).toBe(1);
  });
});
