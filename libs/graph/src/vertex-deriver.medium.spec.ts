import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { newId } from '#libs/common';
import { Project, type SampleGraph, sampleGraph } from '../test/sample-graph.js';

let sample: SampleGraph;
const organizationId = newId();

beforeAll(async () => {
  sample = await sampleGraph();
});
afterAll(() => sample.close());

async function projects(...slugs: string[]) {
  const values = slugs.map((slug) => ({ organization_id: organizationId, slug, name: slug, rank: 0 }));
  return sample.graph.transaction((tx) => tx.insertMany(Project, values));
}

async function historyRows(): Promise<number> {
  const rows = await sample.graph.read.run<{ count: string }>(
    sql`select count(*)::text as count from imbi_system.outbox where topic = 'analytics'`,
  );
  return Number(rows[0]?.count);
}

describe('a derived property', () => {
  it('is stored for many at once, without a version, a time or a row of history', async () => {
    const [a, b, c] = await projects('a', 'b', 'c');
    if (!a || !b || !c) throw new Error('not inserted');
    const before = await historyRows();
    const written = await sample.graph.transaction((tx) =>
      tx.derive(Project, 'score', [
        { id: a.id, value: 0 },
        { id: b.id, value: 87.5 },
        { id: newId(), value: 1 },
      ]),
    );
    expect(written.sort()).toEqual([a.id, b.id].sort());
    const stored = await sample.graph.read.findMany(Project, [a.id, b.id, c.id]);
    expect(stored.get(a.id)).toEqual({ ...a, score: 0 });
    expect(stored.get(b.id)).toEqual({ ...b, score: 87.5 });
    expect(stored.get(c.id)).toEqual(c);
    expect(await historyRows()).toBe(before);
  });

  it('is cleared by null, and what is there already is not written', async () => {
    const [one] = await projects('one');
    if (!one) throw new Error('not inserted');
    const write = (value: number | null) =>
      sample.graph.transaction((tx) => tx.derive(Project, 'score', [{ id: one.id, value }]));
    expect(await write(null)).toEqual([]);
    expect(await write(5)).toEqual([one.id]);
    expect(await write(5)).toEqual([]);
    expect(await write(null)).toEqual([one.id]);
    expect(await sample.graph.read.find(Project, one.id)).toEqual(one);
  });

  it('keeps what another writer changes at the same moment', async () => {
    const [one] = await projects('raced');
    if (!one) throw new Error('not inserted');
    const rounds = Array.from({ length: 20 }, (_, index) => index);
    await Promise.all(
      rounds.flatMap((index) => [
        sample.graph.transaction((tx) => tx.derive(Project, 'score', [{ id: one.id, value: index }])),
        sample.graph.transaction((tx) => tx.patch(Project, one.id, { set: { name: `name ${index}` } })),
      ]),
    );
    const stored = await sample.graph.read.find(Project, one.id);
    expect(stored?.version).toBe(1 + rounds.length);
    expect(stored?.name).toMatch(/^name /);
    expect(typeof stored?.score).toBe('number');
  });

  it('must be optional', async () => {
    const write = sample.graph.transaction((tx) => tx.derive(Project, 'name', [{ id: newId(), value: 'x' }]));
    await expect(write).rejects.toThrow('not optional');
  });
});
