import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import { decodeKey, Fernet, FernetError, type FernetOpenOptions, sealedAt } from './fernet.js';

interface Ring {
  readonly id: string;
  readonly bytes: Buffer;
  readonly fernet: Fernet;
}

/** A new Fernet key: 32 random bytes as base64url text. */
export function generateKey(): string {
  return `${randomBytes(32).toString('base64url')}=`;
}

/** Several Fernet keys: the first encrypts, all decrypt, so that a key is replaced without a moment of failure. */
export class KeyRing {
  private readonly keys: readonly [Ring, ...Ring[]];

  /** @throws Error when there is no key, or one that is not 32 bytes of base64url */
  constructor(keys: readonly string[]) {
    const [first, ...rest] = keys.map(toRing);
    if (!first) throw new Error('A key ring needs at least one key.');
    this.keys = [first, ...rest];
  }

  /** Reads the setting IMBI_AUTH_ENCRYPTION_KEY: keys separated by commas or white space. */
  static fromSetting(text: string): KeyRing {
    return new KeyRing(text.split(/[\s,]+/).filter((key) => key !== ''));
  }

  /** Short, harmless names of the keys, the encrypting one first. */
  get ids(): readonly string[] {
    return this.keys.map((key) => key.id);
  }

  encrypt(plain: string | Uint8Array): string {
    return this.keys[0].fernet.seal(plain);
  }

  /** @throws FernetError when no key of the ring opens the token */
  decrypt(token: string, options: FernetOpenOptions = {}): Buffer {
    return this.open(token, options).plain;
  }

  /** {@link decrypt} for what was UTF-8 text. */
  decryptText(token: string, options: FernetOpenOptions = {}): string {
    return this.decrypt(token, options).toString('utf8');
  }

  /** The token under the first key, its time kept; undefined when that is the key it is under already. */
  reencrypt(token: string): string | undefined {
    const { key, plain } = this.open(token, {});
    return key === this.keys[0] ? undefined : this.keys[0].fernet.seal(plain, sealedAt(token));
  }

  /**
   * A 32-byte key for one other purpose (a pepper, link signatures) from each key of the ring, in its order: sign with
   * the first, accept any.
   */
  derive(purpose: string): readonly [Buffer, ...Buffer[]] {
    const [first, ...rest] = this.keys;
    const derived = (key: Ring) => Buffer.from(hkdfSync('sha256', key.bytes, '', `imbi:${purpose}`, 32));
    return [derived(first), ...rest.map(derived)];
  }

  private open(token: string, options: FernetOpenOptions): { key: Ring; plain: Buffer } {
    for (const key of this.keys) {
      try {
        return { key, plain: key.fernet.open(token, options) };
      } catch (error) {
        if (!(error instanceof FernetError) || error.fault !== 'not_ours') throw error;
      }
    }
    throw new FernetError('not_ours');
  }
}

function toRing(text: string): Ring {
  const bytes = decodeKey(text);
  const id = createHash('sha256').update('imbi:key-id').update(bytes).digest('hex').slice(0, 8);
  return { id, bytes, fernet: new Fernet(text) };
}
