import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, requestContext } from '#libs/common';
import { type TestAnalytics, testAnalytics } from '#test/analytics';
import { type CatalogWorld, catalogWorld, failure, mergePatch, query, walk } from '../../test/catalog-world.js';
import type { OrganizationScope } from '../shared/organization-scope.js';
import { ProjectHistoryService } from './project-history.service.js';

let world: CatalogWorld;
let analytics: TestAnalytics;
let history: ProjectHistoryService;
let scope: OrganizationScope;
beforeAll(async () => {
  [world, analytics] = [await catalogWorld(), await testAnalytics()];
  history = new ProjectHistoryService(world.graph, world.pages, analytics.analytics);
  scope = await world.furnished();
});
afterAll(async () => {
  await analytics.close();
  await world.close();
});

/** What the relay does in the product. */
async function deliver(): Promise<void> {
  const { rows } = await world.db.pool.query(
    `with taken as (delete from imbi_system.outbox where topic = 'analytics' returning seq, payload)
     select payload from taken order by seq`,
  );
  const changes = rows.map(({ payload }) => payload);
  if (changes.length > 0) await analytics.analytics.insert('entity_changes', changes, { token: newId() });
}

const ada = { kind: 'user', id: newId(), name: 'Ada' } as const;

function asAda<Result>(requestId: string, work: () => Promise<Result>): Promise<Result> {
  return requestContext.run({ requestId, actor: ada }, work);
}

describe('the history of a project', () => {
  it('says who changed what of it and of its edges, newest first', async () => {
    if (!analytics.analytics.available) return;
    const { id } = await world.project(scope, 'api', { links: { a: 'https://a.org' } });
    const other = await world.project(scope, 'web');
    await asAda('request-1', () =>
      world.projects.patch(scope, id, mergePatch({ name: 'New', links: { b: 'https://b.org' }, tags: ['a'] }), {}),
    );
    await asAda('request-2', () => world.dependencies.put(scope, other.id, id, { critical: true }));
    await deliver();
    const { items } = await history.list(scope, id, query());
    const [dependency, ...before] = items;
    expect(dependency).toMatchObject({
      actor: ada,
      label: 'DEPENDS_ON',
      operation: 'create',
      other_id: other.id,
      request_id: 'request-2',
      fields: [{ pointer: '/attributes/critical', before: null, after: true }],
    });
    const renamed = before.find(({ label, operation }) => label === 'Project' && operation === 'update');
    expect(renamed).toMatchObject({
      actor: ada,
      version: 2,
      other_id: null,
      request_id: 'request-1',
      fields: [
        { pointer: '/links/b', before: null, after: 'https://b.org' },
        { pointer: '/name', before: 'api', after: 'New' },
      ],
    });
    expect(before.map(({ label }) => label)).toEqual(
      expect.arrayContaining(['TAGGED_WITH', 'BELONGS_TO', 'OWNED_BY', 'TYPE']),
    );
    for (const limit of [1, 2, 5]) {
      const walked = await walk((page) => history.list(scope, id, page), limit);
      expect(walked.map((change) => change.id)).toEqual(items.map((change) => change.id));
    }
  });

  it('outlives the project, and is nobody else’s', async () => {
    if (!analytics.analytics.available) return;
    const { id } = await world.project(scope, 'short-lived');
    await world.projects.delete(scope, id, {});
    await deliver();
    const { items } = await history.list(scope, id, query());
    expect(items.find(({ label }) => label === 'Project')).toMatchObject({ operation: 'delete' });
    const other = await world.organization();
    expect(await failure(history.list(other, id, query()))).toMatchObject({ kind: 'not_found' });
    expect(await failure(history.list(scope, newId(), query()))).toMatchObject({ kind: 'not_found' });
  });
});
