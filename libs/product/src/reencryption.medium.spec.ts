import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { OAuthProvider, SigningKeyStore } from '#libs/auth';
import { generateKey, KeyRing } from '#libs/crypto';
import { Graph } from '#libs/graph';
import { type TestDatabase, testDatabase } from '#test/database';
import { productModel } from './graph-model.js';
import { migrations } from './migrations.js';
import { reencryptAll } from './reencryption.js';

const PROVIDERS = 25;
const [older, newer] = [generateKey(), generateKey()];

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase({ migrations });
});

afterAll(() => database?.close());

function graphUnder(keys: KeyRing): Graph {
  const cipher = {
    encrypt: (text: string) => keys.encrypt(text),
    decrypt: (stored: string) => keys.decryptText(stored),
  };
  return new Graph(database.db, productModel(), cipher);
}

describe('re-encryption', () => {
  it('moves every stored secret to the first key, changes nothing that can be seen, and has nothing to do twice', async () => {
    const before = graphUnder(new KeyRing([older]));
    const kid = await new SigningKeyStore(database.db, new KeyRing([older])).rotate(60);
    const providers = await before.transaction((tx) =>
      tx.insertMany(
        OAuthProvider,
        Array.from({ length: PROVIDERS }, (_, index) => ({
          slug: `provider-${index}`,
          type: 'oidc' as const,
          name: `Provider ${index}`,
          enabled: true,
          client_id: 'imbi',
          // Every fifth has none.
          client_secret: index % 5 === 0 ? null : `secret-${index}`,
          allowed_domains: [],
        })),
      ),
    );
    const both = new KeyRing([newer, older]);
    const run = () => reencryptAll({ database: database.db, graph: graphUnder(both), keys: both, pageSize: 7 });
    const first = await run();
    expect(first).toContainEqual({ kind: 'signing keys', seen: 1, rewritten: 1 });
    expect(first).toContainEqual({ kind: 'OAuthProvider.client_secret', seen: 20, rewritten: 20 });
    expect((await run()).map(({ rewritten }) => rewritten)).toEqual(first.map(() => 0));
    const after = graphUnder(new KeyRing([newer]));
    for (const [index, provider] of providers.entries()) {
      expect(await after.read.find(OAuthProvider, { id: provider.id })).toEqual(provider);
      const secret = await after.read.reveal(OAuthProvider, provider.id, 'client_secret');
      expect(secret ?? null).toBe(index % 5 === 0 ? null : `secret-${index}`);
    }
    const store = new SigningKeyStore(database.db, new KeyRing([newer]));
    await store.refresh();
    expect(store.keys.current.kid).toBe(kid);
  });

  it('stops at a value under a key that the ring lacks, and leaves it', async () => {
    const stranger = new KeyRing([generateKey()]);
    const both = new KeyRing([generateKey(), newer]);
    const values = () => sql`select private_jwk from imbi_system.signing_keys`.execute(database.db.kysely);
    const stored = await values();
    const run = (keys: KeyRing) => reencryptAll({ database: database.db, graph: graphUnder(keys), keys });
    await expect(run(stranger)).rejects.toThrow();
    expect((await values()).rows).toEqual(stored.rows);
    await expect(run(both)).resolves.toContainEqual({ kind: 'signing keys', seen: 1, rewritten: 1 });
  });
});
