import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTPayload,
} from 'jose';

/** The one algorithm of every token; a token that names another is refused. */
export const JWT_ALGORITHM = 'ES256';

/** An ES256 key pair in memory; `kid` is its RFC 7638 thumbprint. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

/** A key pair as it is stored: `privateJwk` is the JWK as JSON text and must be encrypted at rest. */
export interface SerializedSigningKey {
  readonly kid: string;
  readonly privateJwk: string;
}

export interface JwtToSign {
  readonly typ: string;
  readonly issuer: string;
  readonly audience: string;
  readonly subject: string;
  /** The token's own id. */
  readonly jti: string;
  readonly issuedAt: Date;
  readonly ttlSeconds: number;
  readonly claims?: JWTPayload;
}

export async function generateSigningKey(): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(JWT_ALGORITHM, { extractable: true });
  return fromPrivateJwk(await exportJWK(privateKey));
}

/** The whole pair, private part included, for encrypted storage. */
export async function exportSigningKey(key: SigningKey): Promise<SerializedSigningKey> {
  return { kid: key.kid, privateJwk: JSON.stringify(await exportJWK(key.privateKey)) };
}

/** @throws Error when the text is no P-256 private JWK, or not the one that `kid` names */
export async function importSigningKey(stored: SerializedSigningKey): Promise<SigningKey> {
  const key = await fromPrivateJwk(JSON.parse(stored.privateJwk));
  if (key.kid !== stored.kid) throw new Error('The stored signing key is not the one its kid names.');
  return key;
}

/** The key as /.well-known/jwks.json publishes it. */
export function publicJwk(key: SigningKey): JWK {
  return { ...key.jwk, kid: key.kid, alg: JWT_ALGORITHM, use: 'sig' };
}

/**
 * A token in compact form. Signed at once and not by WebCrypto: handing 30 µs of work to another thread and taking the
 * answer back costs several times what the work does.
 */
export function signJwt(key: SigningKey, token: JwtToSign): string {
  const { typ, issuer, audience, subject, jti, ttlSeconds, claims } = token;
  const iat = Math.floor(token.issuedAt.getTime() / 1000);
  const exp = iat + ttlSeconds;
  const header = encodePart({ alg: JWT_ALGORITHM, typ, kid: key.kid });
  const signed = `${header}.${encodePart({ ...claims, iss: issuer, aud: audience, sub: subject, jti, iat, exp })}`;
  // JWS wants r and s side by side (RFC 7518, 3.4), not the DER that is made otherwise.
  const signature = sign('sha256', Buffer.from(signed), { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

function encodePart(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

async function fromPrivateJwk(privateJwk: JWK): Promise<SigningKey> {
  const { kty, crv, x, y } = privateJwk;
  if (kty !== 'EC' || crv !== 'P-256' || !privateJwk.d) throw new Error('A signing key must be a private P-256 JWK.');
  const jwk = { kty, crv, x, y };
  return {
    kid: await calculateJwkThumbprint(jwk),
    privateKey: createPrivateKey({ key: { ...privateJwk }, format: 'jwk' }),
    publicKey: await importPublicKey(jwk),
    jwk,
  };
}

async function importPublicKey(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, JWT_ALGORITHM, { extractable: true });
  if (key instanceof Uint8Array) throw new Error('A signing key must be asymmetric.');
  return key;
}
