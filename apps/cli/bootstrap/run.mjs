#!/usr/bin/env node
// The first file that runs on a fresh clone, on any Node from 18 on: brings the Node.js we are tested on and the
// locked dependencies, then runs a command of the product (`imbi …`) or a script of the repository (`script …`).
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { buildIfStale } from './build.mjs';
import { installDependencies, resolveNode } from './install.mjs';
import { root } from './paths.mjs';

// As in the Dockerfile: left to itself on a large machine, V8 keeps up to 128 MiB for young objects alone.
const NODE_OPTIONS = ['--enable-source-maps', '--max-semi-space-size=16'];

const [kind, name, ...rest] = process.argv.slice(2);

try {
  const node = resolveNode();
  installDependencies(node);
  process.exitCode = await run(node, await commandLine(node));
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

async function commandLine(node) {
  if (kind === 'script') {
    const file = path.join(import.meta.dirname ?? root('apps/cli/bootstrap'), 'scripts', `${name}.mjs`);
    if (!/^[a-z-]+$/.test(name ?? '') || !existsSync(file)) throw new Error(`There is no script "${name}".`);
    return [file, ...rest];
  }
  if (kind !== 'imbi') throw new Error('usage: run.mjs imbi <command> | run.mjs script <name>');
  buildIfStale(node);
  return [...NODE_OPTIONS, root('dist/apps/cli/src/main.js'), name, ...rest].filter((part) => part !== undefined);
}

/** Runs the command as a child that gets our signals; its exit code is ours. */
function run(node, args) {
  const binaries = [path.dirname(node), root('node_modules/.bin'), process.env.PATH].join(path.delimiter);
  // What V8 makes of our modules is kept from one start to the next: less to wait for, for 20 MiB a process. A server
  // starts seldom and is measured by its memory, so the Dockerfile has none of it.
  const compiled = kind === 'imbi' ? { NODE_COMPILE_CACHE: root('.cache/compiled') } : {};
  const child = spawn(node, args, { stdio: 'inherit', env: { ...compiled, ...process.env, PATH: binaries } });
  // A terminal sends Ctrl-C to the whole group: the child has it already, and we must only outlive the child.
  process.on('SIGINT', () => {
    if (!process.stdin.isTTY) child.kill('SIGINT');
  });
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}
