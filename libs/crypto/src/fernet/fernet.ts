import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const VERSION = 0x80;
const HEADER_BYTES = 1 + 8 + 16;
const MAC_BYTES = 32;
const BLOCK_BYTES = 16;
const MAX_CLOCK_SKEW_SECONDS = 60;

export type FernetFault = 'malformed' | 'expired' | 'from_the_future' | 'not_ours';

/** A token that does not open. `fault` is for tests and operators; callers of the API learn only that it failed. */
export class FernetError extends Error {
  override readonly name = 'FernetError';

  constructor(readonly fault: FernetFault) {
    super(`The encrypted value could not be opened (${fault}).`);
  }
}

export interface FernetOpenOptions {
  /** The oldest a token may be; not given means any age, and its clock is not looked at. */
  ttlSeconds?: number;
  now?: Date;
}

/**
 * Authenticated encryption with one key, as https://github.com/fernet/spec says: AES-128-CBC, then HMAC-SHA-256 over
 * version, time, IV and ciphertext.
 */
export class Fernet {
  private readonly signingKey: Buffer;
  private readonly encryptionKey: Buffer;

  /** @param key 32 bytes as base64url text, padding optional; @throws Error when it is anything else */
  constructor(key: string) {
    const bytes = decodeKey(key);
    this.signingKey = bytes.subarray(0, 16);
    this.encryptionKey = bytes.subarray(16);
  }

  seal(plain: string | Uint8Array, now = new Date()): string {
    return this.sealWith(plain, now, randomBytes(BLOCK_BYTES));
  }

  /** For the published vectors only: an IV must never be used twice. */
  sealWith(plain: string | Uint8Array, now: Date, iv: Uint8Array): string {
    const header = Buffer.alloc(9);
    header.writeUInt8(VERSION, 0);
    header.writeBigUInt64BE(BigInt(Math.floor(now.getTime() / 1000)), 1);
    const cipher = createCipheriv('aes-128-cbc', this.encryptionKey, iv);
    const body = Buffer.concat([header, iv, cipher.update(plain), cipher.final()]);
    return toText(Buffer.concat([body, this.mac(body)]));
  }

  /** @throws FernetError when the token is malformed, made with another key, changed, or too old */
  open(token: string, options: FernetOpenOptions = {}): Buffer {
    const bytes = parse(token);
    assertFresh(bytes, options);
    const body = bytes.subarray(0, -MAC_BYTES);
    if (!timingSafeEqual(this.mac(body), bytes.subarray(-MAC_BYTES))) throw new FernetError('not_ours');
    const decipher = createDecipheriv('aes-128-cbc', this.encryptionKey, body.subarray(9, HEADER_BYTES));
    try {
      return Buffer.concat([decipher.update(body.subarray(HEADER_BYTES)), decipher.final()]);
    } catch {
      throw new FernetError('malformed');
    }
  }

  private mac(body: Uint8Array): Buffer {
    return createHmac('sha256', this.signingKey).update(body).digest();
  }
}

/** When the token was made; meaningful only for a token that opens. */
export function sealedAt(token: string): Date {
  return new Date(Number(parse(token).readBigUInt64BE(1)) * 1000);
}

export function decodeKey(key: string): Buffer {
  const bytes = Buffer.from(key, 'base64url');
  if (bytes.length !== 32 || bytes.toString('base64url') !== key.replace(/=+$/, '')) {
    throw new Error('A Fernet key is 32 bytes as base64url text (44 characters).');
  }
  return bytes;
}

function parse(token: string): Buffer {
  const bytes = Buffer.from(token, 'base64url');
  // Node skips what is not base64; a token that is not exactly what we would write is refused instead.
  if (toText(bytes) !== token) throw new FernetError('malformed');
  const ciphertextBytes = bytes.length - HEADER_BYTES - MAC_BYTES;
  if (bytes[0] !== VERSION || ciphertextBytes < BLOCK_BYTES || ciphertextBytes % BLOCK_BYTES !== 0) {
    throw new FernetError('malformed');
  }
  return bytes;
}

function assertFresh(bytes: Buffer, { ttlSeconds, now = new Date() }: FernetOpenOptions): void {
  if (ttlSeconds === undefined) return;
  const age = Math.floor(now.getTime() / 1000) - Number(bytes.readBigUInt64BE(1));
  if (age > ttlSeconds) throw new FernetError('expired');
  if (age < -MAX_CLOCK_SKEW_SECONDS) throw new FernetError('from_the_future');
}

function toText(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}
