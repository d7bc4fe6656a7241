import { hkdfSync } from 'node:crypto';

export const HTTP_KEYS = Symbol('imbi.http.keys');

/** Keys that the HTTP base derives from the installation's one secret. */
export interface HttpKeys {
  readonly cursor: Buffer;
  readonly idempotency: Buffer;
}

/** @param secret the installation's, at least 32 bytes; the same on every replica */
export function deriveHttpKeys(secret: Buffer): HttpKeys {
  if (secret.length < 32) throw new Error('The installation secret must have at least 32 bytes.');
  const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', secret, '', `imbi http ${purpose}`, 32));
  return { cursor: derive('cursor'), idempotency: derive('idempotency') };
}
