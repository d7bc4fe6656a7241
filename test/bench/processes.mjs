import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const ROOT = path.resolve(import.meta.dirname, '../..');
export const ADMIN = { email: 'admin@example.org', password: 'Correct-Horse-9-Battery' };
const TICKS_PER_SECOND = 100;
const STOP_TIMEOUT_MS = 15_000;

/** What production sets, without the lines that nobody would read here and without limits on the one caller. */
const SETTINGS = {
  NODE_ENV: 'production',
  IMBI_LOG_LEVEL: 'error',
  IMBI_ACCESS_LOG: 'false',
  IMBI_AUTH_ENCRYPTION_KEY: 'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=',
  IMBI_BOOTSTRAP_ADMIN_EMAIL: ADMIN.email,
  IMBI_BOOTSTRAP_ADMIN_PASSWORD: ADMIN.password,
  IMBI_RATE_LIMIT_PER_MINUTE: '1000000',
  IMBI_RATE_LIMIT_API_KEY_PER_MINUTE: '1000000',
  IMBI_RATE_LIMIT_LOGIN_PER_MINUTE: '10000',
  IMBI_RATE_LIMIT_REFRESH_PER_MINUTE: '10000',
  IMBI_RATE_LIMIT_MAIL_PER_HOUR: '10000',
};

/** What Node.js is told in production. */
const PRODUCTION_NODE =
  /^ENV NODE_OPTIONS="(.+)"$/m.exec(readFileSync(path.join(ROOT, 'Dockerfile'), 'utf8'))?.[1] ?? '';

const running = new Set();
// A bench that ends early leaves nothing behind.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

/** A child process that serves HTTP, from its first answer on. `startMs` is from its spawn to that answer. */
async function startServer({ args, env, readyPath, ipc = false }) {
  const port = await freePort();
  const started = performance.now();
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'pipe', ...(ipc ? ['ipc'] : [])],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, IMBI_PORT: String(port), ...env },
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors = `${errors}${chunk}`.slice(-5000);
  });
  const url = `http://127.0.0.1:${port}`;
  while (!(await answers(url + readyPath))) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${args.join(' ')} ended:\n${errors}`);
    await sleep(5);
  }
  return { child, url, pid: child.pid, startMs: performance.now() - started, stop: () => stop(child) };
}

/** The api as production runs it. */
export function startApi({ databaseUrl, redisUrl, nodeOptions = [], ipc = false, env = {} }) {
  return startServer({
    args: [...nodeOptions, path.join(ROOT, 'dist/apps/api/src/main.js')],
    env: {
      ...SETTINGS,
      NODE_OPTIONS: PRODUCTION_NODE,
      DATABASE_URL: databaseUrl,
      ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl, IMBI_QUEUE_PREFIX: `bench-${process.pid}` }),
      ...env,
    },
    readyPath: '/status/ready',
    ipc,
  });
}

/** The worker as production runs it. It serves nothing; what it does is to be seen in the database. */
export function startWorker({ databaseUrl, redisUrl, env = {} }) {
  const child = spawn(process.execPath, [path.join(ROOT, 'dist/apps/worker/src/main.js')], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      ...SETTINGS,
      NODE_OPTIONS: PRODUCTION_NODE,
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl,
      ...env,
    },
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return { pid: child.pid, stop: () => stop(child) };
}

/** The column store that this machine has: ClickHouse's interface before chDB, in a process of its own. */
export async function startColumnStore(directory) {
  const test = path.join(ROOT, 'libs/analytics/test');
  const child = spawn(
    process.execPath,
    [
      ...['--conditions=mono-source', '--import', path.join(test, 'register-typescript.mjs')],
      ...[path.join(test, 'clickhouse-process.ts'), directory],
    ],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  running.add(child);
  child.once('exit', () => running.delete(child));
  const url = await new Promise((resolve, reject) => {
    child.stdout.once('data', (chunk) => resolve(String(chunk).trim()));
    child.once('exit', () => reject(new Error('the column store ended')));
  });
  return { url, pid: child.pid, stop: () => stop(child) };
}

/** Fastify, one route, one prepared statement: what the api is compared with. */
export function startBaseline({ databaseUrl }) {
  return startServer({
    args: [path.join(import.meta.dirname, 'baseline-server.mjs')],
    env: { NODE_ENV: 'production', DATABASE_URL: databaseUrl },
    readyPath: '/ready',
  });
}

/** `npm start` without npm: the whole product with nothing but Node, or with the engines that `env` names. */
export function startEmbedded({ directory, env = {} }) {
  return startServer({
    args: [path.join(ROOT, 'apps/cli/bootstrap/run.mjs'), 'imbi', 'start'],
    env: {
      ...SETTINGS,
      NODE_ENV: 'development',
      IMBI_DATA_DIR: directory,
      // As young as the data: the first run of a clone finds nothing compiled.
      NODE_COMPILE_CACHE: path.join(directory, 'compiled'),
      IMBI_MAIL_CATCHER_SMTP_PORT: '0',
      IMBI_MAIL_CATCHER_WEB_PORT: '0',
      ...env,
    },
    readyPath: '/status/ready',
  });
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(killer);
}

async function answers(url) {
  try {
    const response = await fetch(url);
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** CPU that processes have used so far, in microseconds; those that are gone count as nothing. */
export function cpuMicros(pids) {
  return pids.reduce((sum, pid) => sum + ticksOf(pid) * (1_000_000 / TICKS_PER_SECOND), 0);
}

export function cpuOfEach(pids) {
  return new Map(pids.map((pid) => [pid, cpuMicros([pid])]));
}

/** What the processes `pids` have used since `before`; those that were not there then, in all their life. */
export function cpuSince(before, pids) {
  return [...cpuOfEach(pids)].reduce((sum, [pid, cpu]) => sum + cpu - (before.get(pid) ?? 0), 0);
}

function ticksOf(pid) {
  const stat = readProc(pid, 'stat');
  // The name in parentheses may hold spaces; utime and stime are the 14th and 15th fields.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return stat === '' ? 0 : Number(fields[11]) + Number(fields[12]);
}

/** Resident memory of one process, now and at its highest, in MiB. */
export function memoryOf(pid) {
  const status = readProc(pid, 'status');
  const mib = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024;
  return { rss: mib('VmRSS'), peak: mib('VmHWM') };
}

/** The sum of the resident memory of a process and all its descendants, in MiB. */
export function treeRss(pid) {
  const children = new Map();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const parent = /^PPid:\s+(\d+)/m.exec(readProc(name, 'status'))?.[1];
    if (parent !== undefined) children.set(Number(parent), [...(children.get(Number(parent)) ?? []), Number(name)]);
  }
  const sum = (root) => memoryOf(root).rss + (children.get(root) ?? []).reduce((total, one) => total + sum(one), 0);
  return sum(pid);
}

function readProc(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
