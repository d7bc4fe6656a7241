import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { newId, requestContext } from '#libs/common';
import {
  BelongsTo,
  Credential,
  DependsOn,
  Mentions,
  Organization,
  OwnedBy,
  Project,
  RaisedBy,
  type SampleGraph,
  sampleGraph,
  Team,
  Ticket,
} from '../test/sample-graph.js';
import { ref } from './index.js';

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

describe('what is written about changes', () => {
  it('is nothing for a label without history', async () => {
    const before = (await sample.changes()).length;
    await sample.graph.transaction(async (tx) => {
      const ticket = await tx.insert(Ticket, { state: 'new' });
      await tx.patch(Ticket, ticket.id, { set: { state: 'spent' } });
      const owner = await tx.insert(Project, project('has-tickets'));
      await tx.connect(RaisedBy, ticket.id, owner.id);
      await tx.remove(Ticket, ticket.id);
    });
    const after = (await sample.changes()).slice(before);
    expect(after.map(({ operation, label }) => `${operation} ${label}`)).toEqual(['create Project']);
  });
});

describe('statements of writes', () => {
  it('stay prepared on their connection', async () => {
    const prepared = await sample.graph.transaction(async (tx) => {
      const from = await tx.insert(Project, project('prepared-a'));
      const to = await tx.insert(Project, project('prepared-b'));
      for (const { id } of [from, to]) await tx.patch(Project, id, { set: { name: 'prepared' } });
      await tx.connect(DependsOn, from.id, to.id);
      const { rows } = await sql<{
        statement: string;
      }>`select statement from pg_catalog.pg_prepared_statements`.execute(tx.transaction.kysely);
      return rows.map(({ statement }) => statement.replaceAll(/\s+/g, ' ').trim());
    });
    expect(prepared.filter((text) => text.startsWith('insert into "imbi"."Project"'))).toHaveLength(1);
    expect(prepared.filter((text) => text.includes('update "imbi"."Project"'))).toHaveLength(1);
    expect(prepared.filter((text) => text.includes('insert into "imbi"."DEPENDS_ON"'))).toHaveLength(1);
  });
});

describe('vertices', () => {
  it('come back as they were inserted, with an id, times and version 1', async () => {
    const { graph } = sample;
    const inserted = await graph.transaction((tx) =>
      tx.insert(Project, {
        ...project('round-trip'),
        score: 0.1,
        archived_at: '2026-11-23T10:00:00+02:00',
        stage: 'live',
        labels: ['a', 'ä "quoted" \\ back'],
        links: { 'home-page': 'https://example.org/?q=%20' },
        attributes: { tier: 3, nested: { deep: [1, null, { x: 'y' }] }, emoji: '🚀\n\t' },
      }),
    );
    expect(inserted).toMatchObject({ version: 1, archived_at: '2026-11-23T08:00:00.000Z', stage: 'live' });
    expect(await graph.read.find(Project, inserted.id)).toEqual(inserted);
    expect(await graph.read.find(Project, { organization_id: organizationId, slug: 'round-trip' })).toEqual(inserted);
    expect(await graph.read.find(Project, newId())).toBeUndefined();
  });

  it.each([
    ['an empty text', ''],
    ['quotes and backslashes', `"'\\ $$ $1 \\u0041`],
    ['line breaks and tabs', '\r\n\t\u0001'],
    ['text beyond the basic plane', '𝒳 🚀 é é'],
    ['something like agtype', '{"a": 1}::vertex NaN ::numeric 12345678901234567890'],
  ])('keep %s unchanged', async (_what, text) => {
    const { id } = await sample.graph.transaction((tx) =>
      tx.insert(Team, {
        organization_id: organizationId,
        slug: `t${newId()
          .toLowerCase()
          .replace(/[^a-z0-9]/g, 'x')}`,
        name: text,
      }),
    );
    expect((await sample.graph.read.find(Team, id))?.name).toBe(text);
  });

  it.each([0, -1, 0.1, 1e-7, 5e-324, 1.25e-10, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 1.5e15])(
    'keep the number %p unchanged',
    async (score) => {
      const { id } = await sample.graph.transaction((tx) =>
        tx.insert(Project, {
          ...project(`n-${Math.abs(score)}-${score < 0 ? 'm' : 'p'}`.replace(/[^a-z0-9-]/g, 'x')),
          score,
        }),
      );
      expect((await sample.graph.read.find(Project, id))?.score).toBe(score);
    },
  );

  it('are refused with every fault named', async () => {
    const insert = sample.graph.transaction((tx) =>
      tx.insert(Project, {
        ...project('Not A Slug'),
        rank: 1.5,
        archived_at: 'yesterday',
        links: { home: 'javascript:alert(1)' },
      }),
    );
    await expect(insert).rejects.toMatchObject({
      code: 'invalid_properties',
      kind: 'invalid',
      errors: [
        { pointer: '/slug', code: 'not_a_slug' },
        { pointer: '/rank', code: 'not_an_integer' },
        { pointer: '/archived_at', code: 'not_a_timestamp' },
        { pointer: '/links/home', code: 'not_a_url' },
      ],
    });
  });

  it('that clash with a unique key name the clashing properties', async () => {
    await sample.graph.transaction((tx) => tx.insert(Project, project('taken')));
    await expect(sample.graph.transaction((tx) => tx.insert(Project, project('taken')))).rejects.toMatchObject({
      code: 'already_exists',
      kind: 'conflict',
      details: { label: 'Project', properties: ['organization_id', 'slug'] },
    });
  });

  it('inserted by the thousand take one statement, and may skip what exists', async () => {
    const values = Array.from({ length: 1000 }, (_, index) => project(`many-${index}`, { rank: index }));
    let inserted: readonly unknown[] = [];
    const statements = await sample.countStatements(() =>
      sample.graph.transaction(async (tx) => {
        inserted = await tx.insertMany(Project, values);
      }),
    );
    expect(inserted).toHaveLength(1000);
    expect(statements).toBe(4); // begin, insert, outbox, commit
    const again = await sample.graph.transaction((tx) =>
      tx.insertMany(Project, [project('many-1'), project('many-new')], { onConflict: 'skip' }),
    );
    expect(again.map((one) => one.slug)).toEqual(['many-new']);
  });

  it('are patched property by property', async () => {
    const { graph } = sample;
    const before = await graph.transaction((tx) =>
      tx.insert(Project, { ...project('patched'), score: 1, stage: 'draft' }),
    );
    const patched = await graph.transaction((tx) =>
      tx.patch(Project, before.id, { set: { name: 'New', score: null }, unset: ['stage'] }),
    );
    expect(patched?.before).toEqual(before);
    expect(patched?.after).toEqual({
      ...before,
      name: 'New',
      score: null,
      stage: null,
      version: 2,
      updated_at: patched?.after.updated_at,
    });
    expect(await graph.read.find(Project, before.id)).toEqual(patched?.after);
  });

  it('keep their version where a patch changes nothing', async () => {
    const { id } = await sample.graph.transaction((tx) => tx.insert(Project, project('same')));
    const result = await sample.graph.transaction((tx) =>
      tx.patch(Project, id, { set: { name: 'same', score: null } }),
    );
    expect(result).toMatchObject({ changed: false, after: { version: 1 } });
  });

  it('refuse a patch that expects another version', async () => {
    const { id } = await sample.graph.transaction((tx) => tx.insert(Project, project('versioned')));
    const patch = sample.graph.transaction((tx) => tx.patch(Project, id, { set: { name: 'x' }, expectVersion: 7 }));
    await expect(patch).rejects.toMatchObject({
      code: 'version_mismatch',
      kind: 'precondition_failed',
      details: { current_version: 1 },
    });
    expect(await sample.graph.transaction((tx) => tx.patch(Project, newId(), { set: { name: 'x' } }))).toBeUndefined();
  });

  it('refuse to lose what is required or to take what is unknown', async () => {
    const { id } = await sample.graph.transaction((tx) => tx.insert(Project, project('strict')));
    const unknown = { nonsense: 1, version: 9 } as object;
    const patch = sample.graph.transaction((tx) => tx.patch(Project, id, { set: unknown, unset: ['name' as 'score'] }));
    await expect(patch).rejects.toMatchObject({
      errors: [
        { pointer: '/nonsense', code: 'unknown_property' },
        { pointer: '/version', code: 'unknown_property' },
        { pointer: '/name', code: 'required' },
      ],
    });
  });

  it('are replaced whole, apart from what the caller cannot see', async () => {
    const { graph } = sample;
    const { id } = await graph.transaction((tx) => tx.insert(Credential, { name: 'key', hash: 'h1', token: 't1' }));
    const replaced = await graph.transaction((tx) => tx.replace(Credential, id, { name: 'new', hash: 'h2' }));
    expect(replaced?.after).toMatchObject({ name: 'new', version: 2 });
    expect(await graph.read.reveal(Credential, id, 'token')).toBe('t1');
    expect(await graph.read.reveal(Credential, id, 'hash')).toBe('h2');
  });

  it('never show hidden properties, nor keep encrypted ones in the clear', async () => {
    const { graph, pool } = sample;
    const inserted = await graph.transaction((tx) =>
      tx.insert(Credential, { name: 'k', hash: 'argon', token: 'plain' }),
    );
    expect(Object.keys(inserted)).toEqual(['name', 'id', 'created_at', 'updated_at', 'version']);
    const { rows } = await pool.query(`select ag_catalog.agtype_out(properties)::text as text from imbi."Credential"`);
    expect(rows.some((row) => row.text.includes('plain'))).toBe(false);
    const texts = JSON.stringify(await sample.changes());
    expect(texts).not.toContain('argon');
    expect(texts).toContain('[redacted]');
  });

  it('are removed with every edge that touches them', async () => {
    const { graph } = sample;
    const ids = await graph.transaction(async (tx) => {
      const organization = await tx.insert(Organization, { slug: 'doomed', name: 'Doomed' });
      const team = await tx.insert(Team, { organization_id: organization.id, slug: 'doomed', name: 'Doomed' });
      const [a, b] = await tx.insertMany(Project, [project('doomed-a'), project('doomed-b')]);
      await tx.connect(OwnedBy, a!.id, team.id);
      await tx.connect(DependsOn, a!.id, b!.id, { reason: 'x' });
      await tx.connect(DependsOn, b!.id, a!.id);
      await tx.connect(BelongsTo, ref(Project, a!.id), organization.id);
      await tx.connect(Mentions, ref(Team, team.id), ref(Project, a!.id), { line: 1 });
      return { a: a!.id, b: b!.id };
    });
    const sizeBefore = (await sample.changes()).length;
    const removed = await graph.transaction((tx) => tx.remove(Project, ids.a));
    expect(removed?.slug).toBe('doomed-a');
    const recorded = (await sample.changes()).slice(sizeBefore);
    expect(recorded.map((row) => [row['label'], row['operation'], row['from_label'], row['to_label']]).sort()).toEqual([
      ['BELONGS_TO', 'delete', 'Project', 'Organization'],
      ['DEPENDS_ON', 'delete', 'Project', 'Project'],
      ['DEPENDS_ON', 'delete', 'Project', 'Project'],
      ['MENTIONS', 'delete', 'Team', 'Project'],
      ['OWNED_BY', 'delete', 'Project', 'Team'],
      ['Project', 'delete', '', ''],
    ]);
    expect(await graph.read.edgesOf(DependsOn, { from: ids.b })).toEqual([]);
    expect(await graph.transaction((tx) => tx.remove(Project, ids.a))).toBeUndefined();
  });
});

describe('edges', () => {
  it('join vertices, say what they carry, and refuse a second of their kind', async () => {
    const { graph } = sample;
    const [a, b] = await graph.transaction((tx) => tx.insertMany(Project, [project('e-a'), project('e-b')]));
    const edge = await graph.transaction((tx) => tx.connect(DependsOn, a!.id, b!.id, { reason: 'build' }));
    expect(edge).toEqual({ from: a!.id, to: b!.id, properties: { reason: 'build', seen_by: null } });
    expect(await graph.read.edgesOf(DependsOn, { to: b!.id })).toEqual([edge]);
    expect(await graph.read.countEdges(DependsOn, { from: [a!.id, b!.id] })).toBe(1);
    await expect(graph.transaction((tx) => tx.connect(DependsOn, a!.id, b!.id))).rejects.toMatchObject({
      code: 'already_exists',
      details: { label: 'DEPENDS_ON', properties: ['from', 'to'] },
    });
    const missing = newId();
    await expect(graph.transaction((tx) => tx.connect(DependsOn, a!.id, missing))).rejects.toMatchObject({
      code: 'edge_end_not_found',
      details: { ids: [missing] },
    });
    const patched = await graph.transaction((tx) =>
      tx.patchEdge(DependsOn, a!.id, b!.id, { set: { seen_by: 'bot' }, unset: ['reason'] }),
    );
    expect(patched).toMatchObject({
      before: edge,
      after: { properties: { reason: null, seen_by: 'bot' } },
      changed: true,
    });
    const removed = await graph.transaction((tx) => tx.disconnect(DependsOn, { from: a!.id, to: b!.id }));
    expect(removed).toHaveLength(1);
    expect(await graph.read.edgesOf(DependsOn, { from: a!.id })).toEqual([]);
  });

  it('replaced as a set touch only what differs and keep what machines wrote', async () => {
    const { graph } = sample;
    const projects = await graph.transaction((tx) =>
      tx.insertMany(
        Project,
        ['r-0', 'r-1', 'r-2', 'r-3'].map((slug) => project(slug)),
      ),
    );
    const [from, a, b, c] = projects.map((one) => one.id) as [string, string, string, string];
    await graph.transaction((tx) =>
      tx.connectMany(DependsOn, [
        { from, to: a, properties: { reason: 'same' } },
        { from, to: b, properties: { reason: 'old', seen_by: 'bot' } },
      ]),
    );
    const replaced = await graph.transaction((tx) =>
      tx.replaceEdges(
        DependsOn,
        from,
        [{ to: a, properties: { reason: 'same' } }, { to: b, properties: { reason: 'new' } }, { to: c }],
        { preserve: ['seen_by'] },
      ),
    );
    expect(replaced.added.map((edge) => edge.to)).toEqual([c]);
    expect(replaced.changed.map((edge) => edge.properties)).toEqual([{ reason: 'new', seen_by: 'bot' }]);
    expect(replaced.removed).toEqual([]);
    const emptied = await graph.transaction((tx) => tx.replaceEdges(DependsOn, from, []));
    expect(emptied.removed).toHaveLength(3);
  });

  it('that a vertex has only one of are moved by a replacement', async () => {
    const { graph } = sample;
    const [teams, owned] = await graph.transaction(
      async (tx) =>
        [
          await tx.insertMany(Team, [
            { organization_id: organizationId, slug: 'old-owner', name: 'Old' },
            { organization_id: organizationId, slug: 'new-owner', name: 'New' },
          ]),
          await tx.insert(Project, project('moving')),
        ] as const,
    );
    await graph.transaction((tx) => tx.replaceEdges(OwnedBy, owned.id, [{ to: teams[0]!.id }]));
    const moved = await graph.transaction((tx) => tx.replaceEdges(OwnedBy, owned.id, [{ to: teams[1]!.id }]));
    expect([moved.added.length, moved.removed.length]).toEqual([1, 1]);
    await expect(graph.transaction((tx) => tx.connect(OwnedBy, owned.id, teams[0]!.id))).rejects.toMatchObject({
      details: { properties: ['from'] },
    });
  });
});

describe('the change history', () => {
  it('has one row for each change, with actor, request, before and after', async () => {
    const sizeBefore = (await sample.changes()).length;
    const actor = { kind: 'user', id: newId(), name: 'Ada' } as const;
    await requestContext.run({ requestId: 'req-1', actor }, () =>
      sample.graph.transaction(async (tx) => {
        const { id } = await tx.insert(Team, { organization_id: organizationId, slug: 'recorded', name: 'A' });
        await tx.patch(Team, id, { set: { name: 'B' } });
        await tx.remove(Team, id);
        tx.emit('team.removed', { id }, { key: id });
      }),
    );
    const rows = (await sample.changes()).slice(sizeBefore);
    expect(rows.slice(0, 3).map((row) => [row['operation'], row['version']])).toEqual([
      ['create', 1],
      ['update', 2],
      ['delete', 2],
    ]);
    expect(rows[1]).toMatchObject({
      organization_id: organizationId,
      entity_kind: 'vertex',
      label: 'Team',
      actor_kind: 'user',
      actor_id: actor.id,
      actor_name: 'Ada',
      request_id: 'req-1',
    });
    expect(JSON.parse(String(rows[1]!['before']))).toMatchObject({ name: 'A', version: 1 });
    expect(JSON.parse(String(rows[1]!['after']))).toMatchObject({ name: 'B', version: 2 });
  });

  it('forgets what a savepoint undid', async () => {
    const sizeBefore = (await sample.changes()).length;
    await sample.graph.transaction(async (tx) => {
      await tx.insert(Team, { organization_id: organizationId, slug: 'kept', name: 'Kept' });
      const clash = tx.attempt(() =>
        tx.insertMany(Team, [
          { organization_id: organizationId, slug: 'lost', name: 'Lost' },
          { organization_id: organizationId, slug: 'kept', name: 'Clash' },
        ]),
      );
      await expect(clash).rejects.toMatchObject({ code: 'already_exists' });
    });
    expect((await sample.changes()).length).toBe(sizeBefore + 1);
  });
});
