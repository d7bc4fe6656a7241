import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';

/**
 * Makes `target` hold exactly the files of `source`, which is used up. A file that stays is there at every moment, old
 * or new and never half written; one that is the same is not touched. (A rename of the whole folder would need two
 * steps, and a product running from it would find nothing in between.)
 */
export function replaceFiles(source, target) {
  mkdirSync(target, { recursive: true });
  const entries = readdirSync(source, { withFileTypes: true });
  const kept = new Set(entries.map((entry) => entry.name));
  for (const entry of entries) {
    const from = path.join(source, entry.name);
    const to = path.join(target, entry.name);
    if (entry.isDirectory()) {
      if (isFile(to)) rmSync(to);
      replaceFiles(from, to);
    } else if (!isSame(from, to)) {
      renameSync(from, to);
    }
  }
  for (const name of readdirSync(target)) {
    if (!kept.has(name)) rmSync(path.join(target, name), { recursive: true, force: true });
  }
}

function isSame(from, to) {
  const state = statSync(to, { throwIfNoEntry: false });
  if (!state) return false;
  if (state.isDirectory()) {
    rmSync(to, { recursive: true });
    return false;
  }
  return state.size === statSync(from).size && readFileSync(from).equals(readFileSync(to));
}

function isFile(name) {
  return statSync(name, { throwIfNoEntry: false })?.isFile() ?? false;
}
