import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const SERVER_FILE = 'server.json';
const CREDENTIAL_FILE = 'credential.json';

/** Where the running server is found, for the commands of the same machine. */
export interface ServerAddress {
  readonly url: string;
  readonly pid: number;
  readonly mailUrl?: string;
}

/** The sign-in that `imbi start` leaves for the commands of the same user; readable by that user only. */
export interface StoredCredential {
  readonly url: string;
  readonly refreshToken: string;
}

export function writeServerFile(directory: string, address: ServerAddress): void {
  writePrivate(path.join(directory, SERVER_FILE), address);
}

export function removeServerFile(directory: string): void {
  rmSync(path.join(directory, SERVER_FILE), { force: true });
}

export function readServerFile(directory: string): ServerAddress | undefined {
  const content = readJson(path.join(directory, SERVER_FILE));
  if (typeof content?.['url'] !== 'string' || typeof content['pid'] !== 'number') return undefined;
  return { url: content['url'], pid: content['pid'] };
}

export function writeCredential(directory: string, credential: StoredCredential): void {
  writePrivate(path.join(directory, CREDENTIAL_FILE), credential);
}

export function readCredential(directory: string): StoredCredential | undefined {
  const content = readJson(path.join(directory, CREDENTIAL_FILE));
  if (typeof content?.['url'] !== 'string' || typeof content['refreshToken'] !== 'string') return undefined;
  return { url: content['url'], refreshToken: content['refreshToken'] };
}

// Written beside and renamed, so that a reader never sees half of it and a crash keeps the old one.
function writePrivate(file: string, content: object): void {
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(content)}\n`, { mode: 0o600 });
  renameSync(temporary, file);
}

function readJson(file: string): Record<string, unknown> | undefined {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof content === 'object' && content !== null ? { ...content } : undefined;
  } catch {
    return undefined;
  }
}
