import { assertKey } from './object-key.js';
import type { SignedUrlOptions } from './object-storage.js';
import { assertExpiry } from './request-rules.js';
import { signGrant } from './signed-token.js';

/** A link that `serveSignedUrl` answers. */
export function contentLinkUrl(
  key: string,
  { method, disposition, contentType, contentLength, expiresInSeconds }: SignedUrlOptions,
  { urlBase, signingKey }: { readonly urlBase: string; readonly signingKey: Buffer },
): string {
  assertKey(key);
  assertExpiry(expiresInSeconds);
  const expiresAt = Math.ceil(Date.now() / 1000) + expiresInSeconds;
  return `${urlBase}?grant=${signGrant({ key, method, expiresAt, disposition, contentType, contentLength }, signingKey)}`;
}
