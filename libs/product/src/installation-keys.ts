import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createLogger } from '#libs/common';
import { type Config, ConfigError } from '#libs/config';
import { generateKey, KeyRing } from '#libs/crypto';

const KEY_FILE = 'encryption.key';
const logger = createLogger('keys');

/**
 * The installation's keys: from IMBI_AUTH_ENCRYPTION_KEY, else made once in the data directory.
 * @throws ConfigError in production where the variable is not set: a generated key would void every secret with its disk
 */
export function installationKeys(config: Config): KeyRing {
  const { encryptionKey } = config.auth;
  if (encryptionKey !== undefined) return readKeys(encryptionKey);
  if (config.server.environment === 'production') {
    throw new ConfigError([
      'IMBI_AUTH_ENCRYPTION_KEY is required in production (make one with `imbi keys generate`; keep it as safe as the database)',
    ]);
  }
  const file = path.join(config.data.directory, KEY_FILE);
  if (!existsSync(file)) {
    mkdirSync(config.data.directory, { recursive: true, mode: 0o700 });
    writeFileSync(file, `${generateKey()}\n`, { mode: 0o600, flag: 'wx' });
    logger.warn({ file }, 'an encryption key was made; set IMBI_AUTH_ENCRYPTION_KEY in production');
  }
  chmodSync(file, 0o600);
  return readKeys(readFileSync(file, 'utf8'));
}

function readKeys(text: string): KeyRing {
  try {
    return KeyRing.fromSetting(text.trim());
  } catch (error) {
    throw new ConfigError([`IMBI_AUTH_ENCRYPTION_KEY ${error instanceof Error ? error.message : 'is not valid'}`]);
  }
}

/** The secret that cursors and idempotency fingerprints are keyed with; the same on every replica. */
export function installationSecret(keys: KeyRing): Buffer {
  return keys.derive('http')[0];
}
