import autocannon from 'autocannon';
import { cpuMicros, cpuOfEach, cpuSince } from './processes.mjs';

export const CONNECTIONS = 20;
const WARM_REQUESTS = 15_000;
const WARM_ROUNDS = 3;

/**
 * One round of load. `paths` are asked for in turn by every connection. Times are in milliseconds; CPU is of the
 * server's processes `pids` and of its backends, in microseconds a request.
 */
export async function load(target, { seconds, connections = CONNECTIONS }) {
  const { url, paths, headers = {}, pids = [], findDatabasePids = () => [] } = target;
  const times = [];
  const refused = new Map();
  const before = { server: cpuMicros(pids), database: cpuOfEach(await findDatabasePids()) };
  const result = await new Promise((resolve, reject) => {
    const run = autocannon(
      { url, connections, duration: seconds, headers, requests: paths.map((path) => ({ method: 'GET', path })) },
      (error, outcome) => (error ? reject(error) : resolve(outcome)),
    );
    run.on('response', (_client, status, _bytes, time) => {
      times.push(time);
      if (status !== 200) refused.set(status, (refused.get(status) ?? 0) + 1);
    });
  });
  if (refused.size > 0 || result.errors > 0 || times.length === 0) {
    const statuses = [...refused].map(([status, count]) => `${count} × ${status}`).join(', ') || 'none refused';
    throw new Error(`${url}${paths[0]}: of ${times.length} answers ${statuses}; ${result.errors} errors`);
  }
  const count = times.length;
  const serverCpu = cpuMicros(pids) - before.server;
  const databaseCpu = cpuSince(before.database, await findDatabasePids());
  times.sort((left, right) => left - right);
  return {
    perSecond: count / result.duration,
    p50: quantile(times, 0.5),
    p95: quantile(times, 0.95),
    p99: quantile(times, 0.99),
    serverCpu: serverCpu / count,
    databaseCpu: databaseCpu / count,
  };
}

// By requests rather than by time: on a busy machine a second may be too short for the compiler.
async function warm(target, seconds) {
  for (let requests = 0, round = 0; requests < WARM_REQUESTS && round < WARM_ROUNDS; round += 1) {
    const { perSecond } = await load(target, { seconds: Math.min(2, seconds) });
    requests += perSecond * Math.min(2, seconds);
  }
}

/** Rounds of every target in turn, so that what else the machine does falls on all of them alike. */
export async function alternate(targets, { rounds, seconds }) {
  for (const target of targets) {
    await warm(target, seconds);
  }
  const results = targets.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, target] of targets.entries()) results[index].push(await load(target, { seconds }));
  }
  return results;
}

export function median(values) {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Calls one after another, one of each target in turn, `calls` of each: how long one caller waits. Times are in
 * milliseconds. The paths of a target are asked for in turn.
 */
export async function callsInTurn(client, targets, calls) {
  const times = targets.map(() => []);
  for (const paths of targets) for (const path of paths.slice(0, 10)) await client.send('GET', path);
  for (let call = 0; call < calls; call += 1) {
    for (const [index, paths] of targets.entries()) {
      const started = performance.now();
      await client.send('GET', paths[call % paths.length]);
      times[index].push(performance.now() - started);
    }
  }
  return times.map((taken) => {
    taken.sort((left, right) => left - right);
    return { p50: quantile(taken, 0.5), p95: quantile(taken, 0.95) };
  });
}

/** The median of each figure over rounds. */
export function medians(rounds) {
  return Object.fromEntries(Object.keys(rounds[0]).map((name) => [name, median(rounds.map((round) => round[name]))]));
}

/** The median of the rounds' own ratios: both figures of a ratio met the same machine. */
export function ratio(left, right, figure) {
  return median(left.map((round, index) => round[figure] / right[index][figure]));
}

export function quantile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
