// Loaded into an api process (`--import`): tells the parent, when asked, by how much timers were late since it last asked.
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 1;
const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delays.enable();

process.on('message', () => {
  process.send({ p99: Math.max(0, delays.percentile(99) / 1e6 - RESOLUTION_MS) });
  delays.reset();
});
