import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import pgUtils from 'pg/lib/utils.js';
import { ApiClient, PROJECTS } from './api-client.mjs';
import { withClient } from './native.mjs';
import { startApi } from './processes.mjs';
import { CALLER } from './seed.mjs';

const PLANS = path.join(import.meta.dirname, 'plans');
const PROBE = path.join(import.meta.dirname, 'probe.mjs');
/** Labels with so few rows that reading all of them is right. */
const SMALL = ['Team', 'ProjectType', 'Environment', 'Tag', 'Organization', 'LinkDefinition', 'Permission', 'Role'];

/**
 * What each route sends to the database, and by which plans it is answered: from the statements of a running api, as it
 * sends them once it is warm.
 */
export async function inspectStatements({ databaseUrl, redisUrl, paths, writesUrl, keepPlans }) {
  const reads = await recording({ databaseUrl, redisUrl }, (record) => recordReads(record, paths));
  const writes = await recording({ databaseUrl: writesUrl, redisUrl }, recordWrites);
  const plans = await explainAll(databaseUrl, reads, keepPlans);
  const routes = [...reads, ...writes].map(({ title, statements }) => {
    const found = plans.filter((plan) => plan.title === title);
    return {
      title,
      count: statements.length,
      milliseconds: found.length === 0 ? undefined : found.reduce((sum, plan) => sum + plan.milliseconds, 0),
      scans: [...new Set(found.flatMap((plan) => plan.scans))],
    };
  });
  return { routes };
}

/**
 * How long the database works on each of some reads, `[title, name, path]`, of all statements of a request together. With
 * `keep` their plans are kept beside those of the routes.
 */
export async function inspectReads({ databaseUrl, redisUrl }, reads, keep) {
  const recorded = await recording({ databaseUrl, redisUrl }, async (record, client) => {
    for (const [title, name, target] of reads) {
      await client.get(target);
      await record(title, name, () => client.get(target));
    }
  });
  if (keep) mkdirSync(PLANS, { recursive: true });
  const findings = await writePlans(databaseUrl, recorded, keep);
  return reads.map(([title]) => {
    const own = findings.filter((finding) => finding.title === title);
    const sum = (name) => own.reduce((total, finding) => total + finding[name], 0);
    return { title, milliseconds: sum('milliseconds'), cpu: sum('cpu') };
  });
}

export async function recording({ databaseUrl, redisUrl }, work) {
  const api = await startApi({
    databaseUrl,
    redisUrl,
    nodeOptions: ['--import', PROBE],
    ipc: true,
  });
  const taken = () =>
    new Promise((resolve) => {
      api.child.once('message', resolve);
      api.child.send('take');
    });
  try {
    const client = await ApiClient.signIn(api.url, CALLER);
    const recorded = [];
    const record = async (title, name, call) => {
      await taken();
      const result = await call(client);
      recorded.push({ title, name, statements: await taken() });
      return result;
    };
    await work(record, client);
    return recorded;
  } finally {
    await api.stop();
  }
}

async function recordReads(record, paths) {
  const read = async (title, name, target) => {
    // The first call also computes permissions, which the next ones know.
    for (const attempt of ['cold', 'warm']) {
      if (attempt === 'warm') await record(title, name, (client) => client.get(target));
      else await record(`${title}, first of a caller`, undefined, (client) => client.get(target));
    }
  };
  await read('GET project', 'project', paths.one[0]);
  for (const [title, name, target] of [
    ['list', 'list', paths.list[0]],
    ['list, middle', 'list-middle', paths.deep[0]],
    ['list, newest first', 'list-newest', paths.newest[0]],
    ['list by slug descending', 'list-slug', `${PROJECTS}?limit=50&sort=-slug`],
    ['list by creation', 'list-created', `${PROJECTS}?limit=50&sort=created_at`],
    ['list by score', 'list-score', `${PROJECTS}?limit=50&sort=-score`],
    ['list by archiving', 'list-archived-at', `${PROJECTS}?limit=50&sort=archived_at`],
    ['list of a team', 'list-team', paths.byTeam[0]],
    ['list of a type', 'list-type', paths.byType[0]],
    ['list of a team and a type', 'list-team-type', paths.byBoth[0]],
    ['list of an environment', 'list-environment', `${PROJECTS}?limit=50&filter[environment]=production`],
    ['list of a tag', 'list-tag', `${PROJECTS}?limit=50&filter[tag]=tag-1`],
    ['list, name contains', 'list-name-contains', `${PROJECTS}?limit=50&filter[name][contains]=island%20juniper`],
    ['list, archived', 'list-archived', `${PROJECTS}?limit=50&filter[archived]=true`],
    ['list of a team, counted', 'list-team-count', `${paths.byTeam[0]}&count=exact`],
    ['dependencies', 'dependencies', `${paths.one[0]}/dependencies`],
    ['dependents', 'dependents', `${paths.one[0]}/dependents`],
    ['impact, depth 1', 'impact-1', paths.impact[0][0]],
    ['impact, depth 5', 'impact-5', paths.impact[4][0]],
  ]) {
    await record(title, name, (client) => client.get(target));
  }
}

async function recordWrites(record) {
  const project = (slug) => ({
    slug,
    name: slug,
    team: 'team-1',
    project_types: ['type-1'],
    environments: { production: {} },
    tags: ['tag-1'],
  });
  const created = JSON.parse(
    await record('POST project', undefined, (client) => client.send('POST', PROJECTS, project('made'))),
  );
  const own = `${PROJECTS}/${created.id}`;
  await record('PATCH project (a property)', undefined, (client) => client.send('PATCH', own, { description: 'New.' }));
  await record('PATCH project (its team)', undefined, (client) => client.send('PATCH', own, { team: 'team-2' }));
  await record('DELETE project', undefined, (client) => client.send('DELETE', own));
  const items = Array.from({ length: 1000 }, (_, index) => project(`batch-${index}`));
  await record('POST batch of 1,000', undefined, (client) => client.send('POST', `${PROJECTS}/batch`, { items }));
}

async function explainAll(databaseUrl, recorded, keep) {
  if (keep) {
    rmSync(PLANS, { recursive: true, force: true });
    mkdirSync(PLANS, { recursive: true });
  }
  return writePlans(databaseUrl, recorded, keep);
}

async function writePlans(databaseUrl, recorded, keep) {
  const seen = new Set();
  const findings = [];
  await withClient(databaseUrl, async (client) => {
    for (const { title, name, statements } of recorded) {
      if (name === undefined) continue;
      const parts = [];
      for (const statement of statements.filter(({ text }) => !seen.has(text))) {
        // The two hot statements are kept once, under the first route that sends them.
        if (statement.name !== undefined) seen.add(statement.text);
        const { plan, cpu } = await explain(client, statement);
        parts.push(
          `${statement.text.trim()}\n\n${plan}\nCPU Time: ${cpu?.toFixed(1) ?? 'unknown'} ms (without explain)`,
        );
        findings.push({ title, ...judge(plan), cpu });
      }
      if (keep && parts.length > 0) writeFileSync(path.join(PLANS, `${name}.txt`), `${parts.join('\n\n----\n\n')}\n`);
    }
  });
  return findings;
}

// What is prepared by name soon runs by a plan that knows no values; the rest is planned for its values each time.
async function explain(client, { text, name, values }) {
  const literals = values.map((value) => literal(pgUtils.prepareValue(value)));
  await client.query(`prepare bench as ${text}`);
  try {
    await client.query(`set plan_cache_mode = ${name === undefined ? 'force_custom_plan' : 'force_generic_plan'}`);
    const execute = `execute bench${literals.length === 0 ? '' : `(${literals.join(', ')})`}`;
    // Twice: the first one also pays for reading the pages and for planning.
    await client.query(`explain (analyze, buffers) ${execute}`);
    const { rows } = await client.query(`explain (analyze, buffers) ${execute}`);
    return { plan: rows.map((row) => row['QUERY PLAN']).join('\n'), cpu: await cpuOf(client, execute) };
  } finally {
    await client.query('deallocate bench');
  }
}

const CPU_RUNS = 5;

/**
 * CPU milliseconds that the server works on a statement, the least of some runs: what of it does not depend on who else is
 * at the machine. In one process, so that all of it counts. Undefined where the server may not be asked.
 */
async function cpuOf(client, statement) {
  const times = [];
  const take = ({ message, detail }) => {
    const found = /([\d.]+) s user, ([\d.]+) s system, [\d.]+ s elapsed/.exec(detail ?? '');
    if (message === 'EXECUTOR STATISTICS' && found) times.push((Number(found[1]) + Number(found[2])) * 1000);
  };
  client.on('notice', take);
  try {
    await client.query(
      'set max_parallel_workers_per_gather = 0; set client_min_messages = log; set log_executor_stats = on',
    );
    for (let run = 0; run < CPU_RUNS; run += 1) await client.query(statement);
  } catch (error) {
    // Only a superuser may ask.
    if (error.code !== '42501') throw error;
  } finally {
    await client.query('reset log_executor_stats; reset client_min_messages; reset max_parallel_workers_per_gather');
    client.off('notice', take);
  }
  return times.length === 0 ? undefined : Math.min(...times);
}

function literal(value) {
  return value === null ? 'null' : pg.escapeLiteral(String(value));
}

function judge(plan) {
  const scans = [...plan.matchAll(/Seq Scan on (?:imbi\.)?"?(\w+)"?/g)].map(([, table]) => table);
  return {
    milliseconds: Number(/Execution Time: ([\d.]+) ms/.exec(plan)?.[1]),
    scans: [...new Set(scans)].filter((table) => !SMALL.includes(table) && table !== 'access_version'),
  };
}
