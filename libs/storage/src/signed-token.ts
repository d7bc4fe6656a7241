import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SignedUrlOptions } from './object-storage.js';

/** What a signed URL allows, to whoever has it. */
export interface Grant extends Pick<SignedUrlOptions, 'method' | 'disposition' | 'contentType' | 'contentLength'> {
  readonly key: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

const PURPOSE = 'imbi storage link 1\n';

/** The grant and its HMAC-SHA-256, for a URL's query. The grant is signed as one text, so nothing in it can be shifted. */
export function signGrant(grant: Grant, key: Buffer): string {
  const payload = Buffer.from(JSON.stringify(grant)).toString('base64url');
  return `${payload}.${mac(payload, key).toString('base64url')}`;
}

/** The grant if its signature is right and it has not expired. */
export function verifyGrant(token: string, key: Buffer, now: number): Grant | undefined {
  const [payload = '', signature = '', ...rest] = token.split('.');
  if (rest.length > 0) return undefined;
  const expected = mac(payload, key);
  const given = Buffer.from(signature, 'base64url');
  // Only the canonical spelling: base64 would otherwise let one signature be written in several ways.
  if (given.length !== expected.length || given.toString('base64url') !== signature) return undefined;
  if (!timingSafeEqual(given, expected)) return undefined;
  const grant: Grant = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  return grant.expiresAt * 1000 > now ? grant : undefined;
}

function mac(payload: string, key: Buffer): Buffer {
  return createHmac('sha256', key).update(PURPOSE).update(payload).digest();
}
