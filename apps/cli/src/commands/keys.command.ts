import path from 'node:path';
import { SigningKeyStore } from '#libs/auth';
import { type Config, loadConfig } from '#libs/config';
import { generateKey } from '#libs/crypto';
import { Database } from '#libs/database';
import { Graph } from '#libs/graph';
import { installationKeys, productModel, reencryptAll } from '#libs/product';
import { openDatabase } from '../start/open-database.js';

/** Prints a new key for IMBI_AUTH_ENCRYPTION_KEY. */
export function generateEncryptionKey(): void {
  process.stdout.write(`${generateKey()}\n`);
}

/** Makes a new key for signing access tokens; the old one verifies until its last token has expired. */
export async function rotateSigningKeys(): Promise<void> {
  await onDatabase(async (database, config) => {
    const overlap = config.auth.accessTokenTtl;
    const kid = await new SigningKeyStore(database, installationKeys(config)).rotate(overlap);
    process.stdout.write(
      `New signing key ${kid}. Running servers sign with it within half a minute; tokens of the old\n`,
    );
    process.stdout.write(`one are good until they expire, for ${overlap} s at the most.\n`);
  });
}

/** Puts everything that is stored encrypted under the first key of the ring. */
export async function reencrypt(): Promise<void> {
  await onDatabase(async (database, config) => {
    const keys = installationKeys(config);
    const [first, ...older] = keys.ids;
    const done = await reencryptAll({ database, keys, graph: new Graph(database, productModel()) });
    for (const { kind, seen, rewritten } of done) {
      process.stdout.write(`${kind}: ${rewritten} of ${seen} rewritten\n`);
    }
    const rest = older.length === 0 ? 'the only one there is' : `no stored value needs ${older.join(', ')} any more`;
    process.stdout.write(`Everything is under the key ${first}: ${rest}.\n`);
  });
}

async function onDatabase(work: (database: Database, config: Config) => Promise<void>): Promise<void> {
  const loaded = loadConfig();
  const config = { ...loaded, data: { directory: path.resolve(loaded.data.directory) } };
  const { connection, close } = await openDatabase(config);
  const database = new Database(connection);
  try {
    await work(database, config);
  } finally {
    await database.end();
    await close();
  }
}
