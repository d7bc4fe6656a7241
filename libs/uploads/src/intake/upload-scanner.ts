import type { Readable } from 'node:stream';

/** Injection token of an {@link UploadScanner}; without one nothing is scanned. */
export const UPLOAD_SCANNER = Symbol('imbi.uploads.scanner');

export interface ScannedFile {
  readonly filename: string;
  readonly contentType: string;
  /** Bytes. */
  readonly size: number;
  /** The file as it would be served. */
  open(): Promise<Readable>;
}

/** Looks into each file before anybody else can. What it throws refuses the upload as `unavailable`. */
export interface UploadScanner {
  /** The name of what was found, undefined where there is nothing. */
  scan(file: ScannedFile): Promise<string | undefined>;
}
