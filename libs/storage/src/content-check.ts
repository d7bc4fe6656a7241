import { createHash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import type { PutOptions } from './object-storage.js';
import { contentMismatch } from './storage-error.js';

/** Passes a body through, counting and hashing it, and fails at its end, before any commit, if it is not as announced. */
export class ContentCheck extends Transform {
  // Not `size`: the SDK would take that for the length of the whole body.
  byteCount = 0;
  private readonly hash = createHash('sha256');
  private digest: string | undefined;

  constructor(private readonly expected: Pick<PutOptions, 'contentLength' | 'sha256'>) {
    super();
  }

  /** Hex; known once the body has ended. */
  get sha256(): string {
    this.digest ??= this.hash.digest('hex');
    return this.digest;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    this.byteCount += chunk.length;
    this.hash.update(chunk);
    const { contentLength } = this.expected;
    const tooLong = contentLength !== undefined && this.byteCount > contentLength;
    callback(tooLong ? contentMismatch(`it is longer than ${contentLength} bytes`) : null, chunk);
  }

  override _flush(callback: TransformCallback): void {
    callback(this.mismatch());
  }

  private mismatch(): Error | null {
    const { contentLength, sha256 } = this.expected;
    if (contentLength !== undefined && this.byteCount !== contentLength) {
      return contentMismatch(`it has ${this.byteCount} of ${contentLength} bytes`);
    }
    if (sha256 !== undefined && this.sha256 !== sha256.toLowerCase()) {
      return contentMismatch('its SHA-256 is another one');
    }
    return null;
  }
}
