import { hash } from 'node:crypto';
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import { RecentMap } from '#libs/common';
import { JWT_ALGORITHM, type SigningKey } from './signing-key.js';

export type JwtFault = 'malformed' | 'header' | 'unknown_key' | 'signature' | 'claims' | 'expired' | 'not_yet_valid';

/** A token that is refused. `fault` is for logs and tests; callers of the API learn only that the token is no good. */
export class JwtError extends Error {
  override readonly name = 'JwtError';

  constructor(readonly fault: JwtFault) {
    super(`The token was refused (${fault}).`);
  }
}

/** The registered claims, all of which a token must carry, and whatever else its issuer put in. */
export interface JwtClaims extends JWTPayload {
  iss: string;
  aud: string;
  sub: string;
  jti: string;
  iat: number;
  exp: number;
}

export interface JwtKeySource {
  find(kid: string): SigningKey | undefined;
}

export interface JwtVerifierOptions {
  readonly issuer: string;
  readonly audience: string;
  readonly typ: string;
  readonly keys: JwtKeySource;
  /** Verified tokens to remember (default 10,000); the one used longest ago is forgotten first. */
  readonly maxCached?: number;
}

interface Verified {
  readonly kid: string;
  readonly claims: JwtClaims;
}

const MAX_TOKEN_LENGTH = 8192;
const MAX_CACHED = 10_000;
// Anything else in a header asks for behaviour (keys by value or address, extensions) that no token of ours needs.
const ALLOWED_HEADERS = new Set(['alg', 'typ', 'kid']);

/**
 * Verifies access tokens: ES256 only, our `typ`, issuer and audience only, keys only from `keys`. A signature that was
 * found good is remembered by the digest of its token until it expires or its key is withdrawn; time is checked anew on
 * every call.
 */
export class JwtVerifier {
  private readonly verified: RecentMap<string, Verified>;
  private checked = 0;

  constructor(private readonly options: JwtVerifierOptions) {
    this.verified = new RecentMap(options.maxCached ?? MAX_CACHED);
  }

  /** Signatures computed since the start, as against answered from memory. */
  get signaturesChecked(): number {
    return this.checked;
  }

  /** @throws JwtError when the token must be refused, for whatever reason */
  async verify(token: string, now = new Date()): Promise<JwtClaims> {
    if (token.length > MAX_TOKEN_LENGTH) throw new JwtError('malformed');
    const digest = hash('sha256', token, 'base64');
    const known = this.recall(digest);
    if (known) return assertTimely(known, now);
    const entry = await this.check(token, now);
    this.verified.set(digest, entry);
    return entry.claims;
  }

  private async check(token: string, now: Date): Promise<Verified> {
    assertCanonicalSignature(token);
    const key = this.keyFor(token);
    const { issuer, audience, typ } = this.options;
    this.checked += 1;
    try {
      const { payload } = await jwtVerify(token, key.publicKey, {
        algorithms: [JWT_ALGORITHM],
        issuer,
        audience,
        typ,
        requiredClaims: ['iss', 'aud', 'sub', 'jti', 'iat', 'exp'],
        currentDate: now,
      });
      return { kid: key.kid, claims: toClaims(payload) };
    } catch (error) {
      throw toJwtError(error);
    }
  }

  private keyFor(token: string): SigningKey {
    const header = readHeader(token);
    if (Object.keys(header).some((name) => !ALLOWED_HEADERS.has(name))) throw new JwtError('header');
    if (header.alg !== JWT_ALGORITHM || header.typ !== this.options.typ) throw new JwtError('header');
    if (typeof header.kid !== 'string') throw new JwtError('header');
    const key = this.options.keys.find(header.kid);
    if (!key) throw new JwtError('unknown_key');
    return key;
  }

  private recall(digest: string): JwtClaims | undefined {
    const entry = this.verified.get(digest);
    if (!entry) return undefined;
    if (this.options.keys.find(entry.kid)) return entry.claims;
    this.verified.delete(digest);
    return undefined;
  }
}

// The last character of 64 bytes in base64url has four bits to spare: sixteen texts, one signature. One is enough.
function assertCanonicalSignature(token: string): void {
  const signature = token.slice(token.lastIndexOf('.') + 1);
  if (Buffer.from(signature, 'base64url').toString('base64url') !== signature) throw new JwtError('malformed');
}

function readHeader(token: string): Record<string, unknown> {
  try {
    return { ...decodeProtectedHeader(token) };
  } catch {
    throw new JwtError('malformed');
  }
}

function assertTimely(claims: JwtClaims, now: Date): JwtClaims {
  const seconds = Math.floor(now.getTime() / 1000);
  if (claims.exp <= seconds) throw new JwtError('expired');
  if (claims.nbf !== undefined && claims.nbf > seconds) throw new JwtError('not_yet_valid');
  return claims;
}

function toClaims(payload: JWTPayload): JwtClaims {
  const { iss, aud, sub, jti, iat, exp } = payload;
  // An audience list would make the token good elsewhere too; ours name exactly one.
  if (typeof aud !== 'string' || !iss || !sub || !jti || iat === undefined || exp === undefined) {
    throw new JwtError('claims');
  }
  return Object.freeze({ ...payload, iss, aud, sub, jti, iat, exp });
}

function toJwtError(error: unknown): JwtError {
  if (error instanceof JwtError) return error;
  if (error instanceof errors.JWTExpired) return new JwtError('expired');
  if (error instanceof errors.JWTClaimValidationFailed) {
    return new JwtError(error.claim === 'nbf' ? 'not_yet_valid' : 'claims');
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return new JwtError('signature');
  return new JwtError('malformed');
}
