import { contentLinkUrl } from './content-link.js';
import type { ObjectStorage, SignedUrlOptions } from './object-storage.js';
import type { SignedObjects } from './serve-signed-url.js';
import { type Grant, verifyGrant } from './signed-token.js';

export interface ApiLinksOptions {
  /** Where the api serves the links with `serveSignedUrl`, such as `/files`. */
  readonly urlBase: string;
  /** At least 32 bytes, the same in every api process. */
  readonly signingKey: Buffer;
}

/**
 * Links to objects of any storage that the api serves itself, with headers of its own choice. S3 lets a link pin the type
 * and the name of a file, but no Content-Security-Policy: what needs one goes this way, and must be small.
 */
export class ApiLinks implements SignedObjects {
  constructor(
    private readonly storage: ObjectStorage,
    private readonly options: ApiLinksOptions,
  ) {}

  url(key: string, options: SignedUrlOptions): string {
    return contentLinkUrl(key, options, this.options);
  }

  verify(token: string, now = Date.now()): Grant | undefined {
    return verifyGrant(token, this.options.signingKey, now);
  }

  head(...args: Parameters<ObjectStorage['head']>): ReturnType<ObjectStorage['head']> {
    return this.storage.head(...args);
  }

  get(...args: Parameters<ObjectStorage['get']>): ReturnType<ObjectStorage['get']> {
    return this.storage.get(...args);
  }

  put(...args: Parameters<ObjectStorage['put']>): ReturnType<ObjectStorage['put']> {
    return this.storage.put(...args);
  }
}
