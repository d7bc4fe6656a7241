import { Agent, request } from 'node:http';
import { cpuMicros, cpuOfEach, cpuSince } from './processes.mjs';

const agent = new Agent({ keepAlive: true });

/** One POST of JSON over a kept connection, from `address` as a proxy would say: its status and its parsed body. */
export function post(url, body, address = '127.0.0.1') {
  return new Promise((resolve, reject) => {
    const text = JSON.stringify(body);
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      'x-forwarded-for': address,
    };
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const answer = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode, body: answer === '' ? undefined : JSON.parse(answer) });
      });
    });
    sent.on('error', reject);
    sent.end(text);
  });
}

/**
 * Lets every caller do `work(caller)` over and over for `seconds`; how often it was done, a second, and what it cost the
 * server's process and those of the database, in microseconds each time.
 */
export async function everyCaller(callers, work, { seconds, pids, findDatabasePids }) {
  const before = { server: cpuMicros(pids), database: cpuOfEach(await findDatabasePids()) };
  const started = performance.now();
  const end = started + seconds * 1000;
  let done = 0;
  await Promise.all(
    callers.map(async (caller) => {
      while (performance.now() < end) {
        await work(caller);
        done += 1;
      }
    }),
  );
  const perSecond = (done * 1000) / (performance.now() - started);
  return {
    perSecond,
    serverCpu: (cpuMicros(pids) - before.server) / done,
    databaseCpu: cpuSince(before.database, await findDatabasePids()) / done,
  };
}
