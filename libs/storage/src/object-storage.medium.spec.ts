import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateMultipartUploadCommand, ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from '@jest/globals';
import S3rver from 's3rver';
import { newId } from '#libs/common';
import { describeObjectStorage } from '../test/conformance.js';
import { storageServer } from '../test/storage-server.js';
import { DiskStorage } from './disk-storage.js';
import { S3Storage } from './s3-storage.js';

const otherServer = process.env['IMBI_TEST_S3_URL'];
// moto checks no signatures. What another server lacks is said in its place, by the names that the suite has for it.
const lacks = (process.env['IMBI_TEST_S3_LACKS'] ?? 'forgedLinks,signedHeaders,expiredLinks').split(',');

function newBucketName(): string {
  return `imbi-${newId().toLowerCase().replaceAll(/[-_]/g, 'x')}`;
}

function s3Options(endpoint: string, secretAccessKey: string) {
  const credentials = { accessKeyId: 'S3RVER', secretAccessKey };
  return { endpoint, region: 'us-east-1', credentials, forcePathStyle: true };
}

async function openS3(endpoint: string, secretAccessKey: string, bucket = newBucketName()) {
  const storage = new S3Storage({ bucket, ...s3Options(endpoint, secretAccessKey) });
  await storage.ensureBucket();
  return storage;
}

describeObjectStorage('DiskStorage', {
  async open() {
    const directory = await mkdtemp(join(tmpdir(), 'imbi-storage-'));
    let storage: DiskStorage | undefined;
    const server = await storageServer(() => storage as DiskStorage);
    storage = await DiskStorage.open({ directory, urlBase: `${server.url}/files` });
    const close = async () => {
      await server.close();
      await rm(directory, { recursive: true });
    };
    return { storage, close };
  },
});

describeObjectStorage('S3Storage on s3rver', {
  lacking: {
    listing: 's3rver 3.7.1 answers ListObjectsV2 with 500',
    longKeys: 's3rver 3.7.1 makes a file name of the key and dies of ENAMETOOLONG',
    forgedLinks: 's3rver 3.7.1 takes tampered and unsigned requests',
    signedHeaders: 's3rver 3.7.1 ignores which headers are signed',
  },
  async open() {
    const directory = await mkdtemp(join(tmpdir(), 'imbi-s3rver-'));
    const server = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory });
    const { port } = await server.run();
    const storage = await openS3(`http://127.0.0.1:${port}`, 'S3RVER');
    const close = async () => {
      await storage.close();
      await server.close();
      await rm(directory, { recursive: true, force: true });
    };
    return { storage, close };
  },
});

if (otherServer) {
  describeObjectStorage('S3Storage on IMBI_TEST_S3_URL', {
    lacking: Object.fromEntries(lacks.map((name) => [name, 'IMBI_TEST_S3_LACKS'])),
    async open() {
      const storage = await openS3(otherServer, 'S3RVER');
      return { storage, close: () => storage.close() };
    },
  });

  describe('S3Storage on IMBI_TEST_S3_URL', () => {
    it('sweeps uploads in parts that were never completed, under its prefix and from before', async () => {
      const bucket = newBucketName();
      const storage = await openS3(otherServer, 'S3RVER', bucket);
      const client = new S3Client({ ...s3Options(otherServer, 'S3RVER') });
      const begin = (Key: string) => client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key }));
      const halves = async () => {
        const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
        return Uploads.map(({ Key }) => Key).sort();
      };
      await storage.put('ours/whole', Buffer.alloc(6 * 1024 * 1024), { contentType: 'text/plain' });
      for (const key of ['ours/a', 'ours/b', 'others/c']) await begin(key);
      // moto dates all of them to the year 2010.
      expect(await storage.sweep('ours/', new Date('2009-01-01'))).toBe(0);
      expect(await halves()).toEqual(['others/c', 'ours/a', 'ours/b']);
      expect(await storage.sweep('ours/', new Date())).toBe(2);
      expect(await halves()).toEqual(['others/c']);
      expect(await storage.head('ours/whole')).toMatchObject({ size: 6 * 1024 * 1024 });
      client.destroy();
      await storage.close();
    });
  });
} else {
  describe.skip('S3Storage on IMBI_TEST_S3_URL as object storage', () => {
    it('needs a server, which test/support/native/engines.sh brings', () => undefined);
  });
}
