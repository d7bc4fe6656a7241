import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { Analytics, serverAnalytics } from '#libs/analytics';
import { BlueprintSchemas } from '#libs/catalog';
import { sleep } from '#libs/common';
import { Database, serverConnection } from '#libs/database';
import { Graph } from '#libs/graph';
import { productModel } from '#libs/product';
import { ScoringInputsReader } from '../../libs/scoring/src/score/scoring-inputs.js';
import { brokenChains, scoreFaults, scoreHistory } from '../scoring/score-faults.js';
import { KillableProcess } from './killable-process.js';
import { openSwitch } from './switch.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const NATIVE = process.env['IMBI_TEST_ENGINES'] === 'native';
// The whole proof, 100 kills over 10,000 projects, takes about ten minutes; a usual run does a part of it.
const KILLS = Number(process.env['IMBI_CHAOS_SCORE_KILLS'] ?? 20);
const PROJECTS = Number(process.env['IMBI_CHAOS_SCORE_PROJECTS'] ?? 1000);
const ADMIN = { email: 'chaos@example.org', password: 'Correct-Horse-9-Battery' };
const WORKER = path.join(ROOT, 'dist/apps/worker/src/main.js');
const API = path.join(ROOT, 'dist/apps/api/src/main.js');
const TEST = path.join(ROOT, 'libs/analytics/test');
const FRONT = [
  '--conditions=mono-source',
  '--import',
  path.join(TEST, 'register-typescript.mjs'),
  path.join(TEST, 'clickhouse-process.ts'),
];
// However slow the machine is: whatever takes longer than this will never be.
const START_SECONDS = 180;
const SETTLE_SECONDS = 300;
const POLICIES = '/api/organizations/o/scoring-policies';

const random = (below: number) => Math.floor(Math.random() * below);

const testNative = NATIVE ? it : it.skip;

testNative(
  `no score is stale, lost or doubled over ${KILLS} kills of the worker during fan-outs over ${PROJECTS} projects`,
  async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'imbi-score-kill-'));
    const [apiPort, valkeyPort] = [await freePort(), await freePort()];
    const startValkey = ownValkey(directory, valkeyPort);
    let store = startValkey?.();
    const front = new KillableProcess('clickhouse', [...FRONT, path.join(directory, 'chdb')], {});
    front.start();
    await until('the column store', START_SECONDS, async () => /http:\S+/.test(front.lastOutput));
    const clickhouse = await openSwitch(/http:\S+/.exec(front.lastOutput)?.[0] ?? '');
    const script = path.join(ROOT, 'test/support/native/engines.sh');
    const name = `imbi_score_kill_${process.pid}`;
    const databaseUrl = execFileSync(script, ['database', name], { encoding: 'utf8' }).trim();
    const url = `http://127.0.0.1:${apiPort}`;
    const environment: Record<string, string> = {
      NODE_ENV: 'development',
      IMBI_DATA_DIR: directory,
      IMBI_PORT: String(apiPort),
      DATABASE_URL: databaseUrl,
      REDIS_URL: startValkey ? `redis://127.0.0.1:${valkeyPort}` : (process.env['IMBI_TEST_REDIS_URL'] ?? ''),
      IMBI_QUEUE_PREFIX: `score-kill-${process.pid}`,
      CLICKHOUSE_URL: clickhouse.url,
      IMBI_BOOTSTRAP_ADMIN_EMAIL: ADMIN.email,
      IMBI_BOOTSTRAP_ADMIN_PASSWORD: ADMIN.password,
      IMBI_AUTH_ARGON2_MEMORY_KIB: '1024',
      IMBI_AUTH_ARGON2_PASSES: '1',
      IMBI_RATE_LIMIT_PER_MINUTE: '1000000',
      IMBI_RATE_LIMIT_LOGIN_PER_MINUTE: '10000',
      IMBI_SCORING_DEBOUNCE: '500ms',
      // Many batches rather than large ones, so that kills meet one in the middle.
      IMBI_SCORING_BATCH: '100',
      IMBI_LOG_LEVEL: 'error',
    };
    const api = new KillableProcess('api', [API], environment);
    // It says when it works; a new one each time, so that it is the one which said so.
    const newWorker = () => new KillableProcess('worker', [WORKER], { ...environment, IMBI_LOG_LEVEL: 'info' });
    let worker = newWorker();
    const database = new Database(serverConnection({ url: databaseUrl, poolMax: 3, statementTimeoutSeconds: 120 }));
    const analytics = new Analytics(serverAnalytics({ url: clickhouse.url }));
    try {
      api.start();
      await until('ready', START_SECONDS, async () => (await fetch(`${url}/status/ready`)).ok);
      const send = await signedIn(url);
      const organization = await send('POST', '/api/organizations', { slug: 'o', name: 'O' });
      const ids = await createProjects(send);
      // Scores of one project at a time would take all the time there is; here it is the fan-outs that are to meet the kills.
      await database.pool.query(`delete from imbi_system.outbox where topic = 'event'`);
      for (const slug of ['one', 'two', 'three']) {
        expect(await send('POST', POLICIES, policy(slug, 10, 0))).toMatchObject({ status: 201 });
      }

      let stopped = false;
      const writing = write(send, ids, () => stopped);
      const met = { runs: 0, batches: 0 };
      for (let kill = 0; kill < KILLS; kill += 1) {
        worker = newWorker();
        worker.start();
        // It is killed in the middle of its work, not while it starts.
        await until('the worker', START_SECONDS, async () => worker.lastOutput.includes('working'));
        await sleep(random(1200));
        if (kill === Math.floor(KILLS / 3)) clickhouse.off();
        if (kill === Math.floor(KILLS / 3) + Math.ceil(KILLS / 12)) clickhouse.on();
        if (kill === Math.floor(KILLS / 2) && startValkey) {
          store?.kill('SIGKILL');
          await sleep(500);
          store = startValkey();
        }
        await worker.kill();
        const left = await underWay(database);
        met.runs += left.runs > 0 ? 1 : 0;
        met.batches += left.writes > 0 ? 1 : 0;
      }
      stopped = true;
      await writing;
      clickhouse.on();
      worker = newWorker();
      worker.start();
      await until('settled', SETTLE_SECONDS, () => isSettled(url, database));

      const graph = new Graph(database, productModel());
      const inputs = new ScoringInputsReader(new BlueprintSchemas(graph));
      const faults = await scoreFaults({ graph, inputs, analytics }, organization.body.id);
      const history = await scoreHistory(analytics, organization.body.id);
      const broken = brokenChains(history);
      const result = {
        kills: KILLS,
        killsInTheMiddleOfARun: met.runs,
        killsWithScoresOnTheirWay: met.batches,
        valkeyKilled: startValkey !== undefined,
        projects: ids.length,
        historyRows: history.length,
        ...(await countRuns(database)),
        wrong: faults.length,
        lostOrDoubled: broken.length,
      };
      process.stdout.write(`${JSON.stringify(result)}\n`);
      expect([...faults, ...broken].slice(0, 10)).toEqual([]);
      expect(history.length).toBeGreaterThan(PROJECTS);
      expect(met.runs).toBeGreaterThan(0);
    } catch (error) {
      process.stdout.write(`${api.lastOutput}\n${worker.lastOutput}\n`);
      throw error;
    } finally {
      await worker.kill();
      await api.stop();
      await analytics.close();
      await database.end();
      await clickhouse.close();
      await front.kill();
      store?.kill('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    }
  },
);

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}

async function until(what: string, seconds: number, check: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (Date.now() < deadline) {
    if (await check().catch(() => false)) return;
    await sleep(50);
  }
  throw new Error(`${what}: not in ${seconds} s`);
}

const TREE = path.join(process.env['IMBI_NATIVE_DIR'] ?? path.join(ROOT, '.cache/native'), 'tree');

/** Starts a Valkey of the test's own, so that it can be killed; undefined where this machine has none. */
function ownValkey(directory: string, port: number): (() => ChildProcess) | undefined {
  const inTree = path.join(TREE, 'usr/bin/valkey-server');
  const binary = ['/usr/bin/valkey-server', '/usr/bin/redis-server', inTree].find((file) => existsSync(file));
  if (!binary) return undefined;
  // The installed tree has a C library of its own, and so a loader of its own.
  const library = path.join(TREE, 'usr/lib/x86_64-linux-gnu');
  const loader = [path.join(TREE, 'lib64/ld-linux-x86-64.so.2'), '--library-path', library];
  const [program = binary, ...rest] = binary === inTree ? [...loader, binary] : [binary];
  const args = ['--bind', '127.0.0.1', '--port', String(port), '--dir', directory, '--appendonly', 'yes'];
  const policy = ['--appendfsync', 'always', '--maxmemory-policy', 'noeviction', '--save', ''];
  return () => spawn(program, [...rest, ...args, ...policy], { stdio: 'ignore' });
}

function policy(slug: string, weight: number, seed: number) {
  const scores = Array.from({ length: 10 }, (_, n) => [`n${n}`, (n * 7 + seed) % 101]);
  return { slug, name: slug, attribute_name: 'name', weight, value_score_map: Object.fromEntries(scores) };
}

async function createProjects(send: Send): Promise<string[]> {
  await send('POST', '/api/organizations/o/teams', { slug: 't', name: 'T' });
  for (const slug of ['a', 'b']) await send('POST', '/api/organizations/o/project-types', { slug, name: slug });
  const ids: string[] = [];
  for (let start = 0; start < PROJECTS; start += 1000) {
    const items = Array.from({ length: Math.min(1000, PROJECTS - start) }, (_, index) => ({
      slug: `p${start + index}`,
      name: `n${index % 10}`,
      team: 't',
      project_types: [index % 2 === 0 ? 'a' : 'b'],
    }));
    const { body } = await send('POST', '/api/organizations/o/projects/batch', { items });
    for (const { id } of body.items) ids.push(id);
  }
  return ids;
}

/** Changes projects all the while, and now and then a policy: another fan-out over everything. */
async function write(send: Send, ids: readonly string[], isOver: () => boolean): Promise<void> {
  for (let serial = 1; !isOver(); serial += 1) {
    if (serial % 20 === 0) await send('PUT', `${POLICIES}/one`, policy('one', 1 + (serial % 50), serial));
    const route = `/api/organizations/o/projects/${ids[random(ids.length)]}`;
    if (serial % 9 === 0) await send('POST', `${route}/${serial % 2 === 0 ? 'archive' : 'unarchive'}`);
    else await send('PATCH', route, { name: `n${random(10)}` });
    await sleep(60);
  }
}

/** Runs that are not through, and scores that are decided and not in both yet. */
async function underWay(database: Database): Promise<{ runs: number; writes: number }> {
  const { rows } = await database.pool.query(`
    select (select count(*)::int from imbi_system.score_runs where state = 'running') as runs,
      (select count(*)::int from imbi_system.score_writes) as writes`);
  return rows[0];
}

/** How many runs there were, and how many changes they have scored together. */
async function countRuns(database: Database): Promise<{ runs: number; changesJoined: number }> {
  const { rows } = await database.pool.query(`
    select count(*)::int as runs, coalesce(sum(lap), 0)::int as "changesJoined"
    from imbi_system.score_runs where state = 'done'`);
  return rows[0];
}

type Send = (method: string, route: string, body?: object) => Promise<{ status: number; body: Answer }>;
// biome-ignore lint/suspicious/noExplicitAny: documents of every kind
type Answer = any;

const TOKEN_MS = 300_000;

/** Calls as the administrator. While an engine is away a call may fail; then it has changed nothing. */
async function signedIn(url: string): Promise<Send> {
  const json = { 'content-type': 'application/json' };
  const login = async () => {
    const answer = await fetch(`${url}/api/auth/login`, { method: 'POST', headers: json, body: JSON.stringify(ADMIN) });
    const { access_token } = Object(await answer.json());
    return { access_token, until: Date.now() + TOKEN_MS };
  };
  let session = await login();
  return async (method, route, body) => {
    try {
      // A token is for minutes; the whole proof takes longer.
      if (Date.now() > session.until) session = await login();
      const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
      const headers = { authorization: `Bearer ${session.access_token}`, ...(body ? { 'content-type': type } : {}) };
      const answer = await fetch(url + route, { method, headers, body: body && JSON.stringify(body) });
      const text = await answer.text();
      return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
    } catch {
      return { status: 0, body: undefined };
    }
  };
}

/** Whether nothing is on its way: no event, no job, no run, no decision. */
async function isSettled(url: string, database: Database): Promise<boolean> {
  const { rows } = await database.pool.query(`
    select (select count(*) from imbi_system.outbox where topic in ('job', 'event'))
      + (select count(*) from imbi_system.score_runs where state in ('pending', 'running'))
      + (select count(*) from imbi_system.score_writes) as left`);
  if (Number(rows[0].left) > 0) return false;
  const text = await (await fetch(`${url}/metrics`)).text();
  const busy =
    /^imbi_queue_jobs\{queue="(events|score-recompute|score-fan-out)",state="(waiting|active|delayed)"\} [^0]/m;
  return !busy.test(text);
}
