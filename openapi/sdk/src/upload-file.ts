import { callerOf } from './client-caller.js';
import type { Client } from './gen/client/index.js';
import type { Upload } from './gen/types.gen.js';
import { toProblemError } from './problem-error.js';
import { type SentForm, sendForm, type UploadProgress, type UploadSource } from './upload-transport.js';

export interface UploadFileOptions {
  client: Client;
  source: UploadSource;
  /** With its extension, which the type must agree with; a File has its own. */
  filename?: string;
  /** What a File or Blob says, else what the extension stands for. */
  contentType?: string;
  /** Slug of the organization that the upload belongs to; none without it. */
  organization?: string;
  /** The entity that it is attached to. */
  attachTo?: { kind: NonNullable<AttachableKind>; id: string };
  /** Bytes of a stream, where they are known: for `total`. */
  size?: number;
  /** Called as bytes leave; the last time with all of them. */
  onProgress?: (progress: UploadProgress) => void;
  signal?: AbortSignal;
}

type AttachableKind = 'Organization' | 'Team' | 'ProjectType' | 'Environment' | 'LinkDefinition' | 'Tag' | 'Project';

/** What browsers and operating systems do not agree on, and the server insists on. */
const TYPES: Readonly<Record<string, string>> = {
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
  svg: 'image/svg+xml',
  pdf: 'application/pdf',
  txt: 'text/plain',
  md: 'text/markdown',
  csv: 'text/csv',
  zip: 'application/zip',
};

/**
 * Uploads a file and tells how far it is. In Node it is streamed, so that memory does not grow with it; in browsers it is
 * sent by an XMLHttpRequest, because their fetch tells nothing of what has been sent. What can be read twice (a Blob, a
 * File) is sent again when the access token ran out meanwhile.
 * @throws ProblemError as the server answers; the signal's reason
 */
export async function uploadFile(options: UploadFileOptions): Promise<Upload> {
  const { client, source, onProgress, signal } = options;
  const filename = options.filename ?? ('name' in source && typeof source.name === 'string' ? source.name : undefined);
  if (filename === undefined) throw new TypeError('uploadFile needs a filename for what is not a File.');
  const form: SentForm = {
    source,
    filename,
    contentType: options.contentType ?? contentTypeOf(source, filename),
    size: source instanceof Blob ? source.size : options.size,
    onProgress,
    signal,
  };
  const caller = callerOf(client);
  const url = new URL('/api/uploads', caller.baseUrl);
  if (options.organization !== undefined) url.searchParams.set('organization', options.organization);
  if (options.attachTo) {
    url.searchParams.set('attach_to_kind', options.attachTo.kind);
    url.searchParams.set('attach_to_id', options.attachTo.id);
  }
  const response = await caller.authorized(source instanceof Blob, (authorization) =>
    sendForm(url, authorization, form, caller.fetch),
  );
  const body: unknown = await response.json().catch(() => undefined);
  if (!isUpload(response, body)) throw toProblemError(body, response);
  return body;
}

function contentTypeOf(source: UploadSource, filename: string): string {
  if (source instanceof Blob && source.type !== '') return source.type;
  const extension = filename.slice(filename.lastIndexOf('.') + 1).toLowerCase();
  return TYPES[extension] ?? 'application/octet-stream';
}

function isUpload(response: Response, _body: unknown): _body is Upload {
  return response.status === 201;
}
