import { callsInTurn } from '../load.mjs';
import { ms } from '../report.mjs';

export const row = {
  order: 50,
  title: 'impact (transitive dependents) of depth 1 to 5, one caller',
  needs: 'graphs',
  async measure({ graphs, timing }) {
    const lines = [];
    for (const graph of graphs) {
      const depths = await callsInTurn(graph.client, graph.paths.impact, timing.calls);
      for (const [index, { p50, p95 }] of depths.entries()) {
        const answers = await Promise.all(graph.paths.impact[index].slice(0, 20).map((path) => graph.client.get(path)));
        const reached = answers.reduce((sum, { projects }) => sum + projects.length, 0) / answers.length;
        lines.push({
          work: `impact, depth ${index + 1} (${Math.round(reached)} projects reached)`,
          projects: graph.projects,
          ours: `p50 ${ms(p50)}, p95 ${ms(p95)}`,
        });
      }
    }
    return lines;
  },
};
