import { Readable } from 'node:stream';
import { isDomainError } from '#libs/common';
import { contentDisposition } from './content-disposition.js';
import type { ObjectStorage, StoredObject } from './object-storage.js';
import { parseRange } from './request-rules.js';
import type { Grant } from './signed-token.js';

/** Objects, and what a link to one of them allows. */
export interface SignedObjects extends Pick<ObjectStorage, 'get' | 'head' | 'put'> {
  verify(token: string, now?: number): Grant | undefined;
}

/** A request for a signed link, of whatever HTTP framework. */
export interface StorageRequest {
  readonly method: string;
  /** The `grant` of the link's query. */
  readonly grant: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Of a PUT. */
  readonly body?: Readable;
}

export interface StorageResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Absent where there is none to send (HEAD, 304, 204). */
  readonly body?: Readable;
}

// A file is data of some user on our own origin: it must neither run script nor be taken for another type.
const SAFETY = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src 'self'",
  'cross-origin-resource-policy': 'cross-origin',
  'referrer-policy': 'no-referrer',
};
const STATUSES: Readonly<Record<string, number>> = { not_found: 404, invalid: 422, unavailable: 503 };

/** Answers a link that a disk storage's `signedUrl`, or `ApiLinks`, made, as S3 answers its own; never throws for what the caller sent. */
export async function serveSignedUrl(storage: SignedObjects, request: StorageRequest): Promise<StorageResponse> {
  const grant = storage.verify(request.grant);
  if (!grant) return problem(403, 'link_invalid', 'The link is not valid or has expired.');
  const method = request.method.toUpperCase();
  const allowed = grant.method === 'GET' ? ['GET', 'HEAD'] : ['PUT'];
  if (!allowed.includes(method)) {
    return problem(405, 'method_not_allowed', `The link is for ${grant.method}.`, { allow: allowed.join(', ') });
  }
  try {
    return method === 'PUT' ? await store(storage, grant, request) : await send(storage, grant, request, method);
  } catch (error) {
    if (!isDomainError(error)) throw error;
    if (error.code !== 'range_not_satisfiable') return problem(STATUSES[error.kind] ?? 500, error.code, error.message);
    return problem(416, error.code, error.message, { 'content-range': `bytes */${error.details?.['size']}` });
  }
}

async function send(
  storage: SignedObjects,
  grant: Grant,
  request: StorageRequest,
  method: string,
): Promise<StorageResponse> {
  const object = await storage.head(grant.key);
  if (!object) return problem(404, 'object_not_found', 'The file was not found.');
  const headers = describe(object, grant);
  if (matches(header(request, 'if-none-match'), object.etag)) return { status: 304, headers };
  const fresh = header(request, 'if-range') ?? object.etag;
  const range = fresh === object.etag ? parseRange(header(request, 'range'), object.size) : undefined;
  const reading = await storage.get(grant.key, { range });
  if (reading.object.etag !== object.etag) {
    // Replaced in between: whoever asks again gets one whole answer rather than headers of one file on bytes of another.
    reading.body.destroy();
    return problem(503, 'object_changed', 'The file was just replaced.', { 'retry-after': '1' });
  }
  const { start, end } = reading.range;
  const partial: Record<string, string> = range ? { 'content-range': `bytes ${start}-${end}/${object.size}` } : {};
  const answer = {
    status: range ? 206 : 200,
    headers: { ...headers, ...partial, 'content-length': String(end - start + 1) },
  };
  if (method !== 'HEAD') return { ...answer, body: reading.body };
  reading.body.destroy();
  return answer;
}

async function store(storage: SignedObjects, grant: Grant, request: StorageRequest): Promise<StorageResponse> {
  const contentType = header(request, 'content-type') ?? 'application/octet-stream';
  if (grant.contentType !== undefined && contentType !== grant.contentType) {
    return problem(403, 'content_type_mismatch', `The link is for ${grant.contentType}.`);
  }
  const length = header(request, 'content-length');
  if (grant.contentLength !== undefined && length !== undefined && Number(length) !== grant.contentLength) {
    return problem(403, 'content_length_mismatch', `The link is for ${grant.contentLength} bytes.`);
  }
  const contentLength = grant.contentLength ?? (length === undefined ? undefined : Number(length));
  const body = request.body ?? Readable.from([], { objectMode: false });
  const { etag } = await storage.put(grant.key, body, { contentType, contentLength });
  return { status: 200, headers: { ...SAFETY, etag, 'content-length': '0' } };
}

function describe(object: StoredObject, grant: Grant): Record<string, string> {
  const remaining = Math.max(0, Math.floor(grant.expiresAt - Date.now() / 1000));
  return {
    ...SAFETY,
    'content-type': grant.contentType ?? object.contentType,
    'content-disposition': grant.disposition ? contentDisposition(grant.disposition) : 'inline',
    'accept-ranges': 'bytes',
    'cache-control': `private, max-age=${remaining}`,
    'last-modified': object.modifiedAt.toUTCString(),
    etag: object.etag,
  };
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((one) => ['*', etag, `W/${etag}`].includes(one.trim()));
}

function header(request: StorageRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : value?.[0];
}

function problem(status: number, code: string, detail: string, headers: Record<string, string> = {}): StorageResponse {
  const body = Buffer.from(JSON.stringify({ type: 'about:blank', status, code, detail }));
  return {
    status,
    headers: {
      ...SAFETY,
      ...headers,
      'content-type': 'application/problem+json',
      'content-length': String(body.length),
      'cache-control': 'no-store',
    },
    body: Readable.from([body], { objectMode: false }),
  };
}
