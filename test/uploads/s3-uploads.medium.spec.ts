import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import S3rver from 's3rver';
import { newId } from '#libs/common';
import { S3Storage } from '#libs/storage';
import { photo } from '../../libs/uploads/test/sample-files.js';
import { type UploadWorld, until, uploadWorld } from './upload-world.js';

const otherServer = process.env['IMBI_TEST_S3_URL'];
const TTL_SECONDS = 5;
const lacksExpiry = process.env['IMBI_TEST_S3_LACKS']?.split(',').includes('expiredLinks') ?? true;
/** On each server what it does as S3 does: moto checks no signatures, and s3rver lists nothing. */
const SERVERS = [
  { name: 's3rver', expires: true, lists: false, url: undefined },
  ...(otherServer ? [{ name: 'IMBI_TEST_S3_URL', expires: !lacksExpiry, lists: true, url: otherServer }] : []),
];

describe.each(SERVERS)('uploads on $name', ({ url, expires, lists }) => {
  let world: UploadWorld;
  let directory: string;
  let server: S3rver | undefined;

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'imbi-s3rver-'));
    let endpoint = url;
    if (endpoint === undefined) {
      server = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory });
      endpoint = `http://127.0.0.1:${(await server.run()).port}`;
    }
    const bucket = `imbi-${newId().toLowerCase().replaceAll(/[-_]/g, 'x')}`;
    const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
    const storage = new S3Storage({ bucket, endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
    await storage.ensureBucket();
    await storage.close();
    world = await uploadWorld({
      S3_BUCKET: bucket,
      S3_ENDPOINT: endpoint,
      S3_ACCESS_KEY_ID: 'S3RVER',
      S3_SECRET_ACCESS_KEY: 'S3RVER',
      S3_FORCE_PATH_STYLE: 'true',
      IMBI_STORAGE_URL_TTL: `${TTL_SECONDS}s`,
    });
  });

  afterAll(async () => {
    await world?.close();
    await server?.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('are served by presigned links with type, name and ranges, which end', async () => {
    const bytes = await photo('png', { width: 300, height: 300 });
    const created = await world.upload({ name: 'Übersicht 1.png', type: 'image/png', bytes });
    expect(created.status).toBe(201);
    const redirect = await world.call('GET', `/api/uploads/${created.body.id}`);
    expect(redirect.status).toBe(307);
    const location = new URL(redirect.headers.get('location') ?? '');
    expect(location.pathname).toMatch(new RegExp(`/uploads/${created.body.id}$`));
    expect(location.searchParams.get('X-Amz-Expires')).toBe(String(TTL_SECONDS));
    const served = await world.follow(redirect);
    expect(served.status).toBe(200);
    expect(served.headers.get('content-type')).toBe('image/png');
    expect(served.headers.get('content-disposition')).toBe(
      `inline; filename="_bersicht 1.png"; filename*=UTF-8''%C3%9Cbersicht%201.png`,
    );
    const part = await world.follow(redirect, { range: 'bytes=0-7' });
    expect([part.status, (await part.arrayBuffer()).byteLength]).toEqual([206, 8]);
    const saved = await world.follow(await world.call('GET', `/api/uploads/${created.body.id}?download=true`));
    expect(saved.headers.get('content-disposition')).toMatch(/^attachment; /);
    if (!expires) return;
    await wait((TTL_SECONDS + 1.5) * 1000);
    expect((await world.follow(redirect)).status).toBe(403);
  });

  it('get thumbnails, and go with them', async () => {
    const { body } = await world.upload({
      name: 'a.jpg',
      type: 'image/jpeg',
      bytes: await photo('jpeg', { orientation: 6 }),
    });
    await until(async () => (await world.call('GET', `/api/uploads/${body.id}/thumbnail`)).status === 307);
    const thumbnail = await world.follow(await world.call('GET', `/api/uploads/${body.id}/thumbnail`));
    expect([thumbnail.status, thumbnail.headers.get('content-type')]).toEqual([200, 'image/webp']);
    expect((await world.call('DELETE', `/api/uploads/${body.id}`)).status).toBe(204);
    for (const key of [`uploads/${body.id}`, `thumbnails/${body.id}`]) {
      await until(async () => (await world.storage.head(key)) === undefined);
    }
  });

  it('that are refused half way leave no object', async () => {
    const broken = (await photo('png', { width: 300, height: 300 })).subarray(0, -30);
    const { status, body } = await world.upload({ name: 'a.png', type: 'image/png', bytes: broken });
    expect([status, body.code]).toEqual([422, 'upload_malformed']);
    if (lists) await until(async () => (await world.faults()).length === 0);
  });

  it('of SVG are served by the api itself, in a sandbox', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9"/></svg>';
    const { body } = await world.upload({ name: 'a.svg', type: 'image/svg+xml', bytes: svg });
    const redirect = await world.call('GET', `/api/uploads/${body.id}`);
    expect(redirect.headers.get('location')).toMatch(/^\/files\?grant=/);
    const served = await world.follow(redirect);
    expect(served.headers.get('content-security-policy')).toMatch(/^sandbox;/);
    expect(await served.text()).toContain('<path d="M0 0h9">');
    const grant = redirect.headers.get('location') ?? '';
    const forged = await fetch(
      new URL(`${grant.slice(0, -1)}${grant.endsWith('A') ? 'B' : 'A'}`, world.product.api.url),
    );
    expect(forged.status).toBe(403);
  });
});
