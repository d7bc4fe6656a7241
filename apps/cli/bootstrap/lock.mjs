import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const POLL_MS = 100;
// Between the making of a lock and the writing of its owner's id there is a moment in which it names nobody.
const UNNAMED_MS = 5000;

/**
 * Runs `work` while no other process runs its own under the same file; `waited` tells it that another one just did.
 * A lock whose owner is gone, or that is older than `staleMs`, is broken. Two processes may break it at once, so what
 * runs under it must come to no harm by running twice: the lock saves work and waiting, it is not what makes it safe.
 */
export function withLock(file, staleMs, work) {
  mkdirSync(path.dirname(file), { recursive: true });
  let waited = false;
  while (!take(file)) {
    waited = true;
    if (isStale(file, staleMs)) rmSync(file, { recursive: true, force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS);
  }
  const release = () => {
    if (ownerOf(file) === process.pid) rmSync(file, { force: true });
  };
  process.once('exit', release);
  try {
    return work(waited);
  } finally {
    release();
    process.off('exit', release);
  }
}

function take(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function isStale(file, staleMs) {
  const state = statSync(file, { throwIfNoEntry: false });
  if (!state) return false;
  const age = Date.now() - state.mtimeMs;
  const owner = ownerOf(file);
  return age > staleMs || (owner === undefined ? age > UNNAMED_MS : !isAlive(owner));
}

function ownerOf(file) {
  try {
    return Number(readFileSync(file, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
