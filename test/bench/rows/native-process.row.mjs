import { ApiClient } from '../api-client.mjs';
import { load, median } from '../load.mjs';
import { memoryOf, startApi } from '../processes.mjs';
import { mib, seconds } from '../report.mjs';
import { CALLER } from '../seed.mjs';

const START_BAR_MS = 2000;
const MEMORY_BAR_MIB = 250;

export const row = {
  order: 70,
  title: 'the api on native engines: cold start to the first 200, and memory',
  needs: 'graphs',
  async measure({ graphs, timing }) {
    const graph = graphs.at(-1);
    const starts = [];
    for (let count = 0; count < timing.starts; count += 1) {
      const api = await startApi(graph);
      starts.push(api.startMs);
      await api.stop();
    }
    const start = median(starts);
    const { idle, busy, peak } = await memory(graph, timing);
    return [
      {
        work: 'cold start of the api to its first 200',
        projects: graph.projects,
        ours: `${seconds(start)} (worst ${seconds(Math.max(...starts))})`,
        ratio: start / START_BAR_MS,
        bar: `≤ ${seconds(START_BAR_MS)}`,
        met: start <= START_BAR_MS,
      },
      {
        work: 'memory of the api (RSS) under load',
        projects: graph.projects,
        ours: `${mib(busy)}, highest ${mib(peak)}, idle ${mib(idle)}`,
        ratio: busy / MEMORY_BAR_MIB,
        bar: `≤ ${mib(MEMORY_BAR_MIB)}`,
        met: busy <= MEMORY_BAR_MIB,
      },
    ];
  },
};

async function memory(graph, { rounds, seconds: each }) {
  const api = await startApi(graph);
  try {
    const idle = memoryOf(api.pid).rss;
    const { headers } = await ApiClient.signIn(api.url, CALLER);
    const samples = [];
    for (let round = 0; round < rounds; round += 1) {
      for (const paths of [graph.paths.one, graph.paths.list, graph.paths.byTeam]) {
        await load({ url: api.url, paths, headers }, { seconds: each });
        samples.push(memoryOf(api.pid).rss);
      }
    }
    return { idle, busy: median(samples), peak: memoryOf(api.pid).peak };
  } finally {
    await api.stop();
  }
}
