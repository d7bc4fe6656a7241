import autocannon from 'autocannon';
import { cpuMicros } from './processes.mjs';

export const CONNECTIONS = 20;
const WARM_REQUESTS = 5000;
const WARM_ROUNDS = 5;

/**
 * One round of load. `paths` are asked for in turn by every connection. Times are in milliseconds; CPU is of the
 * server's processes `pids`, in microseconds a request.
 */
export async function load(target, { seconds, connections = CONNECTIONS }) {
  const { url, paths, headers = {}, pids = [], databasePids = [] } = target;
  const times = [];
  let failed = 0;
  const before = { server: cpuMicros(pids), database: cpuMicros(databasePids) };
  const result = await new Promise((resolve, reject) => {
    const run = autocannon(
      { url, connections, duration: seconds, headers, requests: paths.map((path) => ({ method: 'GET', path })) },
      (error, outcome) => (error ? reject(error) : resolve(outcome)),
    );
    run.on('response', (_client, status, _bytes, time) => {
      times.push(time);
      if (status !== 200) failed += 1;
    });
  });
  if (failed > 0 || result.errors > 0 || times.length === 0) {
    throw new Error(`${url}${paths[0]}: ${failed} of ${times.length} answers were not 200, ${result.errors} errors`);
  }
  const count = times.length;
  times.sort((left, right) => left - right);
  return {
    perSecond: count / result.duration,
    p50: quantile(times, 0.5),
    p95: quantile(times, 0.95),
    p99: quantile(times, 0.99),
    serverCpu: (cpuMicros(pids) - before.server) / count,
    databaseCpu: (cpuMicros(databasePids) - before.database) / count,
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
    // Only now has its server opened all its connections.
    target.databasePids = await target.findDatabasePids?.();
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
