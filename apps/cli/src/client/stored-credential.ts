import { rmSync } from 'node:fs';
import path from 'node:path';
import { readPrivate, writePrivate } from '../start/private-file.js';

/**
 * `login` is the sign-in of `imbi login`, to any server; `credential` the one that `imbi start` leaves for the commands
 * of whoever may read its data directory. Apart, because each start renews its own.
 */
export type CredentialKind = 'login' | 'credential';

export interface StoredCredential {
  readonly url: string;
  readonly refreshToken: string;
  /** Good for a while, so that not every command needs a new one. */
  readonly accessToken?: string;
}

export function writeCredential(directory: string, kind: CredentialKind, credential: StoredCredential): void {
  writePrivate(fileOf(directory, kind), credential);
}

export function readCredential(directory: string, kind: CredentialKind): StoredCredential | undefined {
  const { url, refreshToken, accessToken } = readPrivate(fileOf(directory, kind)) ?? {};
  if (typeof url !== 'string' || typeof refreshToken !== 'string') return undefined;
  return { url, refreshToken, accessToken: typeof accessToken === 'string' ? accessToken : undefined };
}

export function removeCredential(directory: string, kind: CredentialKind): void {
  rmSync(fileOf(directory, kind), { force: true });
}

function fileOf(directory: string, kind: CredentialKind): string {
  return path.join(directory, `${kind}.json`);
}
