import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ApiClient, readPaths } from '../api-client.mjs';
import { load, median, medians } from '../load.mjs';
import { ADMIN, startEmbedded, treeRss } from '../processes.mjs';
import { mib, ms, seconds, throughput } from '../report.mjs';
import { createCatalogue } from '../seed-by-api.mjs';

const FIRST_BAR_MS = 20_000;
const START_BAR_MS = 6000;
const MEMORY_BAR_MIB = 1.2 * 1024;
const PROJECTS_WITHIN = 1000;

export const row = {
  order: 80,
  title: 'the embedded stack: starts, memory, reads and writes over 1,000 projects',
  needs: 'embedded',
  async measure({ timing }) {
    const directory = mkdtempSync(path.join(tmpdir(), 'imbi-bench-'));
    try {
      const first = await firstRun(directory, timing);
      const starts = [];
      for (let count = 0; count < timing.starts; count += 1) {
        const product = await startEmbedded({ directory });
        starts.push(product.startMs);
        await product.stop();
      }
      return linesOf({ ...first, starts });
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

async function firstRun(directory, { rounds, seconds: each }) {
  const product = await startEmbedded({ directory });
  const samples = [];
  const sampler = setInterval(() => samples.push(treeRss(product.pid)), 500);
  try {
    const client = await ApiClient.signIn(product.url, ADMIN);
    const batchMs = await createCatalogue(client, PROJECTS_WITHIN);
    const paths = await readPaths(client, PROJECTS_WITHIN);
    const read = async (routes) => {
      const target = { url: product.url, paths: routes, headers: client.headers };
      const results = [];
      for (let round = 0; round < rounds; round += 1) results.push(await load(target, { seconds: each }));
      return medians(results);
    };
    const [one, list] = [await read(paths.one), await read(paths.list)];
    return { firstMs: product.startMs, batchMs, one, list, memory: median(samples), peak: Math.max(...samples) };
  } finally {
    clearInterval(sampler);
    await product.stop();
  }
}

function linesOf({ firstMs, starts, memory, peak, batchMs, one, list }) {
  const within = (value, bar) => ({ ratio: value / bar, met: value <= bar });
  const start = median(starts);
  const projects = PROJECTS_WITHIN;
  return [
    {
      work: 'embedded: first run to the first 200',
      ours: seconds(firstMs),
      bar: `≤ ${seconds(FIRST_BAR_MS)}`,
      ...within(firstMs, FIRST_BAR_MS),
    },
    {
      work: 'embedded: start with data to the first 200',
      projects,
      ours: `${seconds(start)} (worst ${seconds(Math.max(...starts))})`,
      bar: `≤ ${seconds(START_BAR_MS)}`,
      ...within(start, START_BAR_MS),
    },
    {
      work: 'embedded: memory (RSS) of all processes, from the first run on under load',
      projects,
      ours: `${mib(peak)} at its highest, usually ${mib(memory)}`,
      bar: `≤ ${mib(MEMORY_BAR_MIB)}`,
      ...within(peak, MEMORY_BAR_MIB),
    },
    { work: 'embedded: batch create of 1,000 in one call', projects, ours: ms(batchMs) },
    { work: 'embedded: GET project', projects, ours: throughput(one) },
    { work: 'embedded: list page of 50', projects, ours: throughput(list) },
  ];
}
