import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';

const SOURCES = ['apps', 'libs', 'openapi'];
const SETTINGS = ['.swcrc', 'package-lock.json'];
const STAMP = 'dist/.sources';

/** Compiles apps, libs and the SDK into dist when a source file is newer than what is there. */
export function buildIfStale(node) {
  const digest = sourceDigest();
  if (existsSync(root(STAMP)) && readFileSync(root(STAMP), 'utf8') === digest) return;
  build(node, digest);
}

/** Compiles everything from scratch: type stripping by SWC (types are checked by `npm run check`). */
export function build(node, digest = sourceDigest()) {
  rmSync(root('dist'), { recursive: true, force: true });
  const result = spawnSync(
    node,
    [
      root('node_modules/@swc/cli/bin/swc.js'),
      ...SOURCES.map((name) => `./${name}`),
      '--out-dir',
      'dist',
      '--config-file',
      '.swcrc',
      '--copy-files',
      '--quiet',
      '--ignore',
      '**/*.spec.ts,**/node_modules/**,**/bootstrap/**',
    ],
    { cwd: root(), stdio: ['ignore', 'inherit', 'inherit'] },
  );
  if (result.status !== 0) throw new Error('The build failed.');
  mkdirSync(root('dist'), { recursive: true });
  writeFileSync(root(STAMP), digest);
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
    if (entry.name === 'node_modules' || entry.name.endsWith('.spec.ts')) continue;
    const full = path.join(directory, entry.name);
    if (entry.isDirectory()) walk(full, visit);
    else visit(full);
  }
}
