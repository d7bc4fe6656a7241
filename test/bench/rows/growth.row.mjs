import { alternate, medians, ratio } from '../load.mjs';
import { ms } from '../report.mjs';

const BAR = 1.5;
const READS = [
  ['GET project', ({ one }) => one],
  ['list page of 50', ({ list }) => list],
  ['list page of 50 from the middle', ({ deep }) => deep],
  ['list of a team', ({ byTeam }) => byTeam],
];

export const row = {
  order: 30,
  title: 'p95 of reads over the largest graph against the smallest',
  needs: 'graphs',
  async measure({ graphs, timing }) {
    const [smallest, largest] = [graphs[0], graphs.at(-1)];
    if (smallest === largest) return [];
    const lines = [];
    for (const [work, routes] of READS) {
      const [small, large] = await alternate(
        [smallest.ours(routes(smallest.paths)), largest.ours(routes(largest.paths))],
        timing,
      );
      const growth = ratio(large, small, 'p95');
      lines.push({
        work: `${work}, p95 against ${smallest.projects.toLocaleString('en')} projects`,
        projects: largest.projects,
        ours: ms(medians(large).p95),
        yardstick: ms(medians(small).p95),
        ratio: growth,
        bar: `≤ ${BAR}`,
        met: growth <= BAR,
      });
    }
    return lines;
  },
};
