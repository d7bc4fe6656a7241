import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTPayload,
  SignJWT,
} from 'jose';

/** The one algorithm of every token; a token that names another is refused. */
export const JWT_ALGORITHM = 'ES256';

/** An ES256 key pair in memory; `kid` is its RFC 7638 thumbprint. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
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

export async function signJwt(key: SigningKey, token: JwtToSign): Promise<string> {
  const issuedAt = Math.floor(token.issuedAt.getTime() / 1000);
  return new SignJWT(token.claims)
    .setProtectedHeader({ alg: JWT_ALGORITHM, typ: token.typ, kid: key.kid })
    .setIssuer(token.issuer)
    .setAudience(token.audience)
    .setSubject(token.subject)
    .setJti(token.jti)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + token.ttlSeconds)
    .sign(key.privateKey);
}

async function fromPrivateJwk(privateJwk: JWK): Promise<SigningKey> {
  const { kty, crv, x, y } = privateJwk;
  if (kty !== 'EC' || crv !== 'P-256' || !privateJwk.d) throw new Error('A signing key must be a private P-256 JWK.');
  const jwk = { kty, crv, x, y };
  return {
    kid: await calculateJwkThumbprint(jwk),
    privateKey: await importKey(privateJwk, true),
    publicKey: await importKey(jwk, true),
    jwk,
  };
}

async function importKey(jwk: JWK, extractable: boolean): Promise<CryptoKey> {
  const key = await importJWK(jwk, JWT_ALGORITHM, { extractable });
  if (key instanceof Uint8Array) throw new Error('A signing key must be asymmetric.');
  return key;
}
