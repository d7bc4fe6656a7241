import path from 'node:path';
import { SigningKeyStore } from '#libs/auth';
import { loadConfig } from '#libs/config';
import { generateKey } from '#libs/crypto';
import { Database } from '#libs/database';
import { installationKeys } from '#libs/product';
import { openDatabase } from '../start/open-database.js';

/** Prints a new key for IMBI_AUTH_ENCRYPTION_KEY. */
export function generateEncryptionKey(): void {
  process.stdout.write(`${generateKey()}\n`);
}

/** Makes a new key for signing access tokens; the old one verifies until its last token has expired. */
export async function rotateSigningKeys(): Promise<void> {
  const loaded = loadConfig();
  const config = { ...loaded, data: { directory: path.resolve(loaded.data.directory) } };
  const { connection, close } = await openDatabase(config);
  const database = new Database(connection);
  try {
    const overlap = config.auth.accessTokenTtl;
    const kid = await new SigningKeyStore(database, installationKeys(config)).rotate(overlap);
    process.stdout.write(
      `New signing key ${kid}. Running servers sign with it within half a minute; tokens of the old\n`,
    );
    process.stdout.write(`one are good until they expire, for ${overlap} s at the most.\n`);
  } finally {
    await database.end();
    await close();
  }
}
