import { Injectable } from '@nestjs/common';
import { hmacSha256, KeyRing, randomToken, sha256 } from '#libs/crypto';

// Lets people and scanners see what they have found.
const PREFIX = 'imbi_rt_';

/**
 * Makes refresh tokens: 256 bits, stored only as a digest. The first of a family is random; each successor is an HMAC of
 * its predecessor and a stored salt under a key of the installation. So the server can give a client that lost the
 * answer the same successor again without having kept it, and nobody else can compute it.
 */
@Injectable()
export class RefreshTokenCodec {
  private readonly keys: readonly [Buffer, ...Buffer[]];

  constructor(keyRing: KeyRing) {
    this.keys = keyRing.derive('refresh-token');
  }

  first(): string {
    return PREFIX + randomToken();
  }

  salt(): string {
    return randomToken();
  }

  digest(token: string): string {
    return sha256(token);
  }

  successor(token: string, salt: string): string {
    return derive(this.keys[0], token, salt);
  }

  /** What {@link successor} may have given while another key of the ring was the first one, that one included. */
  successors(token: string, salt: string): string[] {
    return this.keys.map((key) => derive(key, token, salt));
  }
}

function derive(key: Buffer, token: string, salt: string): string {
  return PREFIX + hmacSha256(key, `${salt}.${token}`);
}
