import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';

// libpq's convention, which pg follows: the host is a directory and the port is part of the file's name.
const PORT = 5432;
// 108 bytes on Linux and 104 on macOS, with the final zero.
const MAX_PATH_BYTES = 103;

export interface SocketAddress {
  readonly directory: string;
  readonly port: number;
  readonly file: string;
}

/**
 * Where a unix socket for this data directory may lie, made ready for listening; undefined where only TCP is left.
 * A socket in a directory of ours is preferred, because the engine asks for no password.
 */
export function prepareSocket(dataDir: string): SocketAddress | undefined {
  if (process.platform === 'win32') return undefined;
  const digest = createHash('sha256').update(path.resolve(dataDir)).digest('hex').slice(0, 16);
  for (const directory of [
    path.join(path.resolve(dataDir), 'run'),
    path.join(tmpdir(), `imbi-${userInfo().uid}-${digest}`),
  ]) {
    const file = path.join(directory, `.s.PGSQL.${PORT}`);
    if (Buffer.byteLength(file) > MAX_PATH_BYTES || !isOurs(directory)) continue;
    rmSync(file, { force: true });
    return { directory, port: PORT, file };
  }
  return undefined;
}

// In a shared temporary directory anybody could have put something under the name that we expect.
function isOurs(directory: string): boolean {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const stat = lstatSync(directory);
  return stat.isDirectory() && stat.uid === userInfo().uid && (stat.mode & 0o077) === 0;
}
