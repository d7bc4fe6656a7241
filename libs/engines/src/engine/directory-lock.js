// One process per data directory: PGlite itself lets two open the same files, and they corrupt them without a word.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';

// How long the engine of a killed parent may take to notice and close.
const ORPHAN_WAIT_MILLISECONDS = 10_000;
const SQLITE_BUSY = 5;

export class DirectoryInUse extends Error {
  /** @param {string} dataDir @param {number | undefined} pid */
  constructor(dataDir, pid) {
    super(`data directory in use by pid ${pid ?? 'unknown'}: ${dataDir}`);
    this.pid = pid;
  }
}

/**
 * Takes the directory until this process ends. The lock is SQLite's lock on an empty file, that is one of the
 * operating system: a killed holder frees it at once, nothing can be stale, and process ids are only told, not trusted.
 * @param {string} dataDir
 * @returns {Promise<() => void>} gives the directory back
 */
export async function lockDirectory(dataDir) {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const ownerFile = join(dataDir, 'postgres.pid');
  const deadline = performance.now() + ORPHAN_WAIT_MILLISECONDS;
  for (;;) {
    const lock = tryLock(join(dataDir, 'postgres.lock'));
    if (lock) {
      writeFileSync(ownerFile, JSON.stringify({ pid: process.ppid, engine: process.pid }));
      return () => {
        rmSync(ownerFile, { force: true });
        lock.close();
      };
    }
    const owner = readOwner(ownerFile);
    if ((owner !== undefined && isAlive(owner)) || performance.now() > deadline) {
      throw new DirectoryInUse(dataDir, owner);
    }
    await delay(100);
  }
}

/** @param {string} file */
function tryLock(file) {
  const database = new DatabaseSync(file);
  try {
    database.exec('begin exclusive');
    return database;
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
}

/** @param {string} file @returns {number | undefined} */
function readOwner(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).pid;
  } catch {
    return undefined;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

// In a container without an init process nobody reaps the dead, and signals still reach them.
/** @param {number} pid */
function isZombie(pid) {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/, ''));
  } catch {
    return false;
  }
}
