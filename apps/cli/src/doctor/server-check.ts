import { errorMessage } from '#libs/common';
import { createImbiClient, type DependencyStatus, getReadiness, type Readiness } from '#sdk';
import type { ServerAddress } from '../start/server-file.js';
import { type Finding, fail, ok, warn } from './finding.js';

/** What a running server says of its own dependencies. */
export async function checkServer({ url, pid }: ServerAddress): Promise<Finding[]> {
  // No waiting for a server that is not ready: that it is not is the finding.
  const client = createImbiClient({ baseUrl: url, retry: { attempts: 1 } });
  const { data, error } = await getReadiness({ client });
  const readiness = data ?? bodyOf(error);
  if (!readiness) return [fail('server', `${url} (process ${pid}): ${errorMessage(error)}`, 'look at its log')];
  const summary =
    readiness.status === 'ready'
      ? ok('server', `${url} (process ${pid}) is ready`)
      : fail('server', `${url} (process ${pid}) is not ready`, 'mend what is down below; it becomes ready by itself');
  return [summary, ...readiness.checks.map(dependency)];
}

function dependency({ name, required, status, latency_ms: latency, detail }: DependencyStatus): Finding {
  const title = `server/${name}`;
  const words = detail === undefined ? '' : `, ${detail}`;
  if (status === 'up') return ok(title, `up, ${latency.toFixed(0)} ms${words}`);
  if (required) return fail(title, `down${words}`, 'nothing works without it: start it, or check its setting');
  return warn(title, `down${words}`, 'what it should have waits in the outbox; start it, or check its setting');
}

// With 503 it is the answer all the same, but the SDK takes it for an error.
function bodyOf(error: unknown): Readiness | undefined {
  const body: unknown = typeof error === 'object' && error !== null && 'problem' in error ? error.problem : undefined;
  return isReadiness(body) ? body : undefined;
}

function isReadiness(body: unknown): body is Readiness {
  return typeof body === 'object' && body !== null && 'checks' in body && Array.isArray(body.checks);
}
