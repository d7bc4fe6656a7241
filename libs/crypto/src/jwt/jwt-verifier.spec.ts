import { createHmac } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { calculateJwkThumbprint, exportJWK, exportSPKI, type JWTHeaderParameters, SignJWT } from 'jose';
import { JwtError, JwtVerifier } from './jwt-verifier.js';
import { exportSigningKey, generateSigningKey, importSigningKey, type SigningKey, signJwt } from './signing-key.js';
import { SigningKeys } from './signing-keys.js';

const ISSUER = 'https://imbi.example.org';
const NOW = new Date('2026-11-23T12:00:00.500Z');
const SECONDS = Math.floor(NOW.getTime() / 1000);
const good = { typ: 'at+jwt', issuer: ISSUER, audience: 'imbi', subject: 'user', jti: 'token', ttlSeconds: 60 };
const claims = { iss: ISSUER, aud: 'imbi', sub: 'user', jti: 'token', iat: SECONDS, exp: SECONDS + 60 };

let key: SigningKey;
let stranger: SigningKey;
let keys: SigningKeys;

beforeAll(async () => {
  [key, stranger] = await Promise.all([generateSigningKey(), generateSigningKey()]);
  keys = new SigningKeys([key]);
});

const verifier = (maxCached?: number) =>
  new JwtVerifier({ issuer: ISSUER, audience: 'imbi', typ: 'at+jwt', keys, maxCached });

async function faultOf(token: string): Promise<string | undefined> {
  try {
    await verifier().verify(token, NOW);
    return undefined;
  } catch (error) {
    return error instanceof JwtError ? error.fault : String(error);
  }
}

function sign(payload: object, header: Partial<JWTHeaderParameters> = {}, by = key): Promise<string> {
  return new SignJWT({ ...payload })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: key.kid, ...header })
    .sign(by.privateKey);
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** An HS256 token whose HMAC secret is `secret`, with a header of our choosing. */
function hmacToken(secret: string, header: object = {}): string {
  const text = `${part({ alg: 'HS256', typ: 'at+jwt', kid: key.kid, ...header })}.${part(claims)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

describe('JWT attacks (ASVS 5.0 9.1.1, 9.1.2, 9.1.3, 9.2.1, 9.2.2, 9.2.3)', () => {
  it('accepts the token that the table below spoils', async () => {
    expect(await faultOf(await sign(claims))).toBeUndefined();
  });

  const attacks: [string, string, () => string | Promise<string>][] = [
    [
      'alg none, no signature',
      'header',
      () => `${part({ alg: 'none', typ: 'at+jwt', kid: key.kid })}.${part(claims)}.`,
    ],
    ['alg None', 'header', () => `${part({ alg: 'None', typ: 'at+jwt', kid: key.kid })}.${part(claims)}.`],
    ['ES256 with an empty signature', 'signature', async () => `${(await sign(claims)).replace(/[^.]+$/, '')}`],
    [
      'ES256 with an all-zero signature',
      'signature',
      async () => (await sign(claims)).replace(/[^.]+$/, Buffer.alloc(64).toString('base64url')),
    ],
    ['HS256 with the public key as PEM', 'header', async () => hmacToken(await exportSPKI(key.publicKey))],
    [
      'HS256 with the public key as JWK',
      'header',
      async () => hmacToken(JSON.stringify(await exportJWK(key.publicKey))),
    ],
    ['HS256 called ES256', 'signature', async () => hmacToken(await exportSPKI(key.publicKey), { alg: 'ES256' })],
    ['signed by a stranger under our kid', 'signature', () => sign(claims, {}, stranger)],
    ['signed by a stranger under its own kid', 'unknown_key', () => sign(claims, { kid: stranger.kid }, stranger)],
    ['kid that is a path', 'unknown_key', () => sign(claims, { kid: '../../dev/null' })],
    ['kid that is SQL', 'unknown_key', () => sign(claims, { kid: "x' union select 'key" })],
    ['no kid', 'header', () => sign(claims, { kid: undefined })],
    [
      'embedded jwk',
      'header',
      async () => sign(claims, { kid: await calculateJwkThumbprint(stranger.jwk), jwk: stranger.jwk }, stranger),
    ],
    ['jku', 'header', () => sign(claims, { jku: 'https://evil.example/jwks.json' }, stranger)],
    ['x5u', 'header', () => sign(claims, { x5u: 'https://evil.example/cert.pem' }, stranger)],
    ['x5c', 'header', () => sign(claims, { x5c: ['MIIB'] }, stranger)],
    [
      'crit',
      'header',
      () => `${part({ alg: 'ES256', typ: 'at+jwt', kid: key.kid, crit: ['b64'], b64: false })}.${part(claims)}.AAAA`,
    ],
    ['another typ', 'header', () => sign(claims, { typ: 'JWT' })],
    ['no typ', 'header', () => sign(claims, { typ: undefined })],
    ['another issuer', 'claims', () => sign({ ...claims, iss: 'https://evil.example' })],
    ['issuer with a slash more', 'claims', () => sign({ ...claims, iss: `${ISSUER}/` })],
    ['another audience', 'claims', () => sign({ ...claims, aud: 'elsewhere' })],
    ['several audiences', 'claims', () => sign({ ...claims, aud: ['imbi', 'elsewhere'] })],
    ['no audience', 'claims', () => sign({ ...claims, aud: undefined })],
    ['no subject', 'claims', () => sign({ ...claims, sub: undefined })],
    ['no jti', 'claims', () => sign({ ...claims, jti: undefined })],
    ['no expiry', 'claims', () => sign({ ...claims, exp: undefined })],
    ['an expiry that is text', 'claims', () => sign({ ...claims, exp: '9999999999' })],
    ['expired this second', 'expired', () => sign({ ...claims, exp: SECONDS })],
    ['not yet valid', 'not_yet_valid', () => sign({ ...claims, nbf: SECONDS + 1 })],
    [
      'tampered claims',
      'signature',
      async () => (await sign(claims)).replace(/\.[^.]+\./, `.${part({ ...claims, sub: 'admin' })}.`),
    ],
    ['two parts', 'malformed', () => 'a.b'],
    ['five parts (JWE)', 'malformed', () => 'a.b.c.d.e'],
    ['a header that is no JSON', 'malformed', async () => (await sign(claims)).replace(/^[^.]+/, 'AAAA')],
    ['nothing at all', 'malformed', () => ''],
    ['a megabyte', 'malformed', () => 'a'.repeat(1_000_000)],
  ];

  it.each(attacks)('refuses: %s', async (_name, fault, forge) => {
    expect(await faultOf(await forge())).toBe(fault);
  });

  it('refuses every other spelling of the same signature', async () => {
    const token = await sign(claims);
    const spellings = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_']
      .map((last) => token.slice(0, -1) + last)
      .filter((other) => other !== token);
    for (const other of spellings) expect(await faultOf(other)).toBeDefined();
  });

  it('refuses a token with any one character changed', async () => {
    const token = await sign(claims);
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom('A', 'B', '_', '.', '='), async (at, character) => {
        fc.pre(token[at] !== character);
        const changed = token.slice(0, at) + character + token.slice(at + 1);
        expect(await faultOf(changed)).toBeDefined();
      }),
    );
  });
});

describe('JwtVerifier', () => {
  it('gives the claims of a token that signJwt made', async () => {
    const token = signJwt(key, { ...good, issuedAt: NOW, claims: { sid: 'session' } });
    expect(await verifier().verify(token, NOW)).toEqual({ ...claims, sid: 'session' });
  });

  it('accepts every signature of signJwt, whose two numbers are padded to their full length', async () => {
    const verify = verifier();
    // One in 128 has a number with a leading zero byte.
    for (let serial = 0; serial < 500; serial += 1) {
      const token = signJwt(key, { ...good, jti: String(serial), issuedAt: NOW });
      expect(Buffer.from(token.split('.')[2] ?? '', 'base64url')).toHaveLength(64);
      expect((await verify.verify(token, NOW)).jti).toBe(String(serial));
    }
    expect(verify.signaturesChecked).toBe(500);
  });

  it('finds nothing in a header of signJwt but what it needs, and no claim in place of a registered one', () => {
    const token = signJwt(key, { ...good, issuedAt: NOW, claims: { sub: 'admin', exp: 9_999_999_999, sid: 's' } });
    const [header, payload] = token.split('.').map((each) => Buffer.from(each, 'base64url').toString());
    expect(JSON.parse(header ?? '')).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: key.kid });
    expect(JSON.parse(payload ?? '')).toEqual({ ...claims, sid: 's' });
  });

  it('computes the signature of a token once, and its expiry every time', async () => {
    const verify = verifier();
    const token = signJwt(key, { ...good, issuedAt: NOW });
    for (let call = 0; call < 5; call += 1) await verify.verify(token, NOW);
    expect(verify.signaturesChecked).toBe(1);
    const later = new Date(NOW.getTime() + 60_000);
    await expect(verify.verify(token, later)).rejects.toMatchObject({ fault: 'expired' });
    expect(verify.signaturesChecked).toBe(1);
  });

  it('does not remember refusals as successes', async () => {
    const verify = verifier();
    const forged = await sign(claims, {}, stranger);
    for (let call = 0; call < 2; call += 1) await expect(verify.verify(forged, NOW)).rejects.toThrow(JwtError);
  });

  it('refuses remembered tokens of a key that was withdrawn, and accepts during an overlap', async () => {
    const ring = new SigningKeys([key]);
    const verify = new JwtVerifier({ issuer: ISSUER, audience: 'imbi', typ: 'at+jwt', keys: ring });
    const token = signJwt(key, { ...good, issuedAt: NOW });
    await verify.verify(token, NOW);
    ring.replace([stranger, key]);
    await verify.verify(token, NOW);
    expect(ring.jwks().keys).toHaveLength(2);
    ring.replace([stranger]);
    await expect(verify.verify(token, NOW)).rejects.toMatchObject({ fault: 'unknown_key' });
  });

  it('remembers no more than it may, and forgets the one used longest ago', async () => {
    const verify = verifier(2);
    const [a, b, c] = ['a', 'b', 'c'].map((jti) => signJwt(key, { ...good, jti, issuedAt: NOW }));
    for (const token of [a, b, a, c, a]) await verify.verify(token ?? '', NOW);
    expect(verify.signaturesChecked).toBe(3);
    await verify.verify(b ?? '', NOW);
    expect(verify.signaturesChecked).toBe(4);
  });
});

describe('signing keys', () => {
  it('survive storage under their thumbprint', async () => {
    const stored = await exportSigningKey(key);
    expect(stored.kid).toBe(await calculateJwkThumbprint(await exportJWK(key.publicKey)));
    const restored = new SigningKeys([await importSigningKey(stored)]);
    const token = signJwt(restored.current, { ...good, issuedAt: NOW });
    expect((await verifier().verify(token, NOW)).sub).toBe('user');
    await expect(importSigningKey({ ...stored, kid: stranger.kid })).rejects.toThrow('not the one');
  });

  it('are published without their private part', () => {
    expect(keys.jwks()).toEqual({
      keys: [
        {
          kty: 'EC',
          crv: 'P-256',
          x: expect.any(String),
          y: expect.any(String),
          kid: key.kid,
          alg: 'ES256',
          use: 'sig',
        },
      ],
    });
  });

  it('refuse a public key, and to sign before one is loaded', async () => {
    await expect(importSigningKey({ kid: key.kid, privateJwk: JSON.stringify(key.jwk) })).rejects.toThrow(
      'must be a private',
    );
    expect(() => new SigningKeys().current).toThrow('No signing key');
  });
});
