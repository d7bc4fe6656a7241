import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isDomainError, newId } from '#libs/common';
import { DependsOn, Mentions, OwnedBy, Project, type SampleGraph, sampleGraph, Team } from '../test/sample-graph.js';
import { edgeTo, type KeysetPosition, ref } from './index.js';

let sample: SampleGraph;
const organizationId = newId();

beforeAll(async () => {
  sample = await sampleGraph();
});

afterAll(async () => {
  await sample.close();
});

function project(slug: string, more: object = {}) {
  return { organization_id: organizationId, slug, name: slug, rank: 0, ...more };
}

async function insertProjects(...slugs: string[]): Promise<string[]> {
  const inserted = await sample.graph.transaction((tx) =>
    tx.insertMany(
      Project,
      slugs.map((slug) => project(slug)),
    ),
  );
  return inserted.map((one) => one.id);
}

/** Runs all at once and tells the codes of those that were refused. */
async function race(works: readonly (() => Promise<unknown>)[]): Promise<string[]> {
  const results = await Promise.allSettled(works.map((work) => work()));
  return results
    .filter((result) => result.status === 'rejected')
    .map(({ reason }) => (isDomainError(reason) ? reason.code : String(reason)));
}

describe('writers at the same time', () => {
  it('lose no patch to different properties, and count every version', async () => {
    const [id = ''] = await insertProjects('patched-by-many');
    const writers = Array.from(
      { length: 24 },
      (_, index) => () =>
        sample.graph.transaction((tx) =>
          tx.patch(Project, id, {
            set: {
              links: { [`k${index}`]: 'https://example.org' },
              ...(index % 2 ? { score: index } : { rank: index + 1 }),
            },
          }),
        ),
    );
    expect(await race(writers)).toEqual([]);
    const stored = await sample.graph.read.find(Project, id);
    expect(stored?.version).toBe(25);
    expect([stored?.score, stored?.rank].every((value) => value !== null && value !== 0)).toBe(true);
  });

  it('see each other when they read under a lock', async () => {
    const [id = ''] = await insertProjects('counter');
    const increments = Array.from(
      { length: 20 },
      () => () =>
        sample.graph.transaction(async (tx) => {
          const locked = await tx.lock(Project, id);
          await tx.patch(Project, id, { set: { rank: (locked?.rank ?? 0) + 1 } });
        }),
    );
    expect(await race(increments)).toEqual([]);
    expect((await sample.graph.read.find(Project, id))?.rank).toBe(20);
  });

  it('that expect the same version: one wins', async () => {
    const [id = ''] = await insertProjects('expected');
    const writers = Array.from(
      { length: 8 },
      (_, index) => () =>
        sample.graph.transaction((tx) => tx.patch(Project, id, { set: { name: `by ${index}` }, expectVersion: 1 })),
    );
    expect(await race(writers)).toEqual(Array(7).fill('version_mismatch'));
  });

  it('of the same key: one wins', async () => {
    const writers = Array.from(
      { length: 8 },
      () => () => sample.graph.transaction((tx) => tx.insert(Project, project('raced'))),
    );
    expect(await race(writers)).toEqual(Array(7).fill('already_exists'));
  });

  it('that replace the same edges leave one of the sets', async () => {
    const [from = '', ...others] = await insertProjects('set-from', 'set-a', 'set-b', 'set-c', 'set-d');
    const sets = [others.slice(0, 2), others.slice(2), others.slice(1, 3), others];
    const writers = [...sets, ...sets, ...sets].map(
      (targets) => () =>
        sample.graph.transaction((tx) =>
          tx.replaceEdges(
            DependsOn,
            from,
            targets.map((to) => ({ to })),
          ),
        ),
    );
    expect(await race(writers)).toEqual([]);
    const left = (await sample.graph.read.edgesOf(DependsOn, { from })).map((edge) => edge.to).sort();
    expect(sets.map((targets) => [...targets].sort())).toContainEqual(left);
  });

  it('leave no edge to a vertex that is being removed', async () => {
    for (let round = 0; round < 10; round += 1) {
      const [target = '', ...sources] = await insertProjects(...[0, 1, 2, 3].map((index) => `gone-${round}-${index}`));
      const refused = await race([
        ...sources.map((from) => () => sample.graph.transaction((tx) => tx.connect(DependsOn, from, target))),
        () => sample.graph.transaction((tx) => tx.remove(Project, target)),
      ]);
      expect(refused.filter((code) => code !== 'edge_end_not_found')).toEqual([]);
    }
    const { rows } = await sample.pool.query(`select count(*)::int as dangling from imbi."DEPENDS_ON" e
      where not exists (select from imbi."Project" p where p.id operator(ag_catalog.=) e.end_id)`);
    expect(rows).toEqual([{ dangling: 0 }]);
  });

  it('leave one change in the history for each write that succeeded', async () => {
    const { rows } = await sample.pool.query(`
      select payload->>'entity_id' as id, count(*)::int as rows, count(distinct payload->>'version')::int as versions
      from imbi_system.outbox where payload->>'entity_kind' = 'vertex' and payload->>'operation' <> 'delete'
      group by 1 having count(*) <> count(distinct payload->>'version')`);
    expect(rows).toEqual([]);
  });
});

describe('walking pages while others write', () => {
  it.each([
    ['ascending', [['rank', 'asc']]],
    ['descending', [['rank', 'desc']]],
    [
      'by a value that may be unset',
      [
        ['score', 'desc'],
        ['rank', 'asc'],
      ],
    ],
  ] as const)('sees every row that stays exactly once, %s', async (_what, order) => {
    const tenant = newId();
    const values = Array.from({ length: 120 }, (_, index) => ({
      organization_id: tenant,
      slug: `walk-${index}`,
      name: 'x',
      rank: index % 7,
      score: index % 3 ? null : index % 5,
    }));
    const inserted = await sample.graph.transaction((tx) => tx.insertMany(Project, values));
    const doomed = inserted.filter((_, index) => index % 10 === 0).map((one) => one.id);
    const staying = inserted.map((one) => one.id).filter((id) => !doomed.includes(id));
    const seen: string[] = [];
    let after: KeysetPosition | undefined;
    let serial = 0;
    do {
      const page = await sample.graph.read.list(Project, {
        where: { organization_id: tenant },
        order,
        after,
        limit: 10,
      });
      seen.push(...page.items.map((one) => one.id));
      after = page.next;
      await sample.graph.transaction(async (tx) => {
        await tx.removeMany(Project, doomed.splice(0, 2));
        serial += 1;
        await tx.insertMany(
          Project,
          [0, 3, 6].map((rank) => ({ organization_id: tenant, slug: `new-${serial}-${rank}`, name: 'new', rank })),
        );
      });
    } while (after && seen.length < 400);
    expect(new Set(seen).size).toBe(seen.length);
    expect(staying.filter((id) => !seen.includes(id))).toEqual([]);
  });
});

describe('round trips', () => {
  const FRAME = 3; // begin, the outbox rows, commit

  it('are as few as the README says', async () => {
    const { graph } = sample;
    const [a = '', b = '', c = ''] = await insertProjects('count-a', 'count-b', 'count-c');
    const team = await graph.transaction((tx) =>
      tx.insert(Team, { organization_id: organizationId, slug: 'count-team', name: 'Team' }),
    );
    const reads = [
      () => graph.read.find(Project, a),
      () => graph.read.findMany(Project, [a, b]),
      () =>
        graph.read.list(Project, { where: { organization_id: organizationId }, order: [['name', 'asc']], limit: 5 }),
      () => graph.read.count(Project, { organization_id: organizationId }),
      () => graph.read.edgesOf(DependsOn, { from: [a, b, c] }),
      () => graph.read.traverse({ edges: [DependsOn], from: a, direction: 'out', maxDepth: 5, markCycles: true }),
    ];
    for (const read of reads) expect(await sample.countStatements(read)).toBe(1);
    const writes: [number, () => Promise<unknown>][] = [
      [1, () => graph.transaction((tx) => tx.patch(Project, a, { set: { name: 'b' } }))],
      [1, () => graph.transaction((tx) => tx.replace(Project, a, project('count-a', { rank: 9 })))],
      [1, () => graph.transaction((tx) => tx.connect(OwnedBy, a, team.id))],
      [
        1,
        () =>
          graph.transaction((tx) =>
            tx.connectMany(DependsOn, [
              { from: a, to: b },
              { from: b, to: c },
            ]),
          ),
      ],
      [1, () => graph.transaction((tx) => tx.patchEdge(DependsOn, a, b, { set: { reason: 'x' } }))],
      [2, () => graph.transaction((tx) => tx.replaceEdges(DependsOn, a, [{ to: c, properties: { reason: 'y' } }]))],
      [1, () => graph.transaction((tx) => tx.disconnect(DependsOn, { from: a, to: c }))],
      [1, () => graph.transaction((tx) => tx.connect(Mentions, ref(Team, team.id), ref(Project, a), { line: 1 }))],
      [
        1,
        () =>
          graph.transaction((tx) =>
            tx.together((batch) =>
              Promise.all([
                batch.patch(Project, b, { set: { rank: 8 } }),
                batch.insert(Project, project('count-d'), [edgeTo(DependsOn, c), edgeTo(OwnedBy, team.id)]),
              ]),
            ),
          ),
      ],
      [2, () => graph.transaction((tx) => tx.remove(Project, a))],
      [2, () => graph.transaction((tx) => tx.removeMany(Project, [b, c]))],
    ];
    const counts: number[] = [];
    for (const [, write] of writes) counts.push((await sample.countStatements(write)) - FRAME);
    expect(counts).toEqual(writes.map(([expected]) => expected));
  });
});
