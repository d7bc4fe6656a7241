import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Pool, type PoolClient } from 'pg';
import { sleep } from '#libs/common';
import { EmbeddedPostgres, type PostgresAddress } from './embedded-postgres.js';
import { DataDirectoryInUseError } from './engine-process.js';

describe('EmbeddedPostgres', () => {
  let dataDir: string;
  let engine: EmbeddedPostgres;
  let address: PostgresAddress;
  let pool: Pool;

  beforeAll(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'imbi-engine-'));
    await open();
    await pool.query('create table public.items (id int primary key, body text)');
    await pool.query(`set search_path = public, ag_catalog`);
    await pool.query(`select ag_catalog.create_graph('testing')`);
    await pool.query(`select * from ag_catalog.cypher('testing', $$ create (:Thing {name: 'kept'}) $$) as (a agtype)`);
  });

  afterAll(async () => {
    await close();
    await rm(dataDir, { recursive: true, force: true });
  });

  async function open(options: { heartbeatTimeoutMs?: number } = {}): Promise<void> {
    const maintenance = { checkpointBytes: 16_000_000, vacuumMs: 1000, idleTransactionMs: 2000 };
    engine = new EmbeddedPostgres({ dataDir, ...maintenance, ...options });
    address = await engine.start();
    pool = openPool();
  }

  async function close(): Promise<void> {
    await pool.end();
    await engine.stop();
  }

  function openPool(): Pool {
    const created = new Pool({ ...address, max: 1, idleTimeoutMillis: 0 });
    created.on('error', () => undefined);
    return created;
  }

  async function rows(sql: string, values: unknown[] = []) {
    return (await pool.query(sql, values)).rows;
  }

  async function killed(work: () => Promise<unknown>): Promise<void> {
    const restarted = once(engine, 'restarted');
    await Promise.all([work(), restarted]);
  }

  it('runs with the settings that keep it small and its search path ours', async () => {
    await reconnect();
    const settings = await rows(`select current_setting('shared_buffers') as buffers,
      current_setting('search_path') as path, current_setting('data_checksums') as checksums`);
    expect(settings).toEqual([{ buffers: '16MB', path: 'bullmq,public', checksums: 'off' }]);
  });

  it('serves parallel callers through one connection, each with its own large parameter', async () => {
    const sent = Array.from({ length: 24 }, (_, index) => `${index}:${'x'.repeat(300_000)}`);
    const got = await Promise.all(sent.map((text) => rows('select $1::text as text', [text])));
    expect(got.map(([row]) => row.text)).toEqual(sent);
  });

  it('rolls back a transaction in which a statement failed', async () => {
    const client = await pool.connect();
    await client.query('begin');
    await client.query(`insert into public.items values (1, 'lost')`);
    await expect(client.query('select 1 / 0')).rejects.toMatchObject({ code: '22012' });
    await expect(client.query('select 1')).rejects.toMatchObject({ code: '25P02' });
    await client.query('rollback');
    client.release();
    expect(await rows('select * from public.items where id = 1')).toEqual([]);
  });

  it('delivers notifications to the listener on the one connection, at commit', async () => {
    const client = await pool.connect();
    const heard: string[] = [];
    client.on('notification', (message) => heard.push(`${message.channel}=${message.payload}`));
    await client.query('listen news');
    await client.query('begin');
    await client.query(`select pg_notify('news', 'hello')`);
    expect(heard).toEqual([]);
    await client.query('commit');
    client.release();
    expect(heard).toEqual(['news=hello']);
  });

  it('undoes everything of a client that vanished in the middle of a transaction', async () => {
    const client = await pool.connect();
    await client.query({ name: 'kept', text: 'select 1' });
    await client.query(`set application_name = 'gone'`);
    await client.query('select pg_advisory_lock(7)');
    await client.query('begin');
    await client.query(`insert into public.items values (2, 'half done')`);
    vanish(client);
    expect(await rows('select * from public.items where id = 2')).toEqual([]);
    expect(await rows(`select current_setting('application_name') as name`)).toEqual([{ name: '' }]);
    expect(await rows(`select * from pg_locks where locktype = 'advisory'`)).toEqual([]);
    expect(await pool.query({ name: 'kept', text: 'select 2 as two' })).toMatchObject({ rows: [{ two: 2 }] });
  });

  it('makes a second client wait for the first one and go on when it leaves', async () => {
    const other = openPool();
    const first = await pool.connect();
    await first.query('select 1');
    const second = other.query('select 2 as two');
    await first.query('select 3');
    first.release(true);
    expect((await second).rows).toEqual([{ two: 2 }]);
    await other.end();
  });

  it('disconnects a client that sits in a transaction and blocks everybody', async () => {
    const client = await pool.connect();
    const failure = once(client, 'error');
    await client.query('begin');
    expect(await failure).toMatchObject([{ code: '25P03' }]);
    client.release(true);
    expect(await rows('select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('refuses a second opener of the data directory and names the first', async () => {
    const second = new EmbeddedPostgres({ dataDir });
    const refusal = await second.start().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(DataDirectoryInUseError);
    expect(refusal).toMatchObject({
      pid: process.pid,
      message: expect.stringContaining(`in use by pid ${process.pid}`),
    });
    expect(await rows('select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('keeps every commit when it is killed, and comes back at the same address', async () => {
    const acknowledged: number[] = [];
    const before = engine.pid;
    await killed(async () => {
      for (let id = 100; id < 400; id++) {
        if (id === 300) process.kill(before ?? 0, 'SIGKILL');
        await rows('insert into public.items values ($1, $2)', [id, 'x'.repeat(1000)]).then(
          () => acknowledged.push(id),
          () => undefined,
        );
      }
    });
    expect(engine.pid).not.toBe(before);
    expect(acknowledged.length).toBeGreaterThan(198);
    const kept = (await rows('select id from public.items where id >= 100')).map((row) => row.id);
    expect(kept).toEqual(expect.arrayContaining(acknowledged));
  });

  it('lets a client that connects while the engine dies wait for the next one', async () => {
    await killed(async () => {
      process.kill(engine.pid ?? 0, 'SIGKILL');
      const late = openPool();
      expect((await late.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
      await late.end();
    });
  });

  it('answers Cypher after a restart', async () => {
    await killed(async () => process.kill(engine.pid ?? 0, 'SIGKILL'));
    const found = await rows(
      `select * from ag_catalog.cypher('testing', $$ match (n:Thing) return n.name $$) as (name ag_catalog.agtype)`,
    );
    expect(found).toEqual([{ name: '"kept"' }]);
  });

  it('turns deep recursion into an error or a restart, never into an empty answer', async () => {
    const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    await expect(rows('select $1::jsonb', [nested(10_000)])).rejects.toMatchObject({ code: '54001' });
    expect(await rows('select 1 as one')).toEqual([{ one: 1 }]);
    const restarted = once(engine, 'restarted');
    const code = await rows('select $1::jsonb', [nested(60_000)]).catch((error) => error.code);
    expect(['54001', '57P02']).toContain(code);
    if (code === '57P02') await restarted;
    expect(await rows('select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('kills a statement that never ends and goes on', async () => {
    // On a busy machine an innocent statement may take as long: only this one runs under so short a time.
    await close();
    await open({ heartbeatTimeoutMs: 2000 });
    await killed(() => expect(rows('do $$ begin loop end loop; end $$')).rejects.toThrow(/terminated/));
    expect(await rows('select 1 as one')).toEqual([{ one: 1 }]);
    await close();
    await open();
  });

  it('bounds the write-ahead log of a bulk load', async () => {
    await rows('create table public.bulk (body text)');
    for (let round = 0; round < 20; round++) {
      await rows('insert into public.bulk select repeat(md5(n::text), 30) from generate_series(1, 5000) n');
    }
    const log = path.join(dataDir, 'postgres', 'pg_wal');
    const bytes = readdirSync(log).reduce((sum, name) => sum + statSync(path.join(log, name)).size, 0);
    expect(bytes).toBeLessThan(80_000_000);
  });

  it('vacuums and analyses what was written, by itself', async () => {
    const estimated = async () => (await rows(`select reltuples::int as n from pg_class where relname = 'bulk'`))[0].n;
    const deadline = Date.now() + 50_000;
    while ((await estimated()) < 100_000 && Date.now() < deadline) await sleep(200);
    expect(await estimated()).toBe(100_000);
  });

  it('ends with its parent, even a killed one, and lets the next one in', async () => {
    const orphaned = await mkdtemp(path.join(tmpdir(), 'imbi-engine-'));
    const main = path.join(import.meta.dirname, 'engine/main.js');
    const maintenance = { checkpointBytes: 1e9, checkpointMilliseconds: 1e9, vacuumMilliseconds: 1e9 };
    const task = JSON.stringify({ task: 'serve', dataDir: orphaned, maintenance });
    const script = `const child = require('node:child_process').fork(${JSON.stringify(main)}, [${JSON.stringify(task)}]);
      child.on('message', () => console.log(child.pid));`;
    const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [printed] = await once(parent.stdout, 'data');
    parent.kill('SIGKILL');
    const successor = new EmbeddedPostgres({ dataDir: orphaned });
    // The directory's lock belongs to the process, so that the next one has it says that the first is gone.
    await successor.start();
    expect(successor.pid).not.toBe(Number(printed));
    await successor.stop();
    await rm(orphaned, { recursive: true, force: true });
  });

  it('stops and leaves no socket behind', async () => {
    await rows(`insert into public.items values (3, 'kept')`);
    await pool.end();
    await engine.stop();
    expect(existsSync(path.join(address.host, `.s.PGSQL.${address.port}`))).toBe(false);
    await open();
    expect(await rows('select body from public.items where id = 3')).toEqual([{ body: 'kept' }]);
  });

  async function reconnect(): Promise<void> {
    await pool.end();
    pool = openPool();
  }

  function vanish(client: PoolClient): void {
    client.on('error', () => undefined);
    Reflect.get(client, 'connection').stream.destroy();
    client.release(true);
  }
});
