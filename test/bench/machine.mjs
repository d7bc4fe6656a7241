import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ROOT } from './processes.mjs';

const MEASURED = ['fastify', '@nestjs/core', 'pg', 'kysely', 'ioredis', '@electric-sql/pglite', 'chdb', 'autocannon'];

export function describeMachine(database) {
  const cpus = os.cpus();
  return {
    cpu: `${cpus.length} × ${cpus[0]?.model.trim()}`,
    memory: `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.version,
    database,
    commit: commit(),
    packages: MEASURED.map((name) => `${name} ${versionOf(name)}`).join(', '),
  };
}

/** Of the last minute, five and fifteen: how much else the machine had to do. */
export function loadAverage() {
  return os.loadavg().map((value) => Number(value.toFixed(2)));
}

function versionOf(name) {
  try {
    return JSON.parse(readFileSync(path.join(ROOT, 'node_modules', name, 'package.json'), 'utf8')).version;
  } catch {
    return 'absent';
  }
}

function commit() {
  try {
    const git = (...args) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', 'apps', 'libs') === '' ? '' : ' and changes'}`;
  } catch {
    return 'unknown';
  }
}
