import type { JWK } from 'jose';
import type { JwtKeySource } from './jwt-verifier.js';
import { publicJwk, type SigningKey } from './signing-key.js';

/** The key pairs in force: the first signs, all verify and are published, so that keys rotate with an overlap. */
export class SigningKeys implements JwtKeySource {
  private keys: readonly SigningKey[] = [];

  constructor(keys: readonly SigningKey[] = []) {
    this.replace(keys);
  }

  /** @throws Error before the first key was given */
  get current(): SigningKey {
    const [first] = this.keys;
    if (!first) throw new Error('No signing key is loaded.');
    return first;
  }

  get size(): number {
    return this.keys.length;
  }

  find(kid: string): SigningKey | undefined {
    return this.keys.find((key) => key.kid === kid);
  }

  /** Takes the keys in force from now on; tokens of one that is missing are refused from the next call. */
  replace(keys: readonly SigningKey[]): void {
    this.keys = [...keys];
  }

  /** The document of /.well-known/jwks.json. */
  jwks(): { keys: JWK[] } {
    return { keys: this.keys.map(publicJwk) };
  }
}
