import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger, newId, requestContext, sleep } from '#libs/common';
import { migration } from '#libs/database';
import { declareLabel, defineEdge, defineVertex, property, ref } from '#libs/graph';
import type { JobContext } from '#libs/queue';
import {
  type CatalogWorld,
  catalogWorld,
  failure,
  failures,
  mergePatch,
  projectWrite,
  query,
  walk,
} from '../../test/catalog-world.js';
import { Organization } from '../model/organization.vertex.js';
import { Project } from '../model/project.vertex.js';
import type { OrganizationScope } from '../shared/organization-scope.js';
import { OrganizationDeletionHandler } from './organization-deletion.handler.js';
import { deleteOrganization } from './organization-deletions.service.js';

// What other features bring: something that an organization owns, and an edge that names one.
const Memo = defineVertex('Memo', { properties: { organization_id: property.id(), text: property.text() } });
const Reader = defineVertex('Reader', { properties: { name: property.text() } });
const MayRead = defineEdge('MAY_READ', {
  from: Reader,
  to: Reader,
  properties: { organization_id: property.id({ optional: true }) },
  unique: 'none',
});
const definitions = [Memo, Reader, MayRead];
const migrations = [
  migration('test/0001_memos', (m) => {
    for (const definition of definitions) declareLabel(m, definition);
  }),
];

const PROJECTS = 450;
let world: CatalogWorld;
let handler: OrganizationDeletionHandler;
beforeAll(async () => {
  world = await catalogWorld({ definitions, migrations });
  handler = new OrganizationDeletionHandler(world.graph);
});
afterAll(() => world?.close());

/** An organization with more than two chunks of projects, dependencies, former slugs, memos and readers. */
async function large(): Promise<OrganizationScope> {
  const scope = await world.furnished();
  const items = Array.from({ length: PROJECTS }, (_, index) => projectWrite(`p${index}`, { tags: ['a', 'b'] }));
  const { created } = await world.batch.write(
    scope,
    items.map((item) => ({ ...item })),
    { mode: 'create', atomic: true },
  );
  expect(created).toBe(PROJECTS);
  const [first, second] = (await world.projects.list(scope, query({ limit: 2 }))).items;
  await world.dependencies.put(scope, first?.id ?? '', second?.id ?? '', {});
  await world.projects.patch(scope, first?.id ?? '', mergePatch({ slug: 'renamed' }), {});
  await world.graph.transaction(async (tx) => {
    await tx.insert(Memo, { organization_id: scope.id, text: 'Remember.' });
    const [one, two] = await tx.insertMany(Reader, [{ name: 'one' }, { name: 'two' }]);
    for (const organization_id of [scope.id, newId(), null]) {
      await tx.connect(MayRead, one?.id ?? '', two?.id ?? '', { organization_id });
    }
  });
  await world.db.pool.query('delete from imbi_system.outbox');
  return scope;
}

function contextOf(options: { attempt?: number; onChunk?: (chunk: number) => Promise<void> } = {}): JobContext {
  let chunks = 0;
  return {
    jobId: newId(),
    attempt: options.attempt ?? 1,
    signal: new AbortController().signal,
    logger: createLogger('test'),
    progress: async () => {
      chunks += 1;
      await options.onChunk?.(chunks);
    },
  };
}

async function request(scope: OrganizationScope): Promise<string> {
  const deletion = await world.organizations.delete(scope, {}, true);
  return deletion?.id ?? '';
}

/** How often each vertex of the organization was recorded as deleted, by label. */
async function recorded(scope: OrganizationScope): Promise<Record<string, { rows: number; entities: number }>> {
  const { rows } = await world.db.pool.query(
    `select payload->>'label' as label, count(*)::int as rows, count(distinct payload->>'entity_id')::int as entities
     from imbi_system.outbox
     where name = 'entity_changes' and payload->>'operation' = 'delete' and payload->>'entity_kind' = 'vertex'
       and payload->>'organization_id' = $1 group by 1`,
    [scope.id],
  );
  return Object.fromEntries(rows.map(({ label, ...counts }) => [label, counts]));
}

async function namesOf(scope: OrganizationScope): Promise<number> {
  const { rows } = await world.db.pool.query(
    `select (select count(*) from imbi."_ag_label_vertex" v where position($1 in ag_catalog.agtype_out(v.properties)::text) > 0)
       + (select count(*) from imbi."_ag_label_edge" e where position($1 in ag_catalog.agtype_out(e.properties)::text) > 0)
       + (select count(*) from imbi_system.former_project_slugs where organization_id = $1) as count`,
    [scope.id],
  );
  return Number(rows[0].count);
}

const ONCE = {
  Organization: { rows: 1, entities: 1 },
  Project: { rows: PROJECTS, entities: PROJECTS },
  Memo: { rows: 1, entities: 1 },
  ...Object.fromEntries(
    ['Team', 'ProjectType', 'Environment', 'LinkDefinition', 'Tag'].map((label) => [label, { rows: 3, entities: 3 }]),
  ),
};

describe('deleting an organization with all it owns', () => {
  it('hides it at once from readers and writers, and keeps its slug until it is gone', async () => {
    const scope = await world.furnished();
    const before = await world.organizations.get(scope);
    expect(await failure(world.organizations.delete(scope, { version: 7 }, true))).toMatchObject({
      kind: 'precondition_failed',
    });
    const deletion = await world.organizations.delete(scope, { version: before.version }, true);
    expect(deletion).toEqual({
      id: expect.any(String),
      organization_id: scope.id,
      slug: scope.slug,
      state: 'pending',
      done: 0,
      total: 15,
      requested_at: expect.any(String),
      started_at: null,
      finished_at: null,
    });
    for (const error of await failures(
      world.organizations.get(scope),
      world.organizations.patch(scope, mergePatch({ name: 'Still here' }), {}),
      world.organizations.delete(scope, {}),
      world.organizations.delete(scope, {}, true),
      world.deletions.get(newId()),
    )) {
      expect(error).toMatchObject({ kind: 'not_found' });
    }
    const seen = await walk((page) => world.organizations.list({ ids: 'all' }, page), 50);
    expect(seen.map(({ id }) => id)).not.toContain(scope.id);
    const write = { slug: scope.slug, name: 'Next' };
    expect(await failure(world.organizations.create(write))).toMatchObject({ code: 'already_exists' });
    await handler.run({ deletion_id: deletion?.id ?? '' }, contextOf());
    expect(await world.organizations.create(write)).toMatchObject({ slug: scope.slug });
  });

  it('is queued in the transaction that hides it, once of several requests at once', async () => {
    const scope = await world.organization();
    const outcomes = await Promise.allSettled([request(scope), request(scope), request(scope)]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const { rows } = await world.db.pool.query(
      `select o.name, o.payload->'data' as data from imbi_system.outbox o
       join imbi_system.organization_deletions d on d.id = o.payload->'data'->>'deletion_id'
       where d.organization_id = $1 and o.topic = 'job'`,
      [scope.id],
    );
    expect(rows).toEqual([{ name: 'catalog/delete-organization', data: { deletion_id: expect.any(String) } }]);
  });

  it('removes everything, whosever label it is, in the name of who asked, and leaves others alone', async () => {
    const [scope, other] = [await large(), await world.furnished()];
    await world.project(other, 'api');
    const id = await request(scope);
    const seen: string[] = [];
    const actor = { kind: 'user', id: newId(), name: 'Ada' } as const;
    await requestContext.run({ requestId: 'r', actor }, () =>
      handler.run(
        { deletion_id: id },
        contextOf({
          onChunk: async () => {
            const { state, done, total } = await world.deletions.get(id);
            seen.push(`${state} ${done}/${total}`);
          },
        }),
      ),
    );
    const total = PROJECTS + 15 + 1 + 1;
    expect(seen.slice(0, 4)).toEqual([
      `running 1/${total}`,
      `running 201/${total}`,
      `running 401/${total}`,
      `running 451/${total}`,
    ]);
    expect(await world.deletions.get(id)).toMatchObject({
      state: 'done',
      done: total,
      total,
      started_at: expect.any(String),
      finished_at: expect.any(String),
    });
    expect(await namesOf(scope)).toBe(0);
    expect(await recorded(scope)).toEqual(ONCE);
    expect(await world.graph.read.count(Reader, {})).toBeGreaterThan(0);
    const { rows } = await world.db.pool.query(
      `select distinct payload->>'actor_id' as actor from imbi_system.outbox
       where name = 'entity_changes' and payload->>'operation' = 'delete'`,
    );
    expect(rows).toEqual([{ actor: actor.id }]);
    const events = (await world.takeEvents()).filter(({ name }) => name.endsWith('.deleted'));
    expect(events.filter(({ name }) => name === 'project.deleted')).toHaveLength(PROJECTS);
    expect(events.at(-1)).toEqual({ name: 'organization.deleted', payload: { id: scope.id, slug: scope.slug } });
    expect((await world.projects.list(other, query())).items).toHaveLength(1);
    expect(await world.faults()).toEqual([]);
  });

  it('goes on where it was killed, and records everything exactly once', async () => {
    const scope = await large();
    const id = await request(scope);
    const died = handler.run(
      { deletion_id: id },
      contextOf({
        onChunk: async (chunk) => {
          if (chunk < 2) return;
          // The next chunk is under way when the connection breaks.
          setTimeout(() => void world.cutConnections().catch(() => undefined), 20);
        },
      }),
    );
    await expect(died).rejects.toThrow();
    // The engine comes back by itself, as a server does.
    let attempt = 1;
    for (;;) {
      attempt += 1;
      try {
        await handler.run({ deletion_id: id }, contextOf({ attempt }));
        break;
      } catch (error) {
        if (attempt > 100) throw error;
        await sleep(200);
      }
    }
    const total = PROJECTS + 15 + 1 + 1;
    expect(await world.deletions.get(id)).toMatchObject({ state: 'done', done: total, total });
    expect(await namesOf(scope)).toBe(0);
    expect(await recorded(scope)).toEqual(ONCE);
    // A job that is delivered again after all was done has nothing to do.
    await handler.run({ deletion_id: id }, contextOf());
    expect(await recorded(scope)).toEqual(ONCE);
  });

  it('two runs of it take turns and count everything once', async () => {
    const scope = await large();
    const id = await request(scope);
    await Promise.all([1, 2].map(() => handler.run({ deletion_id: id }, contextOf())));
    expect(await recorded(scope)).toEqual(ONCE);
    expect((await world.deletions.get(id)).done).toBe(PROJECTS + 15 + 1 + 1);
  });

  it('also removes what requests were just adding', async () => {
    const scope = await world.furnished();
    const id = await request(scope);
    let late = 0;
    const adding = handler.run(
      { deletion_id: id },
      contextOf({
        onChunk: async () => {
          late += 1;
          // These were let in before: they know the organization's id.
          if (late <= 5) await world.teams.create(scope, { slug: `late-${late}`, name: 'Late' });
        },
      }),
    );
    await adding;
    expect(await namesOf(scope)).toBe(0);
    expect(await failure(world.teams.create(scope, { slug: 'too-late', name: 'Late' }))).toMatchObject({
      kind: 'not_found',
    });
    expect(await world.deletions.get(id)).toMatchObject({ state: 'done', done: 20, total: 20 });
  });

  it('says when it has failed for good, and goes on when its dead letter is replayed', async () => {
    const scope = await world.furnished();
    const id = await request(scope);
    const { attempts } = deleteOrganization.retry;
    const stop = async () => {
      throw new Error('no more');
    };
    for (const attempt of [1, attempts]) {
      await expect(handler.run({ deletion_id: id }, contextOf({ attempt, onChunk: stop }))).rejects.toThrow('no more');
      expect((await world.deletions.get(id)).state).toBe(attempt === attempts ? 'failed' : 'running');
    }
    await handler.run({ deletion_id: id }, contextOf());
    expect(await world.deletions.get(id)).toMatchObject({ state: 'done', done: 15, total: 15 });
  });
});

describe('deleting an organization that owns nothing', () => {
  it('takes away the edges that name it', async () => {
    const scope = await world.organization();
    const [one] = await world.graph.transaction(async (tx) => {
      const readers = await tx.insertMany(Reader, [{ name: 'one' }]);
      const reader = ref(Reader, readers[0]?.id ?? '');
      for (const organization_id of [scope.id, scope.id, newId(), null]) {
        await tx.connect(MayRead, reader, reader, { organization_id });
      }
      return readers;
    });
    await world.organizations.delete(scope, {});
    expect(await namesOf(scope)).toBe(0);
    expect(await world.graph.read.countEdges(MayRead, { from: one?.id })).toBe(2);
    expect(await world.graph.read.find(Organization, scope.id)).toBeUndefined();
  });

  it('is refused while it owns what another feature knows of', async () => {
    const scope = await world.organization();
    await world.graph.transaction((tx) => tx.insert(Memo, { organization_id: scope.id, text: 'Remember.' }));
    expect((await failure(world.organizations.delete(scope, {}))).details?.['counts']).toEqual({ memos: 1 });
    expect(await world.graph.read.count(Project, { organization_id: scope.id })).toBe(0);
  });
});
