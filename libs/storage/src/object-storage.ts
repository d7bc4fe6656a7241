import type { Readable } from 'node:stream';
import type { Disposition } from './content-disposition.js';

/** Injection token of the {@link ObjectStorage} of the installation. */
export const OBJECT_STORAGE = Symbol('imbi.storage');

export interface StoredObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly contentType: string;
  /** Hex; S3 knows it only of objects that were put with it. */
  readonly sha256?: string;
  /** Quoted, as HTTP has it. */
  readonly etag: string;
  readonly modifiedAt: Date;
}

export interface PutOptions {
  readonly contentType: string;
  /** Bytes; a body of any other length is refused and changes nothing. */
  readonly contentLength?: number;
  /** Hex; a body with any other digest is refused and changes nothing. */
  readonly sha256?: string;
  /** Ends the writing; nothing is changed. */
  readonly signal?: AbortSignal;
}

/** Both ends inclusive, as in HTTP; without `end`, to the end of the object. */
export interface ByteRange {
  readonly start: number;
  readonly end?: number;
}

export interface ObjectReading {
  readonly object: StoredObject;
  /** What the body holds: the whole object unless a range was asked for. */
  readonly range: { readonly start: number; readonly end: number };
  /** Must be read to its end or destroyed. */
  readonly body: Readable;
}

export interface ListOptions {
  /** Of the page before. */
  readonly cursor?: string;
  /** 1–1000 (default 1000). */
  readonly limit?: number;
}

export interface ListedObject {
  readonly key: string;
  readonly size: number;
  readonly modifiedAt: Date;
}

export interface ListPage {
  readonly objects: readonly ListedObject[];
  /** Where the next page starts; absent on the last one. */
  readonly cursor?: string;
}

export interface SignedUrlOptions {
  /** A GET link also answers HEAD. */
  readonly method: 'GET' | 'PUT';
  /** 1–604800. */
  readonly expiresInSeconds: number;
  /** GET: how the browser is to treat the file, and under which name. */
  readonly disposition?: Disposition;
  /** GET: answered instead of the stored type. PUT: the type that must be sent, and is stored. */
  readonly contentType?: string;
  /** PUT: the exact number of bytes that must be sent. (An upper bound is nothing that S3 could sign.) */
  readonly contentLength?: number;
}

/**
 * Where files are: S3 or a disk. Keys are chosen by us, never by users (see `assertKey`). A put is all or nothing: until it
 * is complete, and for ever if it fails, the object is what it was before.
 * Methods throw DomainErrors: `storage_unavailable` when the store cannot be reached, `invalid_key` for a bad key.
 */
export interface ObjectStorage {
  /** @throws DomainError `content_mismatch` when the body is not of the declared length or digest */
  put(key: string, body: Readable | Uint8Array, options: PutOptions): Promise<StoredObject>;
  /** @throws DomainError `object_not_found`, `range_not_satisfiable` */
  get(key: string, options?: { readonly range?: ByteRange }): Promise<ObjectReading>;
  head(key: string): Promise<StoredObject | undefined>;
  /** Deleting what is not there is fine. */
  delete(key: string): Promise<void>;
  deleteMany(keys: readonly string[]): Promise<void>;
  /** In the byte order of keys. */
  list(prefix: string, options?: ListOptions): Promise<ListPage>;
  /** @throws DomainError `object_not_found` */
  copy(fromKey: string, toKey: string): Promise<void>;
  /** A link that needs no other proof of identity until it expires. Whether the object exists is not checked. */
  signedUrl(key: string, options: SignedUrlOptions): Promise<string>;
  /**
   * Removes what writers of keys with this prefix left half written when they died before that moment; returns how many
   * pieces. No object is changed.
   */
  sweep(prefix: string, before: Date): Promise<number>;
  /** Resolves when the store answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
