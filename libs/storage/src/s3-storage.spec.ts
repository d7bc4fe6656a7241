import { describe, expect, it } from '@jest/globals';
import { S3Storage } from './s3-storage.js';

const storage = new S3Storage({
  bucket: 'files',
  region: 'eu-central-1',
  endpoint: 'https://s3.example.org',
  credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
  forcePathStyle: true,
});

describe('S3Storage links', () => {
  it('sign the type and length of what is to be sent, and no checksum of an empty body', async () => {
    const url = new URL(
      await storage.signedUrl('a/ä', {
        method: 'PUT',
        expiresInSeconds: 60,
        contentType: 'image/png',
        contentLength: 7,
      }),
    );
    expect(url.origin + url.pathname).toBe('https://s3.example.org/files/a/%C3%A4');
    expect(url.searchParams.get('X-Amz-SignedHeaders')).toBe('content-length;content-type;host');
    expect([...url.searchParams.keys()].filter((name) => /checksum/i.test(name))).toEqual([]);
    expect(url.searchParams.get('X-Amz-Expires')).toBe('60');
  });

  it('pin name and type of what is given', async () => {
    const url = new URL(
      await storage.signedUrl('a', {
        method: 'GET',
        expiresInSeconds: 60,
        contentType: 'text/plain',
        disposition: { type: 'attachment', filename: 'a.txt' },
      }),
    );
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      'response-content-type': 'text/plain',
      'response-content-disposition': 'attachment; filename="a.txt"',
      'response-cache-control': 'private, max-age=60',
    });
  });

  it('say unavailable when the server cannot be reached', async () => {
    const away = new S3Storage({
      bucket: 'files',
      region: 'us-east-1',
      endpoint: 'http://127.0.0.1:9',
      credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
      forcePathStyle: true,
    });
    await expect(away.ping()).rejects.toMatchObject({ code: 'storage_unavailable', kind: 'unavailable' });
    await expect(away.put('a', Buffer.from('x'), { contentType: 'text/plain' })).rejects.toMatchObject({
      code: 'storage_unavailable',
    });
  });
});
