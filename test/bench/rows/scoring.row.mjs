import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiClient } from '../api-client.mjs';
import { backendsOf } from '../graph-stage.mjs';
import { callsInTurn, median, medians, ratio } from '../load.mjs';
import { copyDatabase, dropDatabase, urlOf, withClient } from '../native.mjs';
import {
  ADMIN,
  cpuMicros,
  cpuOfEach,
  cpuSince,
  memoryOf,
  startApi,
  startColumnStore,
  startWorker,
} from '../processes.mjs';
import { mib, ms, seconds } from '../report.mjs';
import { CALLER, ORGANIZATION } from '../seed.mjs';

const POLICIES = 50;
// 10 s for 10,000 projects; in smaller graphs what every change costs would count for too much.
const FROM = 10_000;
const P95_BAR = 2;
const LINEAR_BAR = 1.2;
const MEMORY_BAR = 1.5;
// However busy the machine is, more is no measurement.
const SETTLE_MS = 900_000;
const POLL_MS = 20;
// A round's p95 is of at least that many times the usual number of calls: what disturbs them is short and rare.
const CALLS_OF_A_READER = 5;
const ADDRESS = `/api/organizations/${ORGANIZATION}/scoring-policies`;

// Order: before the row that writes, whose database it copies.
export const row = {
  order: 55,
  title: `scores: one policy of ${POLICIES} changes, and every project is scored anew`,
  needs: 'graphs',
  async measure({ graphs, native, timing }) {
    const lines = [];
    let first;
    for (const graph of graphs) {
      const measured = await measureGraph(graph, native.serverUrl, timing);
      lines.push(...describe(graph.projects, measured));
      if (graph.projects < FROM) continue;
      if (first) lines.push(growth(graph.projects, measured, first));
      first ??= { projects: graph.projects, took: measured.took };
    }
    return lines;
  },
};

function describe(projects, { took, worst, cpu, slower, idle, busy, rss }) {
  const [worker, database, history] = cpu.map((micros) => (micros / 1e6).toFixed(2));
  return [
    {
      work: `${POLICIES} policies, one changed: from the change to the last score`,
      projects,
      ours: `${seconds(took)} (worst ${seconds(worst)}), CPU of worker ${worker} s, database ${database} s, history ${history} s`,
      ...(projects >= FROM ? { ratio: took / projects, bar: '≤ 1 ms a project', met: took <= projects } : {}),
    },
    {
      work: 'GET project, one caller, while that goes on, against before (p95)',
      projects,
      ours: `p50 ${ms(busy.p50)}, p95 ${ms(busy.p95)}`,
      yardstick: `p50 ${ms(idle.p50)}, p95 ${ms(idle.p95)}`,
      ratio: slower,
      bar: `≤ ${P95_BAR}`,
      met: slower <= P95_BAR,
    },
    {
      work: 'memory of the worker (RSS) after all changes, against after the first',
      projects,
      ours: `${mib(rss.last)}, highest ${mib(rss.peak)}`,
      yardstick: mib(rss.first),
      ratio: rss.last / rss.first,
      bar: `≤ ${MEMORY_BAR}`,
      met: rss.last <= MEMORY_BAR * rss.first,
    },
  ];
}

function growth(projects, { took }, first) {
  const grown = took / projects / (first.took / first.projects);
  return {
    work: `time a project, against ${first.projects.toLocaleString('en')} projects`,
    projects,
    ours: `${((1000 * took) / projects).toFixed(0)} µs`,
    yardstick: `${((1000 * first.took) / first.projects).toFixed(0)} µs`,
    ratio: grown,
    bar: `≤ ${LINEAR_BAR}`,
    met: grown <= LINEAR_BAR,
  };
}

async function measureGraph(graph, serverUrl, timing) {
  const name = `imbi_bench_scores_${graph.projects}`;
  await copyDatabase(serverUrl, new URL(graph.writesUrl).pathname.slice(1), name);
  const directory = mkdtempSync(path.join(tmpdir(), 'imbi-bench-scores-'));
  const databaseUrl = urlOf(serverUrl, name);
  const column = await startColumnStore(path.join(directory, 'chdb'));
  const env = {
    CLICKHOUSE_URL: column.url,
    // The wait for further changes is no part of the work.
    IMBI_SCORING_DEBOUNCE: '10ms',
    IMBI_QUEUE_PREFIX: `bench-scores-${process.pid}-${graph.projects}`,
  };
  const api = await startApi({ databaseUrl, redisUrl: graph.redisUrl, env });
  const worker = startWorker({ databaseUrl, redisUrl: graph.redisUrl, env });
  try {
    const admin = await ApiClient.signIn(api.url, ADMIN);
    const reader = await ApiClient.signIn(api.url, CALLER);
    for (let index = 0; index < POLICIES; index += 1) await admin.send('POST', ADDRESS, policy(index, 10));
    // The first scores, and whatever the policies caused while they were made.
    await settled(databaseUrl);
    const bench = { admin, reader, databaseUrl, worker, column, projects: graph.projects, changes: 0 };
    await changeOne(bench);
    const rss = { first: memoryOf(worker.pid).rss };
    const rounds = [];
    for (let round = 0; round < timing.rounds; round += 1) rounds.push(await changeOne(bench));
    // In turn, so that what else the machine does falls on both.
    const idle = [];
    const busy = [];
    for (let round = 0; round < timing.rounds; round += 1) {
      idle.push(await reads(bench, graph, timing));
      busy.push(await whileScoring(bench, () => reads(bench, graph, timing)));
    }
    const { rss: last, peak } = memoryOf(worker.pid);
    const cpu = [0, 1, 2].map((part) => median(rounds.map((round) => round.cpu[part])));
    const times = rounds.map(({ took }) => took);
    const slower = ratio(busy, idle, 'p95');
    return {
      ...{ took: median(times), worst: Math.max(...times), cpu, slower },
      ...{ idle: medians(idle), busy: medians(busy), rss: { ...rss, last, peak } },
    };
  } finally {
    await worker.stop();
    await api.stop();
    await column.stop();
    rmSync(directory, { recursive: true, force: true });
    await dropDatabase(serverUrl, name);
  }
}

/** Never the same twice in a row, and not that of the other policies: what changes nothing has nothing follow. */
const weightOf = (change) => 11 + ((change * 7) % 80);

/** Another weight and other scores of one policy: hardly a project keeps its score. */
async function changeOne(bench) {
  const { admin, databaseUrl, worker, column, projects } = bench;
  bench.changes += 1;
  const findBackends = () => backendsOf(databaseUrl, 'imbi');
  const processes = [worker.pid, column.pid];
  const before = { node: processes.map((pid) => cpuMicros([pid])), database: cpuOfEach(await findBackends()) };
  const runs = await runsOf(databaseUrl);
  const started = performance.now();
  await admin.send('PUT', `${ADDRESS}/p0`, policy(0, weightOf(bench.changes)));
  await settled(databaseUrl, runs.changes);
  const took = performance.now() - started;
  const changed = (await runsOf(databaseUrl)).changed - runs.changed;
  if (changed < 0.95 * projects) throw new Error(`only ${changed} of ${projects} projects have another score`);
  const [workerCpu, columnCpu] = processes.map((pid, index) => cpuMicros([pid]) - before.node[index]);
  return { took, cpu: [workerCpu, cpuSince(before.database, await findBackends()), columnCpu] };
}

async function reads({ reader }, graph, timing) {
  const [times] = await callsInTurn(reader, [graph.paths.one], CALLS_OF_A_READER * timing.calls);
  return times;
}

/** One change follows the other, so that there is never a pause in which nothing is scored. */
async function whileScoring(bench, work) {
  let isOver = false;
  const done = work().finally(() => {
    isOver = true;
  });
  while (!isOver) await changeOne(bench);
  return done;
}

/** A policy whose every range is worth something else with every weight. */
function policy(index, weight) {
  const attributes = ['links', 'identifiers', 'tags', 'environments'];
  const ranges = Object.fromEntries(
    Array.from({ length: 5 }, (_, n) => [`${n}..${n + 1}`, (13 * n + 7 * index + weight) % 101]),
  );
  return {
    slug: `p${index}`,
    name: `Policy ${index}`,
    attribute_name: attributes[index % attributes.length],
    measure: 'count',
    weight,
    range_score_map: { ...ranges, '5..': (weight * 3 + index) % 101 },
  };
}

/** Resolves when a change after the first `changes` was heard of, every run is through and no score is on its way. */
async function settled(databaseUrl, changes = 0) {
  const deadline = Date.now() + SETTLE_MS;
  await withClient(databaseUrl, async (client) => {
    for (let quiet = 0; quiet < 2; ) {
      if (Date.now() > deadline) throw new Error('the scores did not settle');
      quiet = (await isSettled(client, changes)) ? quiet + 1 : 0;
      await sleep(POLL_MS);
    }
  });
}

/**
 * While there is work it looks at small tables only: counting the journal, whose rows come and go by the thousand, takes
 * the processors longer than what is measured.
 */
async function isSettled(client, changes) {
  const { rows } = await client.query(`
    select exists (select 1 from imbi_system.outbox where topic in ('job', 'event'))
      or exists (select 1 from imbi_system.score_runs where state in ('pending', 'running')) as busy,
      (select coalesce(sum(lap + 1), 0) from imbi_system.score_runs) as changes`);
  if (rows[0].busy || Number(rows[0].changes) <= changes) return false;
  const journal = await client.query('select exists (select 1 from imbi_system.score_writes) as pending');
  return !journal.rows[0].pending;
}

/** How many changes were scored, and how many scores they have changed. */
async function runsOf(databaseUrl) {
  const { rows } = await withClient(databaseUrl, (client) =>
    client.query(`select coalesce(sum(lap + 1), 0)::int as changes, coalesce(sum(changed), 0)::int as changed
      from imbi_system.score_runs`),
  );
  return rows[0];
}
