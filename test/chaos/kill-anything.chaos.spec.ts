import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client as PgClient } from 'pg';
import { Analytics, embeddedAnalytics } from '#libs/analytics';
import { EmbeddedPostgres } from '#libs/engines';
import { type Client, createImbiClient, createOrganization, createProjectType, createTeam, password } from '#sdk';
import { KillableProcess } from './killable-process.js';
import { Writers } from './writers.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const NATIVE = process.env['IMBI_TEST_ENGINES'] === 'native';
const KILLS = Number(process.env['IMBI_CHAOS_KILLS'] ?? 50);
const ADMIN = { email: 'chaos@example.org', password: 'Correct-Horse-9-Battery' };
const PROBE = path.join(import.meta.dirname, 'probe-process.mjs');
const API = path.join(ROOT, 'dist/apps/api/src/main.js');
const PORT = 21_000 + (process.pid % 3000);
const SETTLE_SECONDS = 120;

const directory = mkdtempSync(path.join(tmpdir(), 'imbi-chaos-'));
let databaseUrl = '';
let processes: KillableProcess[] = [];
let client: Client;

function environment(): Record<string, string> {
  return {
    NODE_ENV: 'development',
    IMBI_DATA_DIR: directory,
    IMBI_PORT: String(PORT),
    IMBI_MAIL_CATCHER_SMTP_PORT: '0',
    IMBI_MAIL_CATCHER_WEB_PORT: '0',
    IMBI_BOOTSTRAP_ADMIN_EMAIL: ADMIN.email,
    IMBI_BOOTSTRAP_ADMIN_PASSWORD: ADMIN.password,
    IMBI_RATE_LIMIT_LOGIN_PER_MINUTE: '10000',
    IMBI_RATE_LIMIT_REFRESH_PER_MINUTE: '10000',
    IMBI_RATE_LIMIT_PER_MINUTE: '1000000',
    IMBI_LOG_LEVEL: 'warn',
    ...(NATIVE
      ? {
          DATABASE_URL: databaseUrl,
          REDIS_URL: process.env['IMBI_TEST_REDIS_URL'] ?? '',
          IMBI_QUEUE_PREFIX: `chaos-${process.pid}`,
        }
      : {}),
  };
}

async function untilReady(): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    try {
      if ((await fetch(`http://127.0.0.1:${PORT}/status/ready`)).ok) return;
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`Not ready in time:\n${processes.map((one) => one.lastOutput).join('\n')}`);
}

/** Runs `work` on the database while no embedded product has it open. */
async function withDatabase<Result>(work: (pg: PgClient) => Promise<Result>): Promise<Result> {
  const engine = NATIVE ? undefined : new EmbeddedPostgres({ dataDir: directory });
  const pg = new PgClient(engine ? await engine.start() : { connectionString: databaseUrl });
  await pg.connect();
  try {
    return await work(pg);
  } finally {
    await pg.end();
    await engine?.stop();
  }
}

beforeAll(async () => {
  if (NATIVE) {
    const script = path.join(ROOT, 'test/support/native/engines.sh');
    databaseUrl = execFileSync(script, ['database', `imbi_chaos_${process.pid}`], { encoding: 'utf8' }).trim();
    processes = [
      new KillableProcess('api', [API], environment()),
      new KillableProcess('worker', [PROBE, 'worker'], environment()),
    ];
  } else {
    processes = [new KillableProcess('product', [PROBE, 'all'], environment())];
  }
  for (const one of processes) one.start();
  await untilReady();
  client = createImbiClient({
    baseUrl: `http://127.0.0.1:${PORT}`,
    credentials: password(ADMIN.email, ADMIN.password),
    retry: { attempts: 1 },
  });
  await createOrganization({ client, body: { slug: 'chaos', name: 'Chaos' }, throwOnError: true });
  await createTeam({ client, path: { org: 'chaos' }, body: { slug: 'chaos', name: 'Chaos' }, throwOnError: true });
  await createProjectType({ client, path: { org: 'chaos' }, body: { slug: 'api', name: 'API' }, throwOnError: true });
  // The probe's table; on the embedded engine the running product owns the only connection.
  for (const one of processes) await one.stop();
  await withDatabase((pg) => pg.query('create table imbi_system.chaos_runs (project_id text, job_id text)'));
  for (const one of processes) one.start();
  await untilReady();
});

afterAll(async () => {
  for (const one of processes) await one.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe(`killing ${NATIVE ? 'api and worker on native engines' : 'the product on embedded engines'}`, () => {
  it(`loses and doubles nothing over ${KILLS} kills`, async () => {
    const writers = new Writers(() => client, 'chaos', NATIVE ? 5 : 10);
    writers.start(4);
    for (let kill = 0; kill < KILLS; kill += 1) {
      await new Promise((resolve) => setTimeout(resolve, 200 + Math.random() * (NATIVE ? 800 : 1500)));
      const victim = processes[Math.floor(Math.random() * processes.length)]!;
      await victim.kill();
      victim.start();
      // Mostly the next kill meets a product that serves, or there would be little to lose; at times one that starts.
      if (!NATIVE || Math.random() < 0.75) await untilReady();
    }
    await untilReady();
    await writers.stop();
    await untilSettled();
    for (const one of processes) await one.stop();

    const found = await withDatabase(readGraph);
    const history = await readHistory();
    const { versions, attempts, refused } = writers.acknowledged;
    const kills = Object.fromEntries(processes.map((one) => [one.name, one.kills]));
    process.stdout.write(
      `${JSON.stringify({ kills, acknowledged: versions.size, attempts, projects: found.projects.size, history: history.rows, jobs: found.runs, repeatedJobs: found.runs - found.ranFor.size })}\n`,
    );

    expect(refused).toEqual([]);
    expect(versions.size).toBeGreaterThan(KILLS);
    // Nothing that was acknowledged is missing.
    const lost = [...versions].filter(([id, version]) => (found.projects.get(id) ?? 0) < version);
    expect(lost).toEqual([]);
    // Every version of every project has one row in the history, and nothing else is there.
    const expected = [...found.projects].flatMap(([id, version]) =>
      Array.from({ length: version }, (_, index) => `${id} ${index + 1}`),
    );
    expect(history.projectVersions.sort()).toEqual(expected.sort());
    // One row for each of the three edges a project is made with.
    expect(history.edges).toBe(found.projects.size * 3 + 2);
    // Every project's event reached the handler.
    expect([...found.projects.keys()].filter((id) => !found.ranFor.has(id))).toEqual([]);
    expect(found.outbox).toBe(0);
  });
});

/** Until the outbox is empty and no job waits, as the running product itself reports it. */
async function untilSettled(): Promise<void> {
  const deadline = Date.now() + SETTLE_SECONDS * 1000;
  let last = '';
  while (Date.now() < deadline) {
    const response = await fetch(`http://127.0.0.1:${PORT}/metrics`);
    last = await response.text();
    const busy = last
      .split('\n')
      .filter((line) => /^imbi_(outbox_rows|queue_jobs)\{.*(topic=|state="(waiting|active|delayed)")/.test(line))
      .filter((line) => !line.includes('queue="schedules"') && !line.endsWith(' 0'));
    if (response.ok && busy.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`Not settled in ${SETTLE_SECONDS} s:\n${last}\n${processes.map((one) => one.lastOutput).join('\n')}`);
}

async function readGraph(pg: PgClient) {
  const projects = await pg.query<{ id: string; version: string }>(`
    select ag_catalog.agtype_access_operator(properties, '"id"'::ag_catalog.agtype)::text as id,
      ag_catalog.agtype_access_operator(properties, '"version"'::ag_catalog.agtype)::text as version
    from imbi."Project"`);
  const runs = await pg.query<{ project_id: string }>('select project_id from imbi_system.chaos_runs');
  const outbox = await pg.query<{ count: string }>('select count(*)::text as count from imbi_system.outbox');
  return {
    projects: new Map(projects.rows.map((row) => [row.id, Number(row.version)])),
    runs: runs.rows.length,
    ranFor: new Set(runs.rows.map((row) => row.project_id)),
    outbox: Number(outbox.rows[0]?.count),
  };
}

async function readHistory() {
  const analytics = new Analytics(embeddedAnalytics({ directory: path.join(directory, 'analytics') }));
  try {
    const rows = await analytics.query<{ entity_kind: string; label: string; entity_id: string; version: string }>(
      `select entity_kind, label, entity_id, version from ${analytics.table('entity_changes')}
       where label in ('Project', 'BELONGS_TO', 'OWNED_BY', 'TYPE')`,
    );
    return {
      rows: rows.length,
      projectVersions: rows.filter((row) => row.label === 'Project').map((row) => `${row.entity_id} ${row.version}`),
      edges: rows.filter((row) => row.entity_kind === 'edge').length,
    };
  } finally {
    await analytics.close();
  }
}
