import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type CatalogWorld, catalogWorld, failure, pointers, projectWrite, query } from '../../test/catalog-world.js';
import type { OrganizationScope } from '../shared/organization-scope.js';

let world: CatalogWorld;
let scope: OrganizationScope;
beforeAll(async () => {
  world = await catalogWorld();
});
beforeEach(async () => {
  scope = await world.furnished();
});
afterAll(async () => {
  expect(await world.faults()).toEqual([]);
  await world.close();
});

const create = { mode: 'create', atomic: false } as const;
const upsert = { mode: 'upsert', atomic: false } as const;

function items(...projects: object[]): Record<string, unknown>[] {
  return projects.map((one) => ({ ...one }));
}

async function count(): Promise<number | undefined> {
  return (await world.projects.list(scope, query({ count: 'exact' }))).total;
}

describe('a batch of projects', () => {
  it('creates each as a single call would', async () => {
    const write = {
      description: 'What it is.',
      project_types: ['b', 'a', 'b'],
      environments: { a: { url: 'x' }, b: {} },
      tags: ['c', 'c'],
      links: { a: 'https://example.org/' },
      identifiers: { jira: 'A' },
    };
    const result = await world.batch.write(
      scope,
      items(projectWrite('in-batch', write), projectWrite('plain')),
      create,
    );
    expect(result).toMatchObject({ created: 2, updated: 0, unchanged: 0, failed: 0 });
    const single = await world.project(scope, 'single', write);
    const batched = await world.projects.get(scope, result.items[0]?.id ?? '');
    const same = { id: '', slug: '', name: '', created_at: '', updated_at: '' };
    expect({ ...batched, ...same }).toEqual({ ...single, ...same });
  });

  it('answers item by item, in order, where some fail', async () => {
    await world.project(scope, 'taken');
    const result = await world.batch.write(
      scope,
      items(
        projectWrite('good'),
        projectWrite('taken'),
        projectWrite('Bad Slug'),
        projectWrite('good', { name: 'again' }),
        projectWrite('lost', { team: 'none', tags: ['none'] }),
        projectWrite('unlinked', { links: { a: 'nothing' } }),
        { ...projectWrite('unknown-field'), colour: 'red' },
        { ...projectWrite('own-id'), id: 'mine' },
        projectWrite('also-good'),
      ),
      create,
    );
    expect(result.items.map(({ index, status, code }) => [index, status, code])).toEqual([
      [0, 'created', undefined],
      [1, 'failed', 'already_exists'],
      [2, 'failed', 'validation_failed'],
      [3, 'failed', 'validation_failed'],
      [4, 'failed', 'validation_failed'],
      [5, 'failed', 'validation_failed'],
      [6, 'failed', 'validation_failed'],
      [7, 'failed', 'read_only_field'],
      [8, 'created', undefined],
    ]);
    expect(result).toMatchObject({ created: 2, failed: 7 });
    const faults = result.items.map(({ errors }) => errors?.map(({ pointer }) => pointer));
    expect([faults[1], faults[2], faults[3], faults[4], faults[5], faults[6], faults[7]]).toEqual([
      ['/slug'],
      ['/slug'],
      ['/slug'],
      ['/team', '/tags/0'],
      ['/links/a'],
      ['/colour'],
      ['/id'],
    ]);
    expect(await count()).toBe(3);
  });

  it.each(['create', 'upsert'] as const)('writes all or nothing where it is atomic (%s)', async (mode) => {
    const mixture = items(projectWrite('good'), projectWrite('lost', { team: 'none' }), projectWrite('Bad'));
    const error = await failure(world.batch.write(scope, mixture, { mode, atomic: true }));
    expect(error).toMatchObject({ code: 'batch_failed', kind: 'invalid' });
    // What is malformed in itself is told before anything is looked up.
    expect(pointers(error)).toEqual(['/items/2/slug']);
    const lost = await failure(world.batch.write(scope, mixture.slice(0, 2), { mode, atomic: true }));
    expect(pointers(lost)).toEqual(['/items/1/team']);
    expect(await count()).toBe(0);
    await world.batch.write(scope, mixture.slice(0, 1), { mode, atomic: true });
    expect(await count()).toBe(1);
  });

  it('makes existing projects what the items say, and tells what it did', async () => {
    const old = await world.project(scope, 'old', { tags: ['a'], environments: { a: { url: 'x' } } });
    const same = await world.project(scope, 'same', { project_types: ['a', 'b'] });
    await world.projects.setArchived(scope, old.id, true, {});
    const result = await world.batch.write(
      scope,
      items(
        projectWrite('new'),
        projectWrite('old', { team: 'b', environments: { a: { url: 'y' } } }),
        projectWrite('same', { project_types: ['b', 'a', 'a'] }),
      ),
      upsert,
    );
    expect(result.items.map(({ status, id }) => [status, id])).toEqual([
      ['created', expect.any(String)],
      ['updated', old.id],
      ['unchanged', same.id],
    ]);
    expect(await world.projects.get(scope, old.id)).toMatchObject({
      team: { slug: 'b' },
      tags: [],
      environments: [{ properties: { url: 'y' } }],
      archived_at: expect.any(String),
    });
    expect((await world.projects.get(scope, same.id)).version).toBe(1);
  });

  it('writes a thousand, and nothing at the second time', async () => {
    const thousand = Array.from({ length: 1000 }, (_, index) =>
      projectWrite(`p${index}`, {
        team: 'abc'[index % 3] ?? 'a',
        tags: index % 2 ? ['a'] : [],
        environments: { a: { index } },
      }),
    );
    const started = Date.now();
    const first = await world.batch.write(scope, items(...thousand), upsert);
    const tookMs = Date.now() - started;
    expect(first).toMatchObject({ created: 1000, failed: 0 });
    // Generous for a loaded machine: one by one it would take far longer.
    expect(tookMs).toBeLessThan(10_000);
    const { rows: before } = await world.db.pool.query('select count(*) from imbi_system.outbox');
    expect(await world.batch.write(scope, items(...thousand), upsert)).toMatchObject({ unchanged: 1000, updated: 0 });
    const { rows: after } = await world.db.pool.query('select count(*) from imbi_system.outbox');
    expect(after).toEqual(before);
    expect(await world.batch.write(scope, items(...thousand), create)).toMatchObject({ failed: 1000 });
  });

  it('loses no item to another batch of the same projects', async () => {
    const wave = (name: string, slugs: number[]) => items(...slugs.map((one) => projectWrite(`r${one}`, { name })));
    const up = Array.from({ length: 60 }, (_, index) => index);
    const results = await Promise.all([
      world.batch.write(scope, wave('one', up), upsert),
      world.batch.write(scope, wave('two', up.toReversed()), upsert),
      world.batch.write(scope, wave('three', up.slice(20)), upsert),
    ]);
    expect(results.map(({ failed }) => failed)).toEqual([0, 0, 0]);
    expect(results.reduce((sum, { created }) => sum + created, 0)).toBe(60);
    expect(await count()).toBe(60);
  });
});
