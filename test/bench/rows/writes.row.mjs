import { ApiClient, PROJECTS } from '../api-client.mjs';
import { median, quantile } from '../load.mjs';
import { startApi } from '../processes.mjs';
import { ms, seconds } from '../report.mjs';
import { CALLER } from '../seed.mjs';

const BATCH = 1000;
const BAR_MS = 2000;

export const row = {
  order: 60,
  title: 'creating projects: 1,000 in one call, and one at a time',
  needs: 'graphs',
  async measure({ graphs, timing }) {
    const lines = [];
    for (const { projects, writesUrl, redisUrl } of graphs) {
      const api = await startApi({ databaseUrl: writesUrl, redisUrl });
      try {
        const client = await ApiClient.signIn(api.url, CALLER);
        const batches = await timed(timing.rounds, (round) => createBatch(client, round));
        const singles = await timed(timing.calls, (call) => client.send('POST', PROJECTS, project(`one-${call}`)));
        const batch = median(batches);
        singles.sort((left, right) => left - right);
        lines.push({
          work: `batch create of ${BATCH.toLocaleString('en')} in one call`,
          projects,
          ours: `${seconds(batch)} (first ${seconds(batches[0])}, worst ${seconds(Math.max(...batches))})`,
          ratio: batch / BAR_MS,
          bar: `≤ ${seconds(BAR_MS)}`,
          met: batch <= BAR_MS,
        });
        lines.push({
          work: 'POST project',
          projects,
          ours: `p50 ${ms(quantile(singles, 0.5))}, p95 ${ms(quantile(singles, 0.95))}`,
        });
      } finally {
        await api.stop();
      }
    }
    return lines;
  },
};

async function createBatch(client, round) {
  const items = Array.from({ length: BATCH }, (_, index) => project(`batch-${round}-${index}`));
  const { items: results } = JSON.parse(await client.send('POST', `${PROJECTS}/batch`, { items }));
  const failed = results.filter(({ status }) => status !== 'created');
  if (failed.length > 0) throw new Error(`${failed.length} of the batch failed: ${JSON.stringify(failed[0])}`);
}

async function timed(count, work) {
  const times = [];
  for (let index = 0; index < count; index += 1) {
    const started = performance.now();
    await work(index);
    times.push(performance.now() - started);
  }
  return times;
}

function project(slug) {
  return {
    slug,
    name: `Made by the bench: ${slug}`,
    description: 'Serves everybody who asks, keeps what it is told and forgets the rest.',
    team: 'team-1',
    project_types: ['type-1', 'type-2'],
    environments: { staging: {}, production: { attributes: { url: 'https://example.org/' } } },
    links: { repository: `https://git.example.org/bench/${slug}` },
    identifiers: { jira: slug },
    tags: ['tag-1'],
  };
}
