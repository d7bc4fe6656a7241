import { PROJECTS } from '../api-client.mjs';
import { callsInTurn } from '../load.mjs';
import { ms } from '../report.mjs';

const filtered = (query) => [`${PROJECTS}?limit=50&${query}`];
const LISTS = [
  ['of a team', ({ byTeam }) => byTeam],
  ['of a type', ({ byType }) => byType],
  ['of a team and a type', ({ byBoth }) => byBoth],
  ['of an environment', () => filtered('filter[environment]=production')],
  ['whose name contains a text', () => filtered('filter[name][contains]=island%20juniper')],
  ['newest first', ({ newest }) => newest],
  ['from the middle', ({ deep }) => deep],
  ['of a team, counted exactly', ({ byTeam }) => byTeam.map((path) => `${path}&count=exact`)],
];

export const row = {
  order: 40,
  title: 'lists with filters and orders, one caller, against the plain list',
  needs: 'graphs',
  async measure({ graphs, timing }) {
    const lines = [];
    for (const graph of graphs) {
      const targets = [['list page of 50', ({ list }) => list], ...LISTS].map(([, routes]) => routes(graph.paths));
      const [plain, ...lists] = await callsInTurn(graph.client, targets, timing.calls);
      for (const [index, [title]] of LISTS.entries()) {
        lines.push({
          work: `list page of 50, ${title}`,
          projects: graph.projects,
          ours: `p50 ${ms(lists[index].p50)}, p95 ${ms(lists[index].p95)}`,
          yardstick: `p50 ${ms(plain.p50)}, p95 ${ms(plain.p95)}`,
          ratio: lists[index].p50 / plain.p50,
        });
      }
    }
    return lines;
  },
};
