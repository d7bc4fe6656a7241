import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { withLock } from './lock.mjs';
import { root } from './paths.mjs';
import { replaceFiles } from './replace-files.mjs';

const SOURCES = ['apps', 'libs', 'openapi'];
const SETTINGS = ['.swcrc', 'package-lock.json'];
// What is compiled elsewhere (openapi/sdk/dist), or not at all.
const SKIPPED = new Set(['node_modules', 'dist', 'bootstrap']);
const STAMP = '.sources';
const LOCK = '.cache/build.lock';
const LOCK_STALE_MS = 5 * 60_000;

/** Compiles apps, libs and the SDK into dist when a source file is newer than what is there. */
export function buildIfStale(node) {
  if (isBuilt(sourceDigest())) return;
  withLock(root(LOCK), LOCK_STALE_MS, () => {
    const digest = sourceDigest();
    if (!isBuilt(digest)) compile(node, digest);
  });
}

/** Compiles everything: type stripping by SWC (types are checked by `npm run check`). */
export function build(node) {
  withLock(root(LOCK), LOCK_STALE_MS, (waited) => {
    const digest = sourceDigest();
    if (!waited || !isBuilt(digest)) compile(node, digest);
  });
}

function isBuilt(digest) {
  const stamp = root('dist', STAMP);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === digest;
}

// Aside, because the product or a test may be running from dist; and as deep as dist, because source maps name their
// sources by relative paths. The digest is older than the files that are read, so a
// source that is changed meanwhile is compiled again next time.
function compile(node, digest) {
  removeLeftovers();
  const aside = root(`.build.${process.pid}`);
  mkdirSync(aside, { recursive: true });
  try {
    const result = spawnSync(
      node,
      [
        root('node_modules/@swc/cli/bin/swc.js'),
        ...SOURCES.map((name) => `./${name}`),
        '--out-dir',
        aside,
        '--config-file',
        '.swcrc',
        '--copy-files',
        '--quiet',
        '--ignore',
        '**/*.spec.ts,**/node_modules/**,**/dist/**,**/bootstrap/**',
      ],
      { cwd: root(), stdio: ['ignore', 'inherit', 'inherit'] },
    );
    if (result.status !== 0) throw new Error('The build failed.');
    // Without its stamp, a dist that was replaced by half is compiled again.
    rmSync(root('dist', STAMP), { force: true });
    replaceFiles(aside, root('dist'));
    writeFileSync(root('dist', STAMP), digest);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

// Of builds that were killed.
function removeLeftovers() {
  for (const name of readdirSync(root())) {
    if (!/^\.build\.\d+$/.test(name)) continue;
    const folder = root(name);
    const age = Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > LOCK_STALE_MS) rmSync(folder, { recursive: true, force: true });
  }
}

// Names, sizes and times rather than contents: this runs before every command.
function sourceDigest() {
  const hash = createHash('sha256');
  for (const name of SETTINGS) note(hash, root(name));
  for (const name of SOURCES) walk(root(name), (file) => note(hash, file));
  return hash.digest('hex');
}

function note(hash, file) {
  const { size, mtimeMs } = statSync(file);
  hash.update(`${path.relative(root(), file)}\0${size}\0${mtimeMs}\n`);
}

function walk(directory, visit) {
  if (!existsSync(directory)) return;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (SKIPPED.has(entry.name) || entry.name.endsWith('.spec.ts')) continue;
    const full = path.join(directory, entry.name);
    if (entry.isDirectory()) walk(full, visit);
    else visit(full);
  }
}
