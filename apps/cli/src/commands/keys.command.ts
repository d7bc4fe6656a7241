import { generateKey } from '#libs/crypto';

/** Prints a new key for IMBI_AUTH_ENCRYPTION_KEY. */
export function generateEncryptionKey(): void {
  process.stdout.write(`${generateKey()}\n`);
}
