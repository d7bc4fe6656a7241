import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DiskStorage } from './disk-storage.js';
import type { SignedUrlOptions } from './object-storage.js';
import { serveSignedUrl } from './serve-signed-url.js';

describe('serveSignedUrl', () => {
  let directory: string;
  let storage: DiskStorage;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'imbi-serve-'));
    storage = await DiskStorage.open({ directory, urlBase: 'http://127.0.0.1/files' });
    await storage.put('logo.svg', Buffer.from('<svg>0123</svg>'), { contentType: 'image/svg+xml' });
  });
  afterAll(() => rm(directory, { recursive: true }));

  async function serve(
    method: string,
    headers: Record<string, string> = {},
    signed: Partial<SignedUrlOptions> & { key?: string; body?: string } = {},
  ) {
    const { key = 'logo.svg', body, ...options } = signed;
    const url = await storage.signedUrl(key, { method: 'GET', expiresInSeconds: 60, ...options });
    const grant = new URL(url).searchParams.get('grant') ?? '';
    const answer = await serveSignedUrl(storage, {
      method,
      grant,
      headers,
      body: body === undefined ? undefined : Readable.from([Buffer.from(body)], { objectMode: false }),
    });
    return { ...answer, body: answer.body && (await text(answer.body)) };
  }

  it('sends files so that they can neither run script nor be taken for another type', async () => {
    const { status, headers, body } = await serve('GET');
    expect({ status, body }).toEqual({ status: 200, body: '<svg>0123</svg>' });
    expect(headers).toMatchObject({
      'content-type': 'image/svg+xml',
      'content-length': '15',
      'content-disposition': 'inline',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringMatching(/^sandbox; default-src 'none'/),
      'cache-control': expect.stringMatching(/^private, max-age=\d+$/),
      'accept-ranges': 'bytes',
    });
  });

  it('answers HEAD like GET without the body', async () => {
    const { status, headers, body } = await serve('HEAD');
    expect({ status, length: headers['content-length'], body }).toEqual({ status: 200, length: '15', body: undefined });
  });

  it.each([
    ['bytes=0-3', 206, '<svg', 'bytes 0-3/15'],
    ['bytes=-6', 206, '</svg>', 'bytes 9-14/15'],
    ['bytes=-100', 206, '<svg>0123</svg>', 'bytes 0-14/15'],
    ['bytes=9-', 206, '</svg>', 'bytes 9-14/15'],
    ['bytes=0-0,2-3', 200, '<svg>0123</svg>', undefined],
    ['bytes=5-2', 200, '<svg>0123</svg>', undefined],
    ['items=0-1', 200, '<svg>0123</svg>', undefined],
    ['bytes=-', 200, '<svg>0123</svg>', undefined],
  ])('answers Range: %s with %d', async (range, status, body, contentRange) => {
    const answer = await serve('GET', { range });
    expect([answer.status, answer.body, answer.headers['content-range']]).toEqual([status, body, contentRange]);
    expect(answer.headers['content-length']).toBe(String(body.length));
  });

  it.each(['bytes=15-', 'bytes=-0'])('says 416 to Range: %s', async (range) => {
    const { status, headers } = await serve('GET', { range });
    expect([status, headers['content-range']]).toEqual([416, 'bytes */15']);
  });

  it('honours If-None-Match and If-Range', async () => {
    const etag = (await serve('HEAD')).headers['etag'] ?? '';
    expect(await serve('GET', { 'if-none-match': `"other", ${etag}` })).toMatchObject({ status: 304, body: undefined });
    expect((await serve('GET', { range: 'bytes=0-3', 'if-range': etag })).status).toBe(206);
    expect((await serve('GET', { range: 'bytes=0-3', 'if-range': '"other"' })).status).toBe(200);
  });

  it('keeps a link to its method', async () => {
    expect(await serve('PUT', {}, { body: 'x' })).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    expect(await serve('GET', {}, { method: 'PUT' })).toMatchObject({ status: 405, headers: { allow: 'PUT' } });
    expect((await serve('DELETE')).status).toBe(405);
  });

  it('stores only the type and length that were signed', async () => {
    const signed = { key: 'put', method: 'PUT', contentType: 'image/png', contentLength: 3 } as const;
    const type = { 'content-type': 'image/png' };
    expect((await serve('PUT', { 'content-type': 'text/html' }, { ...signed, body: 'abc' })).status).toBe(403);
    expect((await serve('PUT', { ...type, 'content-length': '4' }, { ...signed, body: 'abcd' })).status).toBe(403);
    expect((await serve('PUT', type, { ...signed, body: 'abcd' })).status).toBe(422);
    expect(await storage.head('put')).toBeUndefined();
    expect((await serve('PUT', type, { ...signed, body: 'abc' })).status).toBe(200);
    expect(await storage.head('put')).toMatchObject({ contentType: 'image/png', size: 3 });
  });

  it('answers forged, cut and empty grants with a problem and no hint', async () => {
    const url = await storage.signedUrl('logo.svg', { method: 'GET', expiresInSeconds: 60 });
    const grant = new URL(url).searchParams.get('grant') ?? '';
    for (const forged of ['', '.', 'x', grant.slice(1), `${grant}x`, `${grant}.x`, grant.split('.')[0] ?? '']) {
      const { status, headers, body } = await serveSignedUrl(storage, { method: 'GET', grant: forged, headers: {} });
      expect(status).toBe(403);
      expect(headers['content-type']).toBe('application/problem+json');
      expect(JSON.parse(body ? await text(body) : '')).toMatchObject({ status: 403, code: 'link_invalid' });
    }
  });
});
