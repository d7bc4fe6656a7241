import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from '@jest/globals';
import S3rver from 's3rver';
import { newId } from '#libs/common';
import { describeObjectStorage } from '../test/conformance.js';
import { storageServer } from '../test/storage-server.js';
import { DiskStorage } from './disk-storage.js';
import { S3Storage } from './s3-storage.js';

const strictServer = process.env['IMBI_TEST_S3_URL'];
const noSignatures = 'this test server checks no signatures';

async function openS3(endpoint: string, secretAccessKey: string) {
  const bucket = `imbi-${newId().toLowerCase().replaceAll(/[-_]/g, 'x')}`;
  const credentials = { accessKeyId: 'S3RVER', secretAccessKey };
  const storage = new S3Storage({ bucket, endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
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

if (strictServer) {
  describeObjectStorage('S3Storage on IMBI_TEST_S3_URL', {
    lacking: { forgedLinks: noSignatures, signedHeaders: noSignatures, expiredLinks: noSignatures },
    async open() {
      const storage = await openS3(strictServer, 'S3RVER');
      return { storage, close: () => storage.close() };
    },
  });
} else {
  describe.skip('S3Storage on IMBI_TEST_S3_URL as object storage', () => {
    it('needs a server, which test/support/native/engines.sh brings', () => undefined);
  });
}
