import path from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Config } from '#libs/config';
import type { KeyRing } from '#libs/crypto';
import { ApiLinks, DiskStorage, type ObjectStorage, S3Storage, serveSignedUrl } from '#libs/storage';

const FILES_PATH = '/files';

/** Where files are: in the bucket of the configuration, else in the data directory. */
export async function openObjectStorage(config: Config, keys: KeyRing): Promise<ObjectStorage> {
  const { bucket, endpoint, region, accessKeyId, secretAccessKey, forcePathStyle } = config.storage;
  if (bucket === undefined) {
    return DiskStorage.open({ directory: path.join(config.data.directory, 'files'), ...linkOptions(config, keys) });
  }
  const credentials =
    accessKeyId !== undefined && secretAccessKey !== undefined ? { accessKeyId, secretAccessKey } : undefined;
  return new S3Storage({ bucket, endpoint, region, credentials, forcePathStyle });
}

/** Links that the api answers itself: all of a disk storage's, and those that need headers which S3 cannot give. */
export function apiLinks(storage: ObjectStorage, config: Config, keys: KeyRing): ApiLinks {
  return new ApiLinks(storage, linkOptions(config, keys));
}

// Without a public address the link is relative to wherever the redirect came from.
function linkOptions({ server }: Config, keys: KeyRing) {
  const base = server.publicUrl?.replace(/\/$/, '') ?? '';
  return { urlBase: `${base}${FILES_PATH}`, signingKey: keys.derive('file links')[0] };
}

/** Serves those links; call it before the application listens. They are their own proof, so no guard stands before them. */
export function serveFiles(app: NestFastifyApplication): void {
  const links = app.get(ApiLinks, { strict: false });
  const fastify = app.getHttpAdapter().getInstance();
  fastify.route<{ Querystring: { grant?: unknown } }>({
    url: FILES_PATH,
    method: ['GET', 'HEAD'],
    handler: async (request, reply) => {
      const { grant } = request.query;
      const { status, headers, body } = await serveSignedUrl(links, {
        method: request.method,
        grant: typeof grant === 'string' ? grant : '',
        headers: request.headers,
      });
      return reply.code(status).headers(headers).send(body);
    },
  });
}
