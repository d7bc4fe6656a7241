import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { nativeServer } from '#test/database';
import { fillLargeGraph, type LargeGraph } from '../test/large-graph.js';
import { DependsOn, Project, type SampleGraph, sampleGraph } from '../test/sample-graph.js';

const PROJECTS = Number(process.env['IMBI_TEST_GRAPH_PROJECTS'] ?? 10_000);
const FAN_OUT = 5;

// Plans are the server's: the embedded engine has the same planner, but filling it takes longer than it is worth.
const onServer = nativeServer() ? it : it.skip;

let sample: SampleGraph;
let large: LargeGraph;

beforeAll(async () => {
  if (!nativeServer()) return;
  sample = await sampleGraph();
  large = await fillLargeGraph(sample.db, PROJECTS, FAN_OUT);
}, 120_000);

afterAll(async () => {
  await sample?.close();
});

onServer.each([
  ['finding by id', () => sample.graph.read.find(Project, large.projectId(77))],
  [
    'finding by a unique key',
    () => sample.graph.read.find(Project, { organization_id: large.organizationIds[1], slug: 'project-77' }),
  ],
  ['finding many', () => sample.graph.read.findMany(Project, [1, 2, 3].map(large.projectId))],
  ['the first page', () => page(undefined)],
  ['a page in the middle', () => page({ values: ['Project 5'], id: large.projectId(5) })],
  [
    'the last page, backwards',
    () =>
      sample.graph.read.list(Project, {
        where: { organization_id: large.organizationIds[0] },
        order: [['rank', 'desc']],
        after: { values: [1], id: large.projectId(0) },
        limit: 50,
      }),
  ],
  ['the edges of a vertex', () => sample.graph.read.edgesOf(DependsOn, { from: large.projectId(9) })],
  ['the edges into a vertex', () => sample.graph.read.edgesOf(DependsOn, { to: large.projectId(9) })],
  ['a patch', () => sample.graph.transaction((tx) => tx.patch(Project, large.projectId(3), { set: { score: 4 } }))],
  ['connecting', () => sample.graph.transaction((tx) => tx.connect(DependsOn, large.projectId(1), large.projectId(0)))],
  [
    'replacing edges',
    () =>
      sample.graph.transaction((tx) => tx.replaceEdges(DependsOn, large.projectId(4), [{ to: large.projectId(5) }])),
  ],
  [
    'patching an edge',
    () =>
      sample.graph.transaction((tx) =>
        tx.patchEdge(DependsOn, large.projectId(4), large.projectId(5), { set: { reason: 'x' } }),
      ),
  ],
  ['disconnecting', () => sample.graph.transaction((tx) => tx.disconnect(DependsOn, { from: large.projectId(4) }))],
  ['removing', () => sample.graph.transaction((tx) => tx.remove(Project, large.projectId(6)))],
  ['three levels of dependencies', () => traverse(3)],
])('%s reads large labels by index only', async (_what, work) => {
  const plans = await plansOf(work);
  expect(plans.length).toBeGreaterThan(0);
  const scans = plans.join('\n').match(/Seq Scan on (?:imbi\.)?"?(?:Project|DEPENDS_ON)"?.*/g) ?? [];
  expect(scans).toEqual([]);
});

onServer('a page is read in the order of the index, whatever its depth', async () => {
  for (const after of [undefined, { values: ['Project 5'], id: large.projectId(5) }]) {
    const [plan = ''] = await plansOf(() => page(after));
    expect(plan).toContain('Index Scan using "Project_organization_id_name_id_idx"');
    expect(plan).not.toContain('Bitmap');
  }
});

onServer(
  'says how long the usual operations take',
  async () => {
    const lines: string[] = [];
    const measure = async (what: string, times: number, work: (index: number) => Promise<unknown>) => {
      const took: number[] = [];
      for (let index = 0; index < times; index += 1) {
        const started = performance.now();
        await work(index);
        took.push(performance.now() - started);
      }
      took.sort((left, right) => left - right);
      const at = (share: number) => (took[Math.floor(share * (took.length - 1))] ?? 0).toFixed(2).padStart(8);
      lines.push(`${what.padEnd(34)} p50 ${at(0.5)} ms  p95 ${at(0.95)} ms`);
    };
    await measure('find by id', 300, (index) => sample.graph.read.find(Project, large.projectId(index * 7)));
    await measure('find by key', 300, (index) =>
      sample.graph.read.find(Project, { organization_id: large.organizationIds[index % 4], slug: `project-${index}` }),
    );
    await measure('page of 50, first', 100, () => page(undefined));
    await measure('page of 50, deep', 100, (index) =>
      page({ values: [`Project ${9 - (index % 10)}`], id: large.projectId(index) }),
    );
    await measure('edges of a vertex', 300, (index) =>
      sample.graph.read.edgesOf(DependsOn, { from: large.projectId(100 + index) }),
    );
    await measure('patch', 200, (index) =>
      sample.graph.transaction((tx) => tx.patch(Project, large.projectId(200 + index), { set: { score: index } })),
    );
    await measure('replaceEdges (5 kept, 1 new)', 100, (index) =>
      sample.graph.transaction(async (tx) => {
        const from = large.projectId(500 + index);
        const edges = await tx.edgesOf(DependsOn, { from });
        await tx.replaceEdges(DependsOn, from, [
          ...edges.map(({ to }) => ({ to })),
          { to: large.projectId(5000 + index) },
        ]);
      }),
    );
    await measure('remove', 50, (index) =>
      sample.graph.transaction((tx) => tx.remove(Project, large.projectId(900 + index))),
    );
    for (const depth of [1, 2, 3, 4, 5]) {
      let reached = 0;
      await measure(`traverse, depth ${depth}`, 30, async () => {
        reached = (await traverse(depth)).reached.length;
      });
      lines.push(`${lines.pop() ?? ''}  ${reached} vertices`);
    }
    await measure('traverse, depth 5, cycles marked', 10, () => traverse(5, true));
    process.stdout.write(`${PROJECTS} projects, ${PROJECTS * FAN_OUT} edges\n${lines.join('\n')}\n`);
  },
  120_000,
);

function page(after: { values: string[]; id: string } | undefined) {
  const where = { organization_id: large.organizationIds[0] };
  return sample.graph.read.list(Project, { where, order: [['name', 'asc']], after, limit: 50 });
}

function traverse(maxDepth: number, markCycles = false) {
  const from = large.projectId(42);
  return sample.graph.read.traverse({
    edges: [DependsOn],
    from,
    direction: 'out',
    maxDepth,
    limit: 10_000,
    markCycles,
  });
}

// Every statement that the work sends is explained on the connection that is about to run it.
async function plansOf(work: () => Promise<unknown>): Promise<string[]> {
  const plans: string[] = [];
  await sample.observing(async (text, values, query) => {
    if (!/^\s*(with|select|insert|update|delete)/i.test(text) || text.includes('imbi_system')) return;
    const { rows } = await query(`explain ${text}`, values);
    plans.push(rows.map((row) => String(row['QUERY PLAN'])).join('\n'));
  }, work);
  return plans;
}
