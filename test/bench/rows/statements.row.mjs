import { ms } from '../report.mjs';
import { inspectStatements } from '../statements.mjs';

export const row = {
  order: 90,
  title: 'statements of each route: how many, and by which plans the largest graph answers them',
  needs: 'graphs',
  async measure({ graphs, keepPlans, say }) {
    const graph = graphs.at(-1);
    const { routes } = await inspectStatements({ ...graph, keepPlans });
    return routes.map(({ title, count, milliseconds, scans }) => {
      if (scans.length > 0) say(`${title} reads all of ${scans.join(', ')}`);
      return {
        work: `statements of ${title}`,
        projects: graph.projects,
        ours: `${count}${milliseconds === undefined ? '' : `, ${ms(milliseconds)} of execution`}${
          scans.length === 0 ? '' : `, reads all of ${scans.join(', ')}`
        }`,
      };
    });
  },
};
