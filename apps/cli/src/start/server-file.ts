import { rmSync } from 'node:fs';
import path from 'node:path';
import { readPrivate, writePrivate } from './private-file.js';

const SERVER_FILE = 'server.json';
const STATUS_MILLISECONDS = 2000;

/** Where the running server is found, for the commands of the same machine. */
export interface ServerAddress {
  readonly url: string;
  readonly pid: number;
  readonly mailUrl?: string;
}

export function writeServerFile(directory: string, address: ServerAddress): void {
  writePrivate(path.join(directory, SERVER_FILE), address);
}

export function removeServerFile(directory: string): void {
  rmSync(path.join(directory, SERVER_FILE), { force: true });
}

/**
 * The server that runs on this directory, if it answers. A killed one leaves its file, and its process id may by now be
 * another program's, so only an answer counts.
 */
export async function findRunningServer(directory: string): Promise<ServerAddress | undefined> {
  const content = readPrivate(path.join(directory, SERVER_FILE));
  const { url, pid } = content ?? {};
  if (typeof url !== 'string' || typeof pid !== 'number' || pid === process.pid) return undefined;
  try {
    const answer = await fetch(new URL('/status', url), { signal: AbortSignal.timeout(STATUS_MILLISECONDS) });
    return answer.ok ? { url, pid } : undefined;
  } catch {
    return undefined;
  }
}
