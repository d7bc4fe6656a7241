import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { generateKey, KeyRing } from '#libs/crypto';
import { type AuthPlatform, authPlatform, type ServiceLocator } from '#test/auth';
import { AccessTokens } from './access-tokens.js';
import { SigningKeyStore } from './signing-key-store.js';

const SUBJECT = { userId: 'a-user', sessionId: 'a-session' };

let platform: AuthPlatform;
let first: ServiceLocator;
let second: ServiceLocator;

beforeAll(async () => {
  platform = await authPlatform();
  [first, second] = [await platform.services(), await platform.services()];
});

afterAll(() => platform?.close());

describe('signing keys', () => {
  it('are made once, though two processes need the first one together, and both trust each other’s tokens', async () => {
    const [left, right] = [first.get(AccessTokens), second.get(AccessTokens)];
    const [one, two] = await Promise.all([left.issue(SUBJECT), right.issue(SUBJECT)]);
    expect(await left.verify(two.token)).toEqual({ kind: 'session', ...SUBJECT });
    expect(await right.verify(one.token)).toEqual({ kind: 'session', ...SUBJECT });
    expect(first.get(SigningKeyStore).keys.size).toBe(1);
  });

  it('are stored encrypted', async () => {
    const { rows } = await sql<{ private_jwk: string }>`select private_jwk from imbi_system.signing_keys`.execute(
      platform.database.kysely,
    );
    expect(rows).toHaveLength(1);
    for (const row of rows) {
      expect(row.private_jwk).toMatch(/^gAAAA/);
      expect(JSON.parse(platform.keyRing.decryptText(row.private_jwk))).toMatchObject({
        kty: 'EC',
        d: expect.any(String),
      });
    }
  });

  it('cannot be opened without the key they were encrypted with', async () => {
    const store = new SigningKeyStore(platform.database, new KeyRing([generateKey()]));
    await expect(store.refresh()).rejects.toThrow('could not be opened');
  });

  it('rotate with an overlap that other processes notice', async () => {
    const [left, right] = [first.get(AccessTokens), second.get(AccessTokens)];
    const old = await left.issue(SUBJECT);
    const kid = await first.get(SigningKeyStore).rotate(3600);
    const fresh = await left.issue(SUBJECT);
    expect(JSON.parse(Buffer.from(fresh.token.split('.')[0] ?? '', 'base64url').toString()).kid).toBe(kid);
    expect(await left.verify(old.token)).toEqual({ kind: 'session', ...SUBJECT });
    // The other process looks again, at most every two seconds.
    await new Promise((resolve) => setTimeout(resolve, 2100));
    expect(await right.verify(fresh.token)).toEqual({ kind: 'session', ...SUBJECT });
    expect(await right.verify(old.token)).toEqual({ kind: 'session', ...SUBJECT });
    expect(
      second
        .get(SigningKeyStore)
        .keys.jwks()
        .keys.map((key) => key.kid)[0],
    ).toBe(kid);
  });

  it('stop verifying when their overlap is over', async () => {
    const old = await first.get(AccessTokens).issue(SUBJECT);
    await first.get(SigningKeyStore).rotate(0);
    await expect(first.get(AccessTokens).verify(old.token)).rejects.toMatchObject({ fault: 'unknown_key' });
  });
});
