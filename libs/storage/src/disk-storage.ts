import { randomBytes } from 'node:crypto';
import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { isDomainError } from '#libs/common';
import { ContentCheck } from './content-check.js';
import { contentLinkUrl } from './content-link.js';
import { DiskFiles, isMissing, type Sidecar } from './disk-files.js';
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
import { resolveRange } from './request-rules.js';
import { type Grant, verifyGrant } from './signed-token.js';
import { objectNotFound, storageUnavailable } from './storage-error.js';

export interface DiskStorageOptions {
  /** Made when missing; one process tree may share it. */
  readonly directory: string;
  /** Where the api serves signed links with `serveSignedUrl`, such as `http://127.0.0.1:8300/files`. */
  readonly urlBase: string;
  /** At least 32 bytes; without it a random one is kept in the directory. */
  readonly signingKey?: Buffer;
}

/** Files in a directory: durable once put resolves, listed by reading every sidecar (fine to some 10,000 objects). */
export class DiskStorage implements ObjectStorage {
  private constructor(
    private readonly options: DiskStorageOptions,
    private readonly files: DiskFiles,
    private readonly signingKey: Buffer,
  ) {}

  static async open(options: DiskStorageOptions): Promise<DiskStorage> {
    if (options.signingKey && options.signingKey.length < 32)
      throw new Error('The signing key has less than 32 bytes.');
    const files = new DiskFiles(options.directory);
    await files.prepare();
    const signingKey = options.signingKey ?? (await keptSigningKey(join(options.directory, 'signing.key')));
    return new DiskStorage(options, files, signingKey);
  }

  async put(key: string, body: Readable | Uint8Array, options: PutOptions): Promise<StoredObject> {
    assertKey(key);
    const check = new ContentCheck(options);
    const stream = body instanceof Uint8Array ? Readable.from([body], { objectMode: false }) : body;
    return toStoredObject(await onDisk(() => this.files.write(key, stream, check, options)));
  }

  async get(key: string, { range }: { readonly range?: ByteRange } = {}): Promise<ObjectReading> {
    assertKey(key);
    const found = await onDisk(() => this.files.open(key));
    if (!found) throw objectNotFound();
    const { sidecar, handle } = found;
    try {
      const resolved = resolveRange(range, sidecar.size);
      const body = sidecar.size === 0 ? await emptyBody(handle) : handle.createReadStream(resolved);
      return { object: toStoredObject(sidecar), range: resolved, body };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async head(key: string): Promise<StoredObject | undefined> {
    assertKey(key);
    const sidecar = await onDisk(() => this.files.read(key));
    return sidecar && toStoredObject(sidecar);
  }

  async delete(key: string): Promise<void> {
    assertKey(key);
    await onDisk(() => this.files.remove(key));
  }

  async deleteMany(keys: readonly string[]): Promise<void> {
    for (const key of keys) assertKey(key);
    for (const key of keys) await this.delete(key);
  }

  async list(prefix: string, { cursor, limit = 1000 }: ListOptions = {}): Promise<ListPage> {
    assertPrefix(prefix);
    const found: Sidecar[] = [];
    await onDisk(async () => {
      for await (const sidecar of this.files.sidecars()) {
        if (sidecar.key.startsWith(prefix) && (cursor === undefined || compareKeys(sidecar.key, cursor) > 0)) {
          found.push(sidecar);
        }
      }
    });
    const objects = found
      .sort((a, b) => compareKeys(a.key, b.key))
      .slice(0, limit)
      .map(({ key, size, modifiedAt }) => ({ key, size, modifiedAt: new Date(modifiedAt) }));
    return { objects, cursor: found.length > limit ? objects.at(-1)?.key : undefined };
  }

  async copy(fromKey: string, toKey: string): Promise<void> {
    assertKey(toKey);
    const { object, body } = await this.get(fromKey);
    await this.put(toKey, body, { contentType: object.contentType, contentLength: object.size, sha256: object.sha256 });
  }

  async signedUrl(key: string, options: SignedUrlOptions): Promise<string> {
    return contentLinkUrl(key, options, { urlBase: this.options.urlBase, signingKey: this.signingKey });
  }

  /** What a link made by {@link signedUrl} allows, or undefined if it is forged or has expired. */
  verify(token: string, now = Date.now()): Grant | undefined {
    return verifyGrant(token, this.signingKey, now);
  }

  /** What is half written does not tell its key yet; but nobody else writes into the directory. */
  async sweep(prefix: string, before: Date): Promise<number> {
    assertPrefix(prefix);
    return onDisk(() => this.files.sweep(before));
  }

  async ping(): Promise<void> {
    await onDisk(() => access(this.options.directory));
  }

  async close(): Promise<void> {
    // Nothing is held open between calls.
  }
}

function toStoredObject({ key, size, contentType, sha256, modifiedAt }: Sidecar): StoredObject {
  return { key, size, contentType, sha256, etag: `"${sha256}"`, modifiedAt: new Date(modifiedAt) };
}

// S3 lists in the order of UTF-8 bytes; JavaScript compares UTF-16, which differs beyond the basic plane.
function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

async function emptyBody(handle: { close(): Promise<void> }): Promise<Readable> {
  await handle.close();
  return Readable.from([], { objectMode: false });
}

async function keptSigningKey(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  // Another process may be making it at this moment; whoever creates the file decides.
  await writeFile(path, randomBytes(32), { mode: 0o600, flag: 'wx' }).catch(() => undefined);
  return readFile(path);
}

// A full or broken disk is the same to callers as a server that is away; what we say ourselves stays as it is.
async function onDisk<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (isDomainError(error) || !isSystemError(error)) throw error;
    throw storageUnavailable(error);
  }
}

function isSystemError(error: unknown): boolean {
  return Object(error).syscall !== undefined;
}
