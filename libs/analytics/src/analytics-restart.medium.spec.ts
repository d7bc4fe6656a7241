import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const at = (path: string) => fileURLToPath(new URL(`../test/${path}`, import.meta.url));

function start(directory: string, task: string, env: Record<string, string> = {}): ChildProcess {
  const flags = ['--conditions=mono-source', '--import', at('register-typescript.mjs'), at('chdb-child.ts')];
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  return spawn(process.execPath, [...flags, directory, task], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function run(directory: string, task: string, env?: Record<string, string>) {
  const child = start(directory, task, env);
  let output = '';
  child.stdout?.on('data', (chunk) => {
    output += String(chunk);
  });
  const [code, signal] = await once(child, 'close');
  return { code, signal, report: JSON.parse(output) };
}

describe('chDB over the lives of processes', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'imbi-chdb-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('counts a batch once when it is sent again after a kill -9, in the table and in its materialized view', async () => {
    const first = await run(directory, 'insert-and-die');
    expect(first.signal).toBe('SIGKILL');
    expect(first.report).toMatchObject({ rows: '300', counted: '300' });
    const second = await run(directory, 'insert');
    expect(second).toMatchObject({ code: 0, report: { rows: '300', counted: '300' } });
  });

  it('says that another process has the directory open, and works once that one is gone', async () => {
    const holder = start(directory, 'hold');
    await once(holder.stdout as NodeJS.ReadableStream, 'data');
    const blocked = await run(directory, 'insert');
    expect(blocked.report.health).toMatchObject({
      available: false,
      reason: expect.stringContaining('another process has it open'),
    });
    holder.kill('SIGKILL');
    await once(holder, 'close');
    expect((await run(directory, 'insert')).report.health).toMatchObject({ available: true, engine: 'chdb' });
  });

  it('runs without analytics where chDB has no build', async () => {
    const { code, report } = await run(directory, 'insert', { HIDE_MODULE: 'chdb' });
    expect(code).toBe(0);
    expect(report.health).toMatchObject({ available: false, reason: expect.stringContaining('CLICKHOUSE_URL') });
  });
});
