import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ObjectStorage } from '../src/index.js';

/** What a test server lacks, by name, with the reason; those tests are then skipped in the open. Production lacks none. */
export type Lacking = Partial<
  Record<'listing' | 'longKeys' | 'overwriteDuringFailure' | 'forgedLinks' | 'expiredLinks' | 'signedHeaders', string>
>;

interface Given {
  open(): Promise<{ storage: ObjectStorage; close(): Promise<void> }>;
  readonly lacking?: Lacking;
}

const MIB = 1024 * 1024;
const text = (content: string) => Readable.from([Buffer.from(content)], { objectMode: false });
const sha256 = (content: Buffer | string) => createHash('sha256').update(content).digest('hex');

/** What every adapter of the storage port must do. */
export function describeObjectStorage(name: string, { open, lacking = {} }: Given): void {
  const itUnless = (what: keyof Lacking) => (title: string, run: () => Promise<void>) => {
    const reason = lacking[what];
    if (reason === undefined) it(title, run);
    else it.skip(`${title} (${reason})`, run);
  };

  describe(`${name} as object storage`, () => {
    let storage: ObjectStorage;
    let close: () => Promise<void>;
    const read = async (key: string) => (await buffer((await storage.get(key)).body)).toString('utf8');
    const put = (key: string, content: string) => storage.put(key, text(content), { contentType: 'text/plain' });

    beforeAll(async () => {
      ({ storage, close } = await open());
    });
    afterAll(() => close());

    it('answers', async () => {
      await storage.ping();
    });

    it('gives back what was put, streamed or whole', async () => {
      const stored = await storage.put('basic/stream', text('hello'), { contentType: 'text/markdown' });
      expect(stored).toMatchObject({ key: 'basic/stream', size: 5, sha256: sha256('hello') });
      const { object, range, body } = await storage.get('basic/stream');
      expect((await buffer(body)).toString()).toBe('hello');
      expect(range).toEqual({ start: 0, end: 4 });
      expect(object).toMatchObject({ key: 'basic/stream', size: 5, contentType: 'text/markdown', etag: stored.etag });
      expect(Math.abs(object.modifiedAt.getTime() - Date.now())).toBeLessThan(60_000);
      await storage.put('basic/whole', Buffer.from([0, 255, 10, 13]), { contentType: 'application/zip' });
      expect(await buffer((await storage.get('basic/whole')).body)).toEqual(Buffer.from([0, 255, 10, 13]));
    });

    it('keeps an empty object', async () => {
      await storage.put('basic/empty', text(''), { contentType: 'text/plain', contentLength: 0 });
      expect(await storage.head('basic/empty')).toMatchObject({ size: 0 });
      expect(await read('basic/empty')).toBe('');
    });

    it('streams an object of many parts, byte for byte', async () => {
      const chunks = Array.from({ length: 13 }, () => randomBytes(MIB));
      const whole = Buffer.concat(chunks);
      const options = { contentType: 'application/pdf', contentLength: whole.length, sha256: sha256(whole) };
      const stored = await storage.put('basic/large', Readable.from(chunks, { objectMode: false }), options);
      expect(stored).toMatchObject({ size: whole.length, sha256: options.sha256 });
      const hash = createHash('sha256');
      for await (const chunk of (await storage.get('basic/large')).body) hash.update(chunk);
      expect(hash.digest('hex')).toBe(options.sha256);
      expect(await storage.head('basic/large')).toMatchObject({ sha256: options.sha256, size: whole.length });
    });

    it('replaces an object', async () => {
      await put('basic/replaced', 'old and long');
      await put('basic/replaced', 'new');
      expect(await read('basic/replaced')).toBe('new');
    });

    it('knows nothing of what was never put', async () => {
      expect(await storage.head('nowhere')).toBeUndefined();
      await expect(storage.get('nowhere')).rejects.toMatchObject({ code: 'object_not_found', kind: 'not_found' });
      await expect(storage.copy('nowhere', 'elsewhere')).rejects.toMatchObject({ code: 'object_not_found' });
    });

    it.each([
      ['a length that is too small', { contentLength: 3 }],
      ['a length that is too large', { contentLength: 9 }],
      ['another digest', { sha256: sha256('other') }],
    ])('refuses a body with %s and keeps the old object', async (_what, options) => {
      await put('checked', 'the old one');
      await expect(
        storage.put('checked', text('hello'), { contentType: 'text/plain', ...options }),
      ).rejects.toMatchObject({ code: 'content_mismatch', kind: 'invalid' });
      expect(await read('checked')).toBe('the old one');
    });

    itUnless('overwriteDuringFailure')('keeps the old object when the body breaks off or is aborted', async () => {
      await put('broken', 'the old one');
      const breaking = Readable.from(
        (async function* () {
          for (let sent = 0; sent < 7; sent += 1) yield randomBytes(MIB);
          throw new Error('the sender is gone');
        })(),
        { objectMode: false },
      );
      await expect(storage.put('broken', breaking, { contentType: 'text/plain' })).rejects.toThrow(
        'the sender is gone',
      );
      const controller = new AbortController();
      const endless = new Readable({ read() {} });
      endless.push(randomBytes(MIB));
      const writing = storage.put('broken', endless, { contentType: 'text/plain', signal: controller.signal });
      setTimeout(() => controller.abort(), 50);
      await expect(writing).rejects.toThrow();
      expect(endless.destroyed).toBe(true);
      expect(await read('broken')).toBe('the old one');
    });

    it('reads ranges', async () => {
      await put('ranged', '0123456789');
      const part = async (start: number, end?: number) => {
        const { body, range, object } = await storage.get('ranged', { range: { start, end } });
        expect(object.size).toBe(10);
        return { bytes: (await buffer(body)).toString(), range };
      };
      expect(await part(2, 4)).toEqual({ bytes: '234', range: { start: 2, end: 4 } });
      expect(await part(7)).toEqual({ bytes: '789', range: { start: 7, end: 9 } });
      expect(await part(8, 1000)).toEqual({ bytes: '89', range: { start: 8, end: 9 } });
      await expect(storage.get('ranged', { range: { start: 10 } })).rejects.toMatchObject({
        code: 'range_not_satisfiable',
      });
    });

    it('copies with content type', async () => {
      await storage.put('copy/source', text('copied'), { contentType: 'text/csv' });
      await storage.copy('copy/source', 'copy/ä target+plus');
      expect(await read('copy/ä target+plus')).toBe('copied');
      expect(await storage.head('copy/ä target+plus')).toMatchObject({ contentType: 'text/csv', size: 6 });
    });

    it('deletes one and many, and what is not there', async () => {
      for (const key of ['gone/1', 'gone/2', 'gone/3', 'gone/ü&<>"']) await put(key, 'x');
      await storage.delete('gone/1');
      await storage.delete('gone/1');
      await storage.deleteMany(['gone/2', 'gone/never', 'gone/ü&<>"']);
      await storage.deleteMany([]);
      expect(await storage.head('gone/1')).toBeUndefined();
      expect(await storage.head('gone/2')).toBeUndefined();
      expect(await storage.head('gone/ü&<>"')).toBeUndefined();
      expect(await read('gone/3')).toBe('x');
    });

    itUnless('listing')('lists by prefix in pages, in the byte order of keys', async () => {
      const keys = ['list/a', 'list/a/b', 'list/b', 'list/z', 'list/ä', 'list/\uffee', 'list/🎉', 'listed'];
      for (const key of keys) await put(key, key);
      const found: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await storage.list('list/', { limit: 3, cursor });
        expect(page.objects.length).toBeLessThanOrEqual(3);
        found.push(...page.objects.map((object) => object.key));
        cursor = page.cursor;
      } while (cursor !== undefined);
      expect(found).toEqual(keys.filter((key) => key.startsWith('list/')));
      expect((await storage.list('list/a')).objects).toMatchObject([
        { key: 'list/a', size: 6 },
        { key: 'list/a/b', size: 8 },
      ]);
      expect(await storage.list('no such/')).toEqual({ objects: [], cursor: undefined });
    });

    describe('keys', () => {
      it.each([
        'with space and +plus %41 ?query #hash',
        'ünïcödé/日本語/🎉',
        `quotes'"<>&;,=@:$!*()`,
        '...',
        'a/.hidden',
        'UPPER/lower',
      ])('keeps an object under %j', async (key) => {
        await put(key, key);
        expect(await read(key)).toBe(key);
        expect(await storage.head(key)).toMatchObject({ key });
        const answer = await fetch(await storage.signedUrl(key, { method: 'GET', expiresInSeconds: 60 }));
        expect({ status: answer.status, body: await answer.text() }).toEqual({ status: 200, body: key });
        await storage.delete(key);
        expect(await storage.head(key)).toBeUndefined();
      });

      itUnless('longKeys')('keeps objects under keys of 300 and 1024 bytes', async () => {
        for (const key of ['k'.repeat(300), `${'long/'.repeat(204)}1234`]) {
          await put(key, 'long');
          expect(await read(key)).toBe('long');
        }
      });

      it.each([
        ['an empty key', ''],
        ['a parent segment', '../../etc/passwd'],
        ['a parent segment inside', 'uploads/../secret'],
        ['a dot segment', 'a/./b'],
        ['an absolute path', '/etc/passwd'],
        ['an empty segment', 'a//b'],
        ['a trailing slash', 'a/'],
        ['CRLF', 'a\r\nx-injected: 1'],
        ['NUL', 'a\u0000.png'],
        ['a backslash', '..\\..\\windows'],
        ['a lone surrogate', 'a\ud800'],
        ['1025 bytes', 'ä'.repeat(513)],
      ])('refuses %s in every operation', async (_what, key) => {
        const refusal = { code: 'invalid_key' };
        await expect(put(key, 'x')).rejects.toMatchObject(refusal);
        await expect(storage.get(key)).rejects.toMatchObject(refusal);
        await expect(storage.head(key)).rejects.toMatchObject(refusal);
        await expect(storage.delete(key)).rejects.toMatchObject(refusal);
        await expect(storage.deleteMany(['fine', key])).rejects.toMatchObject(refusal);
        await expect(storage.copy('fine', key)).rejects.toMatchObject(refusal);
        await expect(storage.copy(key, 'fine')).rejects.toMatchObject(refusal);
        await expect(storage.signedUrl(key, { method: 'GET', expiresInSeconds: 5 })).rejects.toMatchObject(refusal);
      });

      it('never mixes up two keys', async () => {
        const safe = fc
          .array(fc.string({ unit: fc.constantFrom(...'aA.ä🎉 %+_-~&'), minLength: 1, maxLength: 6 }), {
            minLength: 1,
            maxLength: 3,
          })
          .map((segments) => `mixed/${segments.map((segment) => `x${segment}`).join('/')}`);
        // Object stores with a file tree behind them cannot hold both `a` and `a/b`; ours never need to.
        await fc.assert(
          fc.asyncProperty(safe, safe, async (one, other) => {
            fc.pre(one !== other && !one.startsWith(`${other}/`) && !other.startsWith(`${one}/`));
            await put(one, 'one');
            await put(other, 'other');
            expect([await read(one), await read(other)]).toEqual(['one', 'other']);
            await storage.deleteMany([one, other]);
          }),
          { numRuns: 20 },
        );
      });
    });

    describe('signed links', () => {
      const link = (key: string, options: Partial<Parameters<ObjectStorage['signedUrl']>[1]> = {}) =>
        storage.signedUrl(key, { method: 'GET', expiresInSeconds: 60, ...options });

      beforeAll(() => storage.put('linked', text('0123456789'), { contentType: 'text/plain' }));

      it('give the file to anyone, under the name and type that were signed', async () => {
        const url = await link('linked', {
          contentType: 'application/pdf',
          disposition: { type: 'attachment', filename: 'Übersicht "2026"\r\n/../x.pdf' },
        });
        const answer = await fetch(url);
        expect(answer.status).toBe(200);
        expect(await answer.text()).toBe('0123456789');
        expect(answer.headers.get('content-type')).toBe('application/pdf');
        expect(answer.headers.get('content-disposition')).toBe(
          `attachment; filename="_bersicht _2026____.._x.pdf"; filename*=UTF-8''%C3%9Cbersicht%20%222026%22___.._x.pdf`,
        );
      });

      it('give ranges', async () => {
        const answer = await fetch(await link('linked'), { headers: { range: 'bytes=2-4' } });
        expect(answer.status).toBe(206);
        expect(answer.headers.get('content-range')).toBe('bytes 2-4/10');
        expect(await answer.text()).toBe('234');
        const past = await fetch(await link('linked'), { headers: { range: 'bytes=10-' } });
        expect(past.status).toBe(416);
      });

      it('give nothing of what is not there', async () => {
        // S3 says 403 to a signer who may not list the bucket.
        expect([403, 404]).toContain((await fetch(await link('never put'))).status);
      });

      it('take a file with the signed type', async () => {
        const url = await link('uploaded', { method: 'PUT', contentType: 'image/png', contentLength: 5 });
        const answer = await fetch(url, { method: 'PUT', body: 'hello', headers: { 'content-type': 'image/png' } });
        expect(answer.status).toBe(200);
        expect(await read('uploaded')).toBe('hello');
        expect(await storage.head('uploaded')).toMatchObject({ contentType: 'image/png', size: 5 });
      });

      itUnless('signedHeaders')('refuse a file of another type or length', async () => {
        const url = await link('refused', { method: 'PUT', contentType: 'image/png', contentLength: 5 });
        const type = await fetch(url, { method: 'PUT', body: 'hello', headers: { 'content-type': 'text/html' } });
        expect(type.status).toBe(403);
        const length = await fetch(url, { method: 'PUT', body: 'hello!', headers: { 'content-type': 'image/png' } });
        expect(length.status).toBe(403);
        expect(await storage.head('refused')).toBeUndefined();
      });

      itUnless('expiredLinks')('end when they expire', async () => {
        const url = await link('linked', { expiresInSeconds: 1 });
        await wait(2500);
        expect((await fetch(url)).status).toBe(403);
      });

      itUnless('forgedLinks')('are refused after any change and without a signature', async () => {
        const url = await link('linked');
        const forged = `${url.slice(0, -1)}${url.endsWith('A') ? 'B' : 'A'}`;
        expect((await fetch(forged)).status).toBe(403);
        expect((await fetch(url, { method: 'PUT', body: 'x' })).ok).toBe(false);
        expect((await fetch(url.slice(0, url.indexOf('?')))).status).toBe(403);
        expect(await read('linked')).toBe('0123456789');
      });

      it.each([0, -1, 604_801, 1.5, Number.NaN])('cannot be valid for %p seconds', async (expiresInSeconds) => {
        await expect(link('linked', { expiresInSeconds })).rejects.toThrow('cannot be valid');
      });
    });
  });
}
