import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '#libs/common';
import { type TestAnalytics, testAnalytics } from '../test/test-analytics.js';
import { ENTITY_CHANGES, type EntityChangeRow } from './entity-change.table.js';
import { type EntityChangePosition, EntityChangesReadModel } from './entity-changes.read-model.js';
import { platformAnalyticsMigrations } from './platform-migrations.js';

const START = Date.UTC(2026, 0, 1);

function change(given: Partial<EntityChangeRow>): EntityChangeRow {
  return {
    change_id: newId(),
    time: new Date(START).toISOString(),
    organization_id: 'org-1',
    entity_kind: 'vertex',
    label: 'Project',
    entity_id: 'p1',
    operation: 'update',
    version: 1,
    actor_kind: 'user',
    actor_id: 'u1',
    actor_name: 'Ada',
    request_id: 'r1',
    before: '{"name":"old"}',
    after: '{"name":"new"}',
    from_label: '',
    from_id: '',
    to_label: '',
    to_id: '',
    ...given,
  };
}

describe('EntityChangesReadModel', () => {
  let test: TestAnalytics;
  let changes: EntityChangesReadModel;
  const insert = (rows: EntityChangeRow[], token = newId()) => test.analytics.insert(ENTITY_CHANGES, rows, { token });

  async function readAll(
    limit: number,
    read: (after: EntityChangePosition | undefined) => ReturnType<EntityChangesReadModel['readHistory']>,
  ): Promise<EntityChangeRow[]> {
    const items: EntityChangeRow[] = [];
    let after: EntityChangePosition | undefined;
    do {
      const page = await read(after);
      expect(page.items.length).toBeLessThanOrEqual(limit);
      items.push(...page.items);
      after = page.next;
    } while (after);
    return items;
  }

  beforeAll(async () => {
    test = testAnalytics();
    changes = new EntityChangesReadModel(test.analytics);
    await test.analytics.migrate(platformAnalyticsMigrations);
  });
  afterAll(() => test.close());

  it('pages through the history of an entity, newest first, without loss or repetition', async () => {
    // Several changes a millisecond, so that pages end between equal times.
    const rows = Array.from({ length: 57 }, (_, index) =>
      change({ entity_id: 'paged', version: index + 1, time: new Date(START + Math.floor(index / 5)).toISOString() }),
    );
    await insert(rows.toSorted(() => Math.random() - 0.5));
    const found = await readAll(10, (after) =>
      changes.readHistory({ organizationId: 'org-1', entityId: 'paged', limit: 10, after }),
    );
    expect(found).toEqual(rows.toReversed());
  });

  it('gives one last page without a next one when the items just fill it', async () => {
    await insert([1, 2, 3].map((version) => change({ entity_id: 'three', version })));
    const page = await changes.readHistory({ organizationId: 'org-1', entityId: 'three', limit: 3 });
    expect(page.items).toHaveLength(3);
    expect(page.next).toBeUndefined();
  });

  it('counts a change once even when the table has forgotten its batch', async () => {
    const row = change({ entity_id: 'twice' });
    await insert([row], 'first-time');
    await insert([row], 'second-time');
    const page = await changes.readHistory({ organizationId: 'org-1', entityId: 'twice', limit: 10 });
    expect(page).toEqual({ items: [row] });
  });

  it('keeps organizations apart', async () => {
    await insert([change({ entity_id: 'shared', organization_id: 'org-2' })]);
    expect((await changes.readHistory({ organizationId: 'org-1', entityId: 'shared', limit: 10 })).items).toEqual([]);
  });

  it('adds the edges at an entity on request', async () => {
    const vertex = change({ entity_id: 'hub', version: 1 });
    const edge = (given: Partial<EntityChangeRow>) =>
      change({ entity_kind: 'edge', label: 'DEPENDS_ON', operation: 'create', version: 0, before: '', ...given });
    const out = edge({ entity_id: 'e1', from_id: 'hub', to_id: 'x', time: new Date(START + 1).toISOString() });
    const into = edge({ entity_id: 'e2', from_id: 'y', to_id: 'hub', time: new Date(START + 2).toISOString() });
    await insert([vertex, out, into]);
    const request = { organizationId: 'org-1', entityId: 'hub', limit: 10 };
    expect((await changes.readHistory(request)).items).toEqual([vertex]);
    expect((await changes.readHistory({ ...request, includeEdges: true })).items).toEqual([into, out, vertex]);
  });

  it('pages through all changes of a span of time', async () => {
    const day = Date.UTC(2030, 5, 1);
    const rows = Array.from({ length: 40 }, (_, index) =>
      change({ entity_id: `f${index % 9}`, version: index, time: new Date(day + Math.floor(index / 3)).toISOString() }),
    );
    const outside = [
      change({ time: new Date(day - 1).toISOString() }),
      change({ time: new Date(day + 1000).toISOString() }),
    ];
    await insert([...outside, ...rows]);
    const found = await readAll(7, (after) =>
      changes.readFeed({ organizationId: 'org-1', from: new Date(day), to: new Date(day + 1000), limit: 7, after }),
    );
    expect(found).toEqual(rows.toReversed());
  });

  it('reads few rows of many: by entity from the table, by time from its projection', async () => {
    const table = test.analytics.table(ENTITY_CHANGES);
    await test.analytics.command(
      `insert into ${table} (change_id, time, organization_id, entity_id, entity_kind, label, operation, version)
      select toString(number), toDateTime64('2025-01-01', 3, 'UTC') + number, 'org-big',
        toString(cityHash64(number) % 5000), 'vertex', 'Project', 'update', number from numbers(300000)`,
    );
    const plan = async (where: string) => {
      const rows = await test.analytics.query<{ explain: string }>(
        `select explain from (explain indexes = 1, projections = 1 select after from ${table}
          where organization_id = 'org-big' and ${where} order by time desc limit 50)`,
      );
      return rows.map((row) => row.explain).join('\n');
    };
    const byEntity = await plan(`entity_id = '17'`);
    expect(byEntity).toMatch(/Granules: [1-4]\/\d+/);
    const byTime = await plan(`time >= '2025-01-02 00:00:00' and time < '2025-01-02 00:10:00'`);
    expect(byTime).toContain('by_time');
  });
});
