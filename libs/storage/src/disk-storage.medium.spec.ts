import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DiskStorage } from './disk-storage.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

describe('DiskStorage', () => {
  let directory: string;
  let storage: DiskStorage;
  const open = () => DiskStorage.open({ directory, urlBase: 'http://127.0.0.1/files' });
  const put = (key: string, content: string | Buffer) =>
    storage.put(key, Buffer.from(content), { contentType: 'text/plain' });
  const read = async (key: string) => (await buffer((await storage.get(key)).body)).toString();
  const files = async () =>
    (await readdir(directory, { recursive: true, withFileTypes: true })).filter((e) => e.isFile());

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'imbi-disk-'));
    storage = await open();
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('keeps the old object when the writer is killed, and sweeps what it left', async () => {
    await put('victim', 'the old one');
    const before = (await files()).length;
    for (const megabytes of [1, 5, 20]) {
      const child = spawn(
        process.execPath,
        [
          '--conditions=mono-source',
          ...['--import', join(root, 'libs/analytics/test/register-typescript.mjs')],
          join(root, 'libs/storage/test/slow-writer.ts'),
          ...[directory, 'victim'],
        ],
        { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
      );
      child.stdout.on('data', (text) => {
        if (Number(String(text).trim().split('\n').at(-1)) >= megabytes) child.kill('SIGKILL');
      });
      expect((await once(child, 'close'))[1]).toBe('SIGKILL');
      storage = await open();
      expect(await read('victim')).toBe('the old one');
    }
    expect((await files()).length).toBe(before + 3);
    expect(await storage.sweep('', new Date(Date.now() - 3_600_000))).toBe(0);
    expect(await storage.sweep('', new Date())).toBe(3);
    expect((await files()).length).toBe(before);
    expect(await read('victim')).toBe('the old one');
  });

  it('ends with one whole object and no leftovers after many writers at once', async () => {
    const contents = Array.from({ length: 20 }, (_, index) => Buffer.alloc(50_000, index));
    await Promise.all(contents.map((content) => put('contested', content)));
    const final = await buffer((await storage.get('contested')).body);
    expect(contents.some((content) => content.equals(final))).toBe(true);
    expect(await storage.sweep('', new Date())).toBe(0);
    expect((await files()).map((file) => file.name).toSorted()).toHaveLength(3);
  });

  it('gives readers the whole old or the whole new object, never a mixture', async () => {
    const content = (index: number) => Buffer.alloc(200_000, index % 250);
    await put('moving', content(0));
    let writing = true;
    const writer = (async () => {
      for (let index = 1; index <= 60; index += 1) await put('moving', content(index));
      writing = false;
    })();
    let reads = 0;
    while (writing) {
      const { object, body } = await storage.get('moving');
      const bytes = await buffer(body);
      expect(bytes.length).toBe(object.size);
      expect(bytes.every((byte) => byte === bytes[0])).toBe(true);
      reads += 1;
    }
    await writer;
    expect(reads).toBeGreaterThan(5);
  });

  it('leaves nothing of a deleted object', async () => {
    const before = await files();
    await put('a', 'x');
    await put('a', 'y');
    await storage.delete('a');
    expect((await files()).map((file) => file.name)).toEqual(before.map((file) => file.name));
  });

  it('signs with a key that outlives the process and that only the owner can read', async () => {
    const url = await storage.signedUrl('a', { method: 'GET', expiresInSeconds: 60 });
    const again = await open();
    expect(again.verify(new URL(url).searchParams.get('grant') ?? '')).toMatchObject({ key: 'a', method: 'GET' });
    expect((await stat(join(directory, 'signing.key'))).mode & 0o777).toBe(0o600);
    const elsewhere = await DiskStorage.open({ directory, urlBase: 'http://x', signingKey: randomBytes(32) });
    expect(elsewhere.verify(new URL(url).searchParams.get('grant') ?? '')).toBeUndefined();
  });

  it('does not grow in memory with the file', async () => {
    const megabytes = 300;
    const chunk = randomBytes(1024 * 1024);
    const body = Readable.from(
      (async function* () {
        for (let sent = 0; sent < megabytes; sent += 1) yield chunk;
      })(),
      { objectMode: false },
    );
    const start = process.memoryUsage().rss;
    let peak = start;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss);
    }, 5);
    const { size } = await storage.put('large', body, { contentType: 'application/zip' });
    for await (const _ of (await storage.get('large')).body) peak = Math.max(peak, process.memoryUsage().rss);
    clearInterval(watch);
    expect(size).toBe(megabytes * 1024 * 1024);
    expect((peak - start) / 1024 / 1024).toBeLessThan(100);
  });

  it('is unavailable, not broken, when the directory cannot be used', async () => {
    await rm(directory, { recursive: true });
    await expect(storage.ping()).rejects.toMatchObject({ code: 'storage_unavailable', kind: 'unavailable' });
    await expect(put('a', 'x')).rejects.toMatchObject({ code: 'storage_unavailable' });
  });
});
