import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { RecentMap } from '#libs/common';
import { hmacSha256, KeyRing } from '#libs/crypto';
import { hasChecksum, randomText, withChecksum } from '../credential/secret-text.js';
import type { ApiKeySubject } from '../principal/credential-subject.js';

/** Lets people and scanners see what they have found. */
const PREFIX = 'ik_';
const ID_LENGTH = 16;
const RANDOM_LENGTH = 26;
const MAX_KNOWN = 10_000;
const KEY = new RegExp(`^${PREFIX}([0-9A-Za-z]{${ID_LENGTH}})_[0-9A-Za-z]{${RANDOM_LENGTH + 6}}$`);

/** A new key; `key` is shown once and never kept. */
export interface MadeApiKey {
  readonly keyId: string;
  readonly key: string;
  readonly mac: string;
}

/**
 * Makes and reads API keys: `ik_<16 characters>_<32 characters>`, the last six of which are a checksum, so that scanners
 * of leaked secrets can tell real keys without asking. The secret has 154 random bits: an HMAC under a key of the
 * installation protects it as well as a slow hash would, and takes microseconds at each call.
 */
@Injectable()
export class ApiKeyCodec {
  private readonly peppers: readonly [Buffer, ...Buffer[]];
  /** What keys were read as, by their digests: as with tokens, what does not change is found out once. */
  private readonly known = new RecentMap<string, ApiKeySubject>(MAX_KNOWN);

  constructor(keyRing: KeyRing) {
    this.peppers = keyRing.derive('api-key');
  }

  /** A key with a new id, or a new secret for the key `keyId`. */
  make(keyId = randomText(ID_LENGTH)): MadeApiKey {
    const key = withChecksum(`${PREFIX}${keyId}_${randomText(RANDOM_LENGTH)}`);
    return { keyId, key, mac: hmacSha256(this.peppers[0], key) };
  }

  isKey(text: string): boolean {
    return text.startsWith(PREFIX);
  }

  /** Undefined where it cannot be a key of ours: mistyped, cut off, or made up. Says nothing of whether it is valid. */
  read(text: string): ApiKeySubject | undefined {
    const digest = hash('sha256', text, 'base64');
    const known = this.known.get(digest);
    if (known) return known;
    const subject = this.parse(text);
    if (subject) this.known.set(digest, subject);
    return subject;
  }

  private parse(text: string): ApiKeySubject | undefined {
    const keyId = KEY.exec(text)?.[1];
    if (keyId === undefined || !hasChecksum(text)) return undefined;
    return { kind: 'api_key', keyId, macs: this.macs(text) };
  }

  /** What is stored for `secret`, by each key of the ring, the first of which is the one for new secrets. */
  macs(secret: string): string[] {
    return this.peppers.map((pepper) => hmacSha256(pepper, secret));
  }
}
