import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** `bytes` random bytes as base64url text; 32 bytes (256 bits) unless told otherwise. */
export function randomToken(bytes = 32): string {
  return randomBytes(bytes).toString('base64url');
}

/** SHA-256 as base64url text: how random tokens are stored. Passwords need {@link PasswordHasher} instead. */
export function sha256(data: string | Uint8Array): string {
  return hash('sha256', data, 'base64url');
}

/** HMAC-SHA-256 as base64url text. */
export function hmacSha256(key: string | Uint8Array, data: string | Uint8Array): string {
  return createHmac('sha256', key).update(data).digest('base64url');
}

/** Compares texts in a time that tells neither where they differ nor how long the secret one is. */
export function timingSafeEqualText(left: string, right: string): boolean {
  return timingSafeEqual(hash('sha256', left, 'buffer'), hash('sha256', right, 'buffer'));
}
