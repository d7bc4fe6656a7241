import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, sleep } from '#libs/common';
import { type TestAnalytics, testAnalytics } from '#test/analytics';
import { type CatalogWorld, catalogWorld, failure, mergePatch } from '../../test/catalog-world.js';
import { Project } from '../model/project.vertex.js';
import type { OrganizationScope } from '../shared/organization-scope.js';
import { readChangeHorizon } from './change-horizon.read-model.js';
import { FOLLOWED_LABELS, type VisibleOrganization } from './change-visibility.js';
import { type ChangeFeedDto, type ChangeFeedItemDto, ChangeFeedQueryDto } from './changes.dto.js';
import { ChangesService } from './changes.service.js';

let world: CatalogWorld;
let analytics: TestAnalytics;
let changes: ChangesService;
let scope: OrganizationScope;
/** What the caller may do, by organization: who that is, is decided elsewhere. */
const rights = new Map<OrganizationScope, readonly string[]>();
beforeAll(async () => {
  [world, analytics] = [await catalogWorld(), await testAnalytics()];
  scope = await world.furnished();
  const organizations = async (slug?: string): Promise<VisibleOrganization[]> =>
    [...rights]
      .filter(([one]) => slug === undefined || one.slug === slug)
      .map(([{ id, slug }, held]) => ({ id, slug, may: (permission) => held.includes(permission) }));
  changes = new ChangesService(world.graph, world.pages, { organizations }, analytics.analytics);
});
afterAll(async () => {
  await analytics?.close();
  await world?.close();
});

/** What the relay does in the product. */
async function deliver(): Promise<void> {
  const { rows } = await world.db.pool.query(
    `select id, payload from imbi_system.outbox where topic = 'analytics' order by seq`,
  );
  if (rows.length === 0) return;
  const inserted = rows.map(({ payload }) => payload);
  await analytics.analytics.insert('entity_changes', inserted, { token: newId() });
  await world.db.pool.query('delete from imbi_system.outbox where id = any($1)', [rows.map(({ id }) => id)]);
}

function ask(more: Partial<ChangeFeedQueryDto> = {}): Promise<ChangeFeedDto> {
  return changes.list(Object.assign(new ChangeFeedQueryDto(), { limit: 200, ...more }));
}

/** Everything there is to read, after the seconds that it takes to become certain. */
async function follow(more: Partial<ChangeFeedQueryDto>, until: (seen: readonly ChangeFeedItemDto[]) => boolean) {
  const seen: ChangeFeedItemDto[] = [];
  let cursor = more.cursor;
  for (let rounds = 0; rounds < 200 && !until(seen); rounds += 1) {
    const page = await ask({ ...more, cursor });
    seen.push(...page.items);
    cursor = page.position;
    if (page.next_cursor === null && !until(seen)) await sleep(100);
  }
  return { seen, cursor };
}

/** The horizon as another process sees it, whose connection is not in the transaction. */
async function readInAnother(now: number): Promise<number> {
  const other = world.another();
  try {
    return (await readChangeHorizon(other.graph.read, now)).getTime();
  } finally {
    await other.close();
  }
}

const has = (id: string, operation: string) => (seen: readonly ChangeFeedItemDto[]) =>
  seen.some((change) => change.entity_id === id && change.operation === operation);

describe('the feed of changes', () => {
  it('tells everything once, in order, however it is paged, and goes on from where it was left', async () => {
    if (!analytics.analytics.available) return;
    rights.set(scope, ['project:read', 'team:read']);
    const { id } = await world.project(scope, 'api', { tags: ['a'] });
    await world.projects.patch(scope, id, mergePatch({ name: 'New', team: 'b' }), {});
    await deliver();
    const { seen, cursor } = await follow({ organization: scope.slug }, has(id, 'update'));
    const own = seen.filter((change) => change.entity_id === id || change.from_id === id);
    expect(own.map(({ label, operation }) => `${operation} ${label}`)).toEqual(
      expect.arrayContaining([
        'create Project',
        'create BELONGS_TO',
        'create OWNED_BY',
        'create TYPE',
        'create TAGGED_WITH',
        'delete OWNED_BY',
        'update Project',
      ]),
    );
    expect(own.find((change) => has(id, 'update')([change]))).toMatchObject({
      organization: scope.slug,
      kind: 'vertex',
      version: 2,
      fields: [{ pointer: '/name', before: 'api', after: 'New' }],
    });
    const times = seen.map(({ time }) => time);
    expect(times).toEqual(times.toSorted());
    const paged = await follow({ organization: scope.slug, limit: 3 }, (all) => all.length === seen.length);
    expect(paged.seen.map((change) => change.id)).toEqual(seen.map((change) => change.id));
    expect(await ask({ cursor })).toMatchObject({ items: [], next_cursor: null, position: cursor });
    const other = await world.project(scope, 'web');
    await deliver();
    const later = await follow({ cursor }, has(other.id, 'create'));
    expect(later.seen.filter((change) => seen.some((one) => one.id === change.id))).toEqual([]);
  });

  it('ends before what is not committed yet, and before what is not handed over yet', async () => {
    const { id } = await world.project(scope, 'slow', { team: 'c' });
    await deliver();
    const tomorrow = Date.now() + 86_400_000;
    const horizon = async () => (await readChangeHorizon(world.graph.read, tomorrow)).getTime();
    const free = await horizon();
    expect(free).toBeGreaterThan(Date.now());
    const started = Date.now();
    // The embedded engine does one transaction at a time: nobody reads while one is open.
    const during = await world.graph.transaction(async (tx) => {
      await tx.patch(Project, id, { set: { description: 'made first, committed last' } });
      return world.db.embedded ? undefined : readInAnother(tomorrow);
    });
    if (!world.db.embedded) expect(during).toBeLessThan(Date.now());
    const waiting = await horizon();
    expect(waiting).toBeLessThan(Date.now());
    expect(waiting).toBeGreaterThan(started - 10_000);
    await deliver();
    expect(await horizon()).toBe(free);
  });

  it('tells nobody what their roles do not let them read', async () => {
    if (!analytics.analytics.available) return;
    const [theirs, partly] = [await world.furnished(), await world.furnished()];
    rights.clear();
    rights.set(partly, ['tag:read']);
    await world.project(theirs, 'secret');
    const { id } = await world.project(partly, 'hidden', { tags: ['a'] });
    await world.tags.create(partly, { slug: 'last', name: 'Last' });
    await deliver();
    const { seen } = await follow({}, (all) => all.some(({ fields }) => fields.some(({ after }) => after === 'last')));
    expect(new Set(seen.map(({ organization }) => organization))).toEqual(new Set([partly.slug]));
    expect(new Set(seen.map(({ label }) => label))).toEqual(new Set(['Tag', 'BELONGS_TO']));
    expect(seen.filter((change) => change.from_id === id)).toEqual([]);
    expect((await ask({ organization: theirs.slug })).items).toEqual([]);
    rights.clear();
    expect(await ask()).toMatchObject({ items: [], next_cursor: null });
  });

  it('follows the labels that are asked for, and refuses those that nobody follows', async () => {
    if (!analytics.analytics.available) return;
    rights.set(scope, ['project:read', 'tag:read']);
    const { seen } = await follow({ organization: scope.slug, label: 'Tag' }, (all) => all.length >= 3);
    expect(new Set(seen.map(({ label }) => label))).toEqual(new Set(['Tag']));
    for (const label of ['User', '', 'Tag,Session']) {
      expect(await failure(ask({ label }))).toMatchObject({ errors: [{ pointer: '/label' }] });
    }
    expect(FOLLOWED_LABELS).toContain('DEPLOYED_IN');
  });
});
