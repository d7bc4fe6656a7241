import { alternate, median, medians, ratio } from './load.mjs';
import { rate } from './report.mjs';

/**
 * Requests a second of a route of ours as a share of what bare Fastify makes of the same JSON, in alternating rounds.
 * The bar is for the route as one would write it; the line for mere text says how much of it is dealing in values.
 */
export async function againstBaseline({ graphs, timing }, { work, bar, ours, bare }) {
  const lines = [];
  for (const graph of graphs) {
    const routes = bare(graph);
    const [product, values, text] = await alternate(
      [graph.ours(ours(graph)), graph.bare(routes), graph.bare(routes.map((route) => `/text${route}`))],
      timing,
    );
    const share = ratio(product, values, 'perSecond');
    lines.push({
      work,
      projects: graph.projects,
      ours: rate(medians(product)),
      yardstick: rate(medians(values)),
      ratio: share,
      bar: `≥ ${bar}`,
      met: share >= bar,
    });
    lines.push({
      work: `${work}, CPU of the yardstick as a share of ours`,
      projects: graph.projects,
      ours: 'as above',
      yardstick: 'as above',
      ratio: cpuShare(product, values),
    });
    lines.push({
      work: `${work}, against mere text`,
      projects: graph.projects,
      ours: 'as above',
      yardstick: rate(medians(text)),
      ratio: ratio(product, text, 'perSecond'),
    });
  }
  return lines;
}

/** Of server and database together, the client left out: what requests a second come to where everybody waits for CPU. */
function cpuShare(product, yardstick) {
  const cpu = ({ serverCpu, databaseCpu }) => serverCpu + databaseCpu;
  return median(product.map((round, index) => cpu(yardstick[index]) / cpu(round)));
}
