import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { ContentCheck } from './content-check.js';
import { contentDisposition } from './content-disposition.js';
import { assertKey, assertPrefix } from './object-key.js';
import type {
  ByteRange,
  ListOptions,
  ListPage,
  ObjectReading,
  ObjectStorage,
  PutOptions,
  SignedUrlOptions,
  StoredObject,
} from './object-storage.js';
import { assertExpiry } from './request-rules.js';
import { isStatus, s3Call } from './s3-error.js';
import { abortUploads, uploadInParts } from './s3-upload.js';
import { storageUnavailable } from './storage-error.js';

export interface S3StorageOptions {
  readonly bucket: string;
  readonly region: string;
  /** An S3-compatible server that browsers reach under the same address; AWS itself when absent. */
  readonly endpoint?: string;
  /** The SDK's own chain (role, profile) when absent. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly forcePathStyle?: boolean;
}

const DELETE_BATCH = 1000;

/** Files in an S3 bucket. Bodies are streamed in parts of 5 MiB, so memory does not grow with the file. */
export class S3Storage implements ObjectStorage {
  private readonly client: S3Client;
  private readonly bucket: string;

  constructor(options: S3StorageOptions) {
    this.bucket = options.bucket;
    this.client = new S3Client({
      region: options.region,
      endpoint: options.endpoint,
      credentials: options.credentials,
      forcePathStyle: options.forcePathStyle ?? false,
      // By default the SDK puts the checksum of an empty body into presigned PUTs, and trailers that many S3-compatible
      // servers do not understand into streamed ones. Bodies are signed, and travel by TLS, as before.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
  }

  async put(key: string, body: Readable | Uint8Array, options: PutOptions): Promise<StoredObject> {
    assertKey(key);
    const check = new ContentCheck(options);
    const source = body instanceof Uint8Array ? Readable.from([body], { objectMode: false }) : body;
    const object = {
      Bucket: this.bucket,
      Key: key,
      ContentType: options.contentType,
      Metadata: options.sha256 ? { sha256: options.sha256.toLowerCase() } : undefined,
    };
    const feeding = pipeline(source, check, { signal: options.signal });
    const uploading = s3Call(() => uploadInParts(this.client, object, check)).catch((error) => {
      const fault = check.errored ?? error;
      // Nobody reads it any more, and the source would wait for ever.
      check.destroy();
      throw fault;
    });
    const [fed, uploaded] = await Promise.allSettled([feeding, uploading]);
    if (uploaded.status === 'rejected') throw uploaded.reason;
    if (fed.status === 'rejected') throw fed.reason;
    return {
      key,
      size: check.byteCount,
      contentType: options.contentType,
      sha256: check.sha256,
      etag: uploaded.value,
      modifiedAt: new Date(),
    };
  }

  async get(key: string, { range }: { readonly range?: ByteRange } = {}): Promise<ObjectReading> {
    assertKey(key);
    const answer = await s3Call(() =>
      this.client.send(
        new GetObjectCommand({
          Bucket: this.bucket,
          Key: key,
          Range: range && `bytes=${range.start}-${range.end ?? ''}`,
        }),
      ),
    );
    const { Body: body, ContentRange: contentRange, ContentLength: length = 0 } = answer;
    if (!(body instanceof Readable)) throw storageUnavailable(new Error('S3 answered without a body'));
    const [, start = '0', end = String(length - 1), size = String(length)] =
      /^bytes (\d+)-(\d+)\/(\d+)$/.exec(contentRange ?? '') ?? [];
    return { object: describe(key, answer, Number(size)), range: { start: Number(start), end: Number(end) }, body };
  }

  async head(key: string): Promise<StoredObject | undefined> {
    assertKey(key);
    try {
      const answer = await this.client.send(new HeadObjectCommand({ Bucket: this.bucket, Key: key }));
      return describe(key, answer, answer.ContentLength ?? 0);
    } catch (error) {
      if (isStatus(error, 404)) return undefined;
      throw storageUnavailable(error);
    }
  }

  async delete(key: string): Promise<void> {
    assertKey(key);
    await s3Call(() => this.client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: key })));
  }

  async deleteMany(keys: readonly string[]): Promise<void> {
    for (const key of keys) assertKey(key);
    for (let start = 0; start < keys.length; start += DELETE_BATCH) {
      const objects = keys.slice(start, start + DELETE_BATCH).map((key) => ({ Key: key }));
      const { Errors: errors = [] } = await s3Call(() =>
        this.client.send(new DeleteObjectsCommand({ Bucket: this.bucket, Delete: { Objects: objects, Quiet: true } })),
      );
      const [first] = errors;
      if (first) throw storageUnavailable(new Error(`${errors.length} were not deleted: ${first.Code}`));
    }
  }

  async list(prefix: string, { cursor, limit = 1000 }: ListOptions = {}): Promise<ListPage> {
    assertPrefix(prefix);
    const answer = await s3Call(() =>
      this.client.send(
        new ListObjectsV2Command({ Bucket: this.bucket, Prefix: prefix, StartAfter: cursor, MaxKeys: limit }),
      ),
    );
    const objects = (answer.Contents ?? []).map((one) => ({
      key: one.Key ?? '',
      size: one.Size ?? 0,
      modifiedAt: one.LastModified ?? new Date(0),
    }));
    return { objects, cursor: answer.IsTruncated ? objects.at(-1)?.key : undefined };
  }

  async copy(fromKey: string, toKey: string): Promise<void> {
    assertKey(fromKey);
    assertKey(toKey);
    const source = `${this.bucket}/${fromKey.split('/').map(encodeURIComponent).join('/')}`;
    await s3Call(() =>
      this.client.send(new CopyObjectCommand({ Bucket: this.bucket, Key: toKey, CopySource: source })),
    );
  }

  async signedUrl(key: string, options: SignedUrlOptions): Promise<string> {
    assertKey(key);
    assertExpiry(options.expiresInSeconds);
    const target = { Bucket: this.bucket, Key: key };
    if (options.method === 'GET') {
      const command = new GetObjectCommand({
        ...target,
        ResponseContentType: options.contentType,
        ResponseContentDisposition: options.disposition ? contentDisposition(options.disposition) : 'inline',
        ResponseCacheControl: `private, max-age=${options.expiresInSeconds}`,
      });
      return getSignedUrl(this.client, command, { expiresIn: options.expiresInSeconds });
    }
    const command = new PutObjectCommand({
      ...target,
      ContentType: options.contentType,
      ContentLength: options.contentLength,
    });
    return getSignedUrl(this.client, command, {
      expiresIn: options.expiresInSeconds,
      // What is not signed is not enforced, and these two the presigner leaves out unless told.
      signableHeaders: new Set(['host', 'content-type', 'content-length']),
    });
  }

  /** Makes the bucket when it is missing: for development servers, whose buckets nobody else makes. */
  async ensureBucket(): Promise<void> {
    try {
      await this.client.send(new HeadBucketCommand({ Bucket: this.bucket }));
    } catch (error) {
      if (!isStatus(error, 404)) throw storageUnavailable(error);
      await s3Call(() => this.client.send(new CreateBucketCommand({ Bucket: this.bucket })));
    }
  }

  async sweep(prefix: string, before: Date): Promise<number> {
    assertPrefix(prefix);
    return s3Call(() => abortUploads(this.client, { Bucket: this.bucket, Prefix: prefix }, before));
  }

  async ping(): Promise<void> {
    await s3Call(() => this.client.send(new HeadBucketCommand({ Bucket: this.bucket })));
  }

  async close(): Promise<void> {
    this.client.destroy();
  }
}

function describe(
  key: string,
  answer: { ContentType?: string; ETag?: string; LastModified?: Date; Metadata?: Record<string, string> },
  size: number,
): StoredObject {
  return {
    key,
    size,
    contentType: answer.ContentType ?? 'application/octet-stream',
    sha256: answer.Metadata?.['sha256'],
    etag: answer.ETag ?? '',
    modifiedAt: answer.LastModified ?? new Date(0),
  };
}
