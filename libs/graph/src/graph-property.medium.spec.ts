import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { newId } from '#libs/common';
import { NaiveGraph, type NaiveVertex } from '../test/naive-graph.js';
import { DependsOn, Project, type SampleGraph, sampleGraph } from '../test/sample-graph.js';
import {
  edgeTo,
  type Filter,
  type GraphReader,
  type GraphTransaction,
  type KeysetPosition,
  type Order,
} from './index.js';

const SEQUENCES = Number(process.env['IMBI_TEST_GRAPH_SEQUENCES'] ?? 60);
const ORDERS = [
  [['rank', 'asc']],
  [
    ['rank', 'desc'],
    ['name', 'asc'],
  ],
  [
    ['score', 'asc'],
    ['rank', 'desc'],
  ],
  [['score', 'desc']],
  [
    ['name', 'asc'],
    ['score', 'desc'],
  ],
] as const satisfies Order<typeof Project>[];

let sample: SampleGraph;
const tally: Record<string, number> = {};

beforeAll(async () => {
  sample = await sampleGraph();
});

afterAll(async () => {
  await sample.close();
});

const slot = fc.nat({ max: 11 });
const name = fc.constantFrom('a', 'B', 'b b', 'ä', '"', '\\', '🚀', 'x%_', '');
const score = fc.constantFrom(null, 0, 1, -2.5, 1e-9);
const reason = fc.constantFrom(null, 'why', 'because');
const direction = fc.constantFrom('out', 'in', 'both');
const slots = fc.uniqueArray(slot, { maxLength: 5 });

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('insert'),
      count: fc.integer({ min: 1, max: 4 }),
      name,
      score,
      rank: fc.nat({ max: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('patch'),
      at: slot,
      set: fc.record({ name, score, rank: fc.nat({ max: 3 }) }, { requiredKeys: [] }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('together'),
      patched: fc.uniqueArray(slot, { maxLength: 3 }),
      set: fc.record({ name, score, rank: fc.nat({ max: 3 }) }, { requiredKeys: [] }),
      inserted: fc.array(slots, { maxLength: 2 }),
      reason,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove'), at: slot }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('connect'), at: slot, to: slot, reason }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('disconnect'), at: slot, to: slot }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('patchEdge'), at: slot, to: slot, reason, seen_by: reason }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('replaceEdges'), at: slot, targets: slots, reason }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('traverse'), at: slot, direction, depth: fc.integer({ min: 1, max: 6 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('list'),
      order: fc.constantFrom(...ORDERS),
      limit: fc.integer({ min: 1, max: 5 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('filter'), rank: fc.nat({ max: 3 }), name, score }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;
type Doing<Name extends Step['do']> = Extract<Step, { do: Name }>;

it('does what a naive graph does, over random sequences of operations', async () => {
  const property = fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }), async (steps) => {
    const run = new Comparison(newId());
    for (const one of steps) {
      tally[one.do] = (tally[one.do] ?? 0) + 1;
      await sample.graph.transaction((tx) => run.step(tx, one), { retry: false });
    }
    await run.compareAll(sample.graph.read);
  });
  await fc.assert(property, { numRuns: SEQUENCES, interruptAfterTimeLimit: 240_000, markInterruptAsFailure: true });
  process.stdout.write(`graph property test: ${SEQUENCES} sequences, operations ${JSON.stringify(tally)}\n`);
}, 600_000);

/** One organization in the real graph, and its naive twin. */
class Comparison {
  private readonly naive = new NaiveGraph();
  private serial = 0;

  constructor(private readonly organizationId: string) {}

  async step(tx: GraphTransaction, one: Step): Promise<void> {
    switch (one.do) {
      case 'insert':
        return this.insert(tx, one);
      case 'patch':
        return this.patch(tx, one);
      case 'together':
        return this.together(tx, one);
      case 'remove':
        return this.remove(tx, this.at(one.at));
      case 'connect':
        return this.connect(tx, one);
      case 'disconnect':
        return this.disconnect(tx, one);
      case 'patchEdge':
        return this.patchEdge(tx, one);
      case 'replaceEdges':
        return this.replaceEdges(tx, one);
      case 'traverse':
        return this.traverse(tx, one);
      case 'list':
        return this.list(tx, one);
      case 'filter':
        return this.filter(tx, one);
    }
  }

  async compareAll(reader: GraphReader): Promise<void> {
    const ids = [...this.naive.vertices.keys()];
    const found = await reader.findMany(Project, ids);
    expect([...found.values()].map(pick).sort(byId)).toEqual([...this.naive.vertices.values()].sort(byId));
    const edges = ids.length === 0 ? [] : await reader.edgesOf(DependsOn, { from: ids });
    expect(edges.map((edge) => ({ from: edge.from, to: edge.to, ...edge.properties })).sort(byEnds)).toEqual(
      [...this.naive.edges].sort(byEnds),
    );
  }

  private async insert(tx: GraphTransaction, one: Doing<'insert'>): Promise<void> {
    const values = Array.from({ length: one.count }, () => {
      this.serial += 1;
      const { name, score, rank } = one;
      return { organization_id: this.organizationId, slug: `s${this.serial}`, name, score, rank };
    });
    for (const inserted of await tx.insertMany(Project, values)) this.naive.vertices.set(inserted.id, pick(inserted));
  }

  private async patch(tx: GraphTransaction, one: Doing<'patch'>): Promise<void> {
    const id = this.at(one.at);
    const result = await tx.patch(Project, id, { set: one.set });
    const before = this.naive.vertices.get(id);
    this.naive.patch(id, one.set);
    expect(result && pick(result.before)).toEqual(before);
    expect(result && pick(result.after)).toEqual(this.naive.vertices.get(id));
  }

  private async together(tx: GraphTransaction, one: Doing<'together'>): Promise<void> {
    const patched = one.patched.map((index) => this.at(index));
    const inserted = one.inserted.map((targets) => {
      this.serial += 1;
      const values = {
        organization_id: this.organizationId,
        slug: `s${this.serial}`,
        name: 'new',
        score: null,
        rank: 1,
      };
      return { values, targets: targets.map((index) => this.at(index)) };
    });
    const missing = inserted.some(({ targets }) => targets.some((id) => !this.naive.vertices.has(id)));
    const { reason } = one;
    const work = tx.attempt(() =>
      tx.together((batch) =>
        Promise.all([
          Promise.all(patched.map((id) => batch.patch(Project, id, { set: one.set }))),
          Promise.all(
            inserted.map(({ values, targets }) =>
              batch.insert(
                Project,
                values,
                targets.map((to) => edgeTo(DependsOn, to, { reason })),
              ),
            ),
          ),
        ]),
      ),
    );
    if (inserted.some(({ targets }) => targets.some((id) => patched.includes(id)))) {
      await expect(work).rejects.toThrow('a vertex that one write of a batch changes');
      return;
    }
    if (missing) {
      await expect(work).rejects.toMatchObject({ code: 'edge_end_not_found' });
      return;
    }
    const [patches, added] = await work;
    for (const [index, id] of patched.entries()) {
      const [before, result] = [this.naive.vertices.get(id), patches[index]];
      this.naive.patch(id, one.set);
      expect(result && pick(result.before)).toEqual(before);
      expect(result && pick(result.after)).toEqual(this.naive.vertices.get(id));
    }
    for (const [index, vertex] of added.entries()) {
      this.naive.vertices.set(vertex.id, pick(vertex));
      for (const to of inserted[index]?.targets ?? []) {
        this.naive.connect({ from: vertex.id, to, reason, seen_by: null });
      }
    }
  }

  private async remove(tx: GraphTransaction, id: string): Promise<void> {
    const before = this.naive.vertices.get(id);
    const removed = await tx.remove(Project, id);
    expect(removed && pick(removed)).toEqual(before);
    this.naive.remove(id);
  }

  private async connect(tx: GraphTransaction, one: { at: number; to: number; reason: string | null }): Promise<void> {
    const [from, to] = [this.at(one.at), this.at(one.to)];
    const missing = [from, to].some((id) => !this.naive.vertices.has(id));
    const work = tx.attempt(() => tx.connect(DependsOn, from, to, { reason: one.reason }));
    if (missing) await expect(work).rejects.toMatchObject({ code: 'edge_end_not_found' });
    else if (this.naive.edge(from, to)) await expect(work).rejects.toMatchObject({ code: 'already_exists' });
    else {
      await work;
      this.naive.connect({ from, to, reason: one.reason, seen_by: null });
    }
  }

  private async disconnect(tx: GraphTransaction, one: { at: number; to: number }): Promise<void> {
    const [from, to] = [this.at(one.at), this.at(one.to)];
    const removed = await tx.disconnect(DependsOn, { from, to });
    expect(removed).toHaveLength(this.naive.edge(from, to) ? 1 : 0);
    this.naive.disconnect(from, to);
  }

  private async patchEdge(tx: GraphTransaction, one: Doing<'patchEdge'>): Promise<void> {
    const [from, to] = [this.at(one.at), this.at(one.to)];
    const edge = this.naive.edge(from, to);
    const { reason, seen_by } = one;
    const patched = await tx.patchEdge(DependsOn, from, to, { set: { reason, seen_by } });
    expect(patched?.after.properties).toEqual(edge && { reason, seen_by });
    if (!edge) return;
    this.naive.disconnect(from, to);
    this.naive.connect({ from, to, reason, seen_by });
  }

  private async replaceEdges(tx: GraphTransaction, one: Doing<'replaceEdges'>): Promise<void> {
    const from = this.at(one.at);
    const targets = [...new Set(one.targets.map((index) => this.at(index)))];
    const missing = [from, ...targets].some((id) => !this.naive.vertices.has(id));
    const work = tx.attempt(() =>
      tx.replaceEdges(
        DependsOn,
        from,
        targets.map((to) => ({ to, properties: { reason: one.reason } })),
        { preserve: ['seen_by'] },
      ),
    );
    if (missing) {
      await expect(work).rejects.toMatchObject({ code: 'edge_end_not_found' });
      return;
    }
    const { added, changed, removed } = await work;
    const old = this.naive.edges.filter((edge) => edge.from === from);
    const kept = targets.map((to) => this.naive.edge(from, to) ?? { from, to, reason: one.reason, seen_by: null });
    expect(added).toHaveLength(targets.filter((to) => !this.naive.edge(from, to)).length);
    expect(removed).toHaveLength(old.filter((edge) => !targets.includes(edge.to)).length);
    expect(changed).toHaveLength(kept.filter((edge) => edge.reason !== one.reason).length);
    this.naive.edges = this.naive.edges.filter((edge) => edge.from !== from);
    for (const edge of kept) this.naive.connect({ ...edge, reason: one.reason });
  }

  private async traverse(tx: GraphTransaction, one: Doing<'traverse'>): Promise<void> {
    const start = this.at(one.at);
    const { reached, cyclic } = await tx.traverse({
      edges: [DependsOn],
      from: start,
      direction: one.direction,
      maxDepth: one.depth,
      markCycles: true,
    });
    const depths = this.naive.vertices.has(start) ? this.naive.depths(start, one.direction, one.depth) : new Map();
    expect(new Map(reached.map((vertex) => [vertex.id, vertex.depth]))).toEqual(depths);
    expect(reached).toHaveLength(depths.size);
    const within = new Set([start, ...depths.keys()]);
    expect(cyclic).toBe(this.naive.reachesItself(start, within));
    for (const { id, depth, via, cyclic: onCycle } of reached) {
      expect(via.id === start ? 0 : depths.get(via.id)).toBe(depth - 1);
      const forward = this.naive.edge(via.id, id);
      const backward = this.naive.edge(id, via.id);
      expect((one.direction !== 'in' && forward) || (one.direction !== 'out' && backward)).toBeTruthy();
      expect(onCycle).toBe(this.naive.reachesItself(id, within));
    }
  }

  private async list(tx: GraphTransaction, one: Doing<'list'>): Promise<void> {
    const seen: NaiveVertex[] = [];
    let after: KeysetPosition | undefined;
    do {
      const page = await tx.list(Project, {
        where: { organization_id: this.organizationId },
        order: one.order,
        after,
        limit: one.limit,
      });
      seen.push(...page.items.map(pick));
      after = page.next;
      // A page that makes no headway would go round for ever.
      expect(seen.length).toBeLessThanOrEqual(this.naive.vertices.size);
    } while (after);
    expect(seen).toEqual(this.naive.sorted(one.order));
  }

  private async filter(tx: GraphTransaction, one: { rank: number; name: string; score: number | null }): Promise<void> {
    const { rank, name, score } = one;
    const cases: [Filter<typeof Project>, (vertex: NaiveVertex) => boolean][] = [
      [{ rank }, (vertex) => vertex.rank === rank],
      [{ rank: { gt: rank } }, (vertex) => vertex.rank > rank],
      [{ rank: { gte: rank } }, (vertex) => vertex.rank >= rank],
      [{ rank: { lt: rank } }, (vertex) => vertex.rank < rank],
      [{ rank: { lte: rank } }, (vertex) => vertex.rank <= rank],
      [{ score }, (vertex) => vertex.score === score],
      [{ score: { ne: score } }, (vertex) => vertex.score !== score],
      [{ score: { exists: false } }, (vertex) => vertex.score === null],
      [{ name: { in: [name, 'a'] } }, (vertex) => [name, 'a'].includes(vertex.name)],
      [{ name: { nin: [name, 'a'] } }, (vertex) => ![name, 'a'].includes(vertex.name)],
      [{ name: { contains: name } }, (vertex) => vertex.name.toLowerCase().includes(name.toLowerCase())],
      [{ or: [{ rank }, { name }] }, (vertex) => vertex.rank === rank || vertex.name === name],
      [{ not: { rank, name } }, (vertex) => !(vertex.rank === rank && vertex.name === name)],
      [{ at: [{ path: ['score'], gte: 0 }] }, (vertex) => vertex.score !== null && vertex.score >= 0],
    ];
    const all = [...this.naive.vertices.values()];
    for (const [filter, holds] of cases) {
      const where = { and: [{ organization_id: this.organizationId }, filter] };
      const { items } = await tx.list(Project, { where, limit: 1000 });
      expect({ filter, ids: items.map((item) => item.id) }).toEqual({
        filter,
        ids: all
          .filter(holds)
          .map((one) => one.id)
          .sort(),
      });
    }
  }

  /** The id in a slot, or one that does not exist. */
  private at(slotIndex: number): string {
    return [...this.naive.vertices.keys()][slotIndex] ?? newId();
  }
}

function pick(vertex: NaiveVertex): NaiveVertex {
  const { id, slug, name, rank, score, version } = vertex;
  return { id, slug, name, rank, score, version };
}

function byId(left: NaiveVertex, right: NaiveVertex): number {
  return left.id < right.id ? -1 : 1;
}

function byEnds(left: { from: string; to: string }, right: { from: string; to: string }): number {
  return left.from + left.to < right.from + right.to ? -1 : 1;
}
