import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '#libs/common';
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
import { edgeTo, REDACTED, ref, type VertexOf, type WriteBatch } from './index.js';

let sample: SampleGraph;
let team: VertexOf<typeof Team>;
let api: VertexOf<typeof Project>;
let owner: VertexOf<typeof Team>;
let lib: VertexOf<typeof Project>;
const organizationId = newId();
const FRAME = 3; // begin, the outbox rows, commit

beforeAll(async () => {
  sample = await sampleGraph();
  [team, owner, api, lib] = await sample.graph.transaction(async (tx) => [
    await tx.insert(Team, { organization_id: organizationId, slug: 'core', name: 'Core' }),
    await tx.insert(Team, { organization_id: organizationId, slug: 'owner', name: 'Owner' }),
    await tx.insert(Project, project('api')),
    await tx.insert(Project, project('lib')),
  ]);
});

afterAll(async () => {
  await sample.close();
});

function project(slug: string, more: object = {}) {
  return { organization_id: organizationId, slug, name: slug, rank: 0, ...more };
}

const together = <Result>(write: (batch: WriteBatch) => Promise<Result>) =>
  sample.graph.transaction((tx) => tx.together(write));

async function changesOf(work: () => Promise<unknown>) {
  const before = (await sample.changes()).length;
  await work();
  return (await sample.changes()).slice(before);
}

describe('writes that go together', () => {
  it('are one statement, with the results and the history of each by itself', async () => {
    let outcome: unknown;
    const write = () =>
      together(async (batch) => {
        const [renamed, ranked, web] = await Promise.all([
          batch.patch(Team, team.id, { set: { name: 'Core Systems' } }),
          batch.patch(Project, api.id, { set: { rank: 7 }, expectVersion: 1 }),
          batch.insert(Project, project('web'), [
            edgeTo(OwnedBy, owner.id),
            edgeTo(DependsOn, lib.id, { reason: 'calls it' }),
          ]),
        ]);
        outcome = { renamed, ranked, web };
      });
    let statements = 0;
    const changes = await changesOf(async () => {
      statements = await sample.countStatements(write);
    });
    expect(statements).toBe(FRAME + 1);
    const web = await sample.graph.read.find(Project, { organization_id: organizationId, slug: 'web' });
    expect(outcome).toEqual({
      renamed: { before: team, after: await sample.graph.read.find(Team, team.id), changed: true },
      ranked: { before: api, after: await sample.graph.read.find(Project, api.id), changed: true },
      web,
    });
    expect(changes).toMatchObject([
      { operation: 'update', label: 'Team', entity_id: team.id, version: 2 },
      { operation: 'update', label: 'Project', entity_id: api.id, version: 2 },
      { operation: 'create', label: 'Project', entity_id: web?.id, version: 1 },
      { operation: 'create', label: 'OWNED_BY', from_id: web?.id, to_label: 'Team', to_id: owner.id },
      { operation: 'create', label: 'DEPENDS_ON', from_id: web?.id, to_id: lib.id, after: '{"reason":"calls it"}' },
    ]);
    expect(changes.map((change) => change['organization_id'])).toEqual(Array(5).fill(organizationId));
    const edges = await sample.graph.read.edgesOf(DependsOn, { from: web?.id ?? '' });
    expect(edges).toEqual([{ from: web?.id, to: lib.id, properties: { reason: 'calls it', seen_by: null } }]);
    expect(await sample.graph.read.edgesOf(OwnedBy, { from: web?.id ?? '' })).toHaveLength(1);
  });

  it('write the history that the same writes leave one by one', async () => {
    const organization = await sample.graph.transaction((tx) =>
      tx.insert(Organization, { slug: 'acme', name: 'Acme' }),
    );
    const [values, line] = [{ name: 'deploy', hash: 'h', token: 't' }, { line: 3 }];
    const apart = await changesOf(() =>
      sample.graph.transaction(async (tx) => {
        const { id } = await tx.insert(Credential, values);
        await tx.connect(Mentions, ref(Credential, id), ref(Organization, organization.id), line);
        const { id: other } = await tx.insert(Team, { organization_id: organization.id, slug: 'a', name: 'T' });
        await tx.connect(BelongsTo, ref(Team, other), organization.id);
      }),
    );
    const joined = await changesOf(() =>
      together((batch) =>
        Promise.all([
          batch.insert(Credential, values, [edgeTo(Mentions, ref(Organization, organization.id), line)]),
          batch.insert(Team, { organization_id: organization.id, slug: 'b', name: 'T' }, [
            edgeTo(BelongsTo, organization.id),
          ]),
        ]),
      ),
    );
    const said = (changes: typeof apart) =>
      changes.map(({ organization_id, operation, label, from_label, to_label, to_id }) => {
        return { organization_id, operation, label, from_label, to_label, to_id };
      });
    expect(said(joined)).toEqual(said(apart));
    expect(JSON.parse(String(joined[0]?.['after']))).toMatchObject({ hash: REDACTED, token: REDACTED });
  });

  it('leave no history where the label has none, and write nothing where nothing differs', async () => {
    const ticket = await sample.graph.transaction((tx) => tx.insert(Ticket, { state: 'new' }));
    const current = await sample.graph.read.find(Project, api.id);
    const changes = await changesOf(async () => {
      const [spent, same, missing] = await together((batch) =>
        Promise.all([
          batch.patch(Ticket, ticket.id, { set: { state: 'spent' } }),
          batch.patch(Project, api.id, { set: { rank: current?.rank } }),
          batch.patch(Project, newId(), { set: { rank: 1 } }),
          batch.insert(Ticket, { state: 'next' }, [edgeTo(RaisedBy, lib.id)]),
        ]),
      );
      expect(spent?.after).toMatchObject({ state: 'spent', version: 2 });
      expect(same).toEqual({ before: current, after: current, changed: false });
      expect(missing).toBeUndefined();
    });
    expect(changes).toEqual([]);
    expect(await sample.graph.read.edgesOf(RaisedBy, { to: lib.id })).toHaveLength(1);
  });

  it('stay prepared on their connection, as one text for all that differ in values only', async () => {
    const { rows } = await sample.graph.transaction(async (tx) => {
      for (const slug of ['kept-a', 'kept-b']) {
        await tx.together((batch) => batch.insert(Project, project(slug), [edgeTo(DependsOn, api.id)]));
      }
      const text = `select statement from pg_catalog.pg_prepared_statements where statement like '%inserted_0%DEPENDS_ON%'
        and statement not like '%OWNED_BY%' and statement not like '%pg_prepared_statements%'`;
      return { rows: await tx.transaction.execute({ sql: text, parameters: [] }) };
    });
    expect(rows).toHaveLength(1);
  });

  it.each<[string, string, (batch: WriteBatch) => Promise<unknown>, object]>([
    [
      'another version',
      'version_mismatch',
      (batch) => batch.patch(Team, team.id, { set: { name: 'no' }, expectVersion: 99 }),
      { expected_version: 99, current_version: 2 },
    ],
    [
      'a key that is taken',
      'already_exists',
      (batch) => batch.insert(Team, { organization_id: organizationId, slug: 'core', name: 'no' }),
      { label: 'Team', properties: ['organization_id', 'slug'] },
    ],
    [
      'an edge that may be there once only',
      'already_exists',
      (batch) => batch.insert(Project, project('twice'), [edgeTo(OwnedBy, team.id), edgeTo(OwnedBy, team.id)]),
      { label: 'OWNED_BY', properties: ['from'] },
    ],
    [
      'an end that is not there',
      'edge_end_not_found',
      (batch) => batch.insert(Project, project('loose'), [edgeTo(DependsOn, 'AAAAAAAAAAAAAAAAAAAAA')]),
      { label: 'DEPENDS_ON', ids: ['AAAAAAAAAAAAAAAAAAAAA'] },
    ],
  ])('are refused as a whole for %s', async (_what, code, refused, details) => {
    const before = await sample.graph.read.find(Project, api.id);
    const count = await sample.graph.read.count(Project, { organization_id: organizationId });
    const changes = await changesOf(() =>
      sample.graph.transaction(async (tx) => {
        const work = tx.attempt(() =>
          tx.together((batch) =>
            // Who asked for a write of a batch that fails may leave it at that.
            Promise.all([refused(batch), batch.insert(Project, project('dropped'))]).then(() => {
              throw new Error('it was written');
            }),
          ),
        );
        await expect(work).rejects.toMatchObject({ code, details });
        const other = tx.attempt(() =>
          tx.together(async (batch) => {
            void batch.patch(Project, api.id, { set: { rank: 99 } });
            await refused(batch);
          }),
        );
        await expect(other).rejects.toMatchObject({ code, details });
      }),
    );
    expect(changes).toEqual([]);
    expect(await sample.graph.read.find(Project, api.id)).toEqual(before);
    expect(await sample.graph.read.count(Project, { organization_id: organizationId })).toBe(count);
  });

  it('send nothing where one is not valid', async () => {
    const statements = await sample.countStatements(async () => {
      const work = together((batch) =>
        Promise.all([
          batch.patch(Project, api.id, { set: { rank: 5 } }),
          batch.insert(Team, { organization_id: organizationId, slug: 'not a slug', name: 'x' }),
        ]),
      );
      await expect(work).rejects.toMatchObject({ code: 'invalid_properties' });
    });
    expect(statements).toBe(2);
  });

  it('refuse a second write to a vertex that one changes, and what is asked for after they were sent', async () => {
    const patch = (batch: WriteBatch) => batch.patch(Project, api.id, { set: { rank: 1 } });
    const point = (batch: WriteBatch) => batch.insert(Project, project('points'), [edgeTo(DependsOn, api.id)]);
    for (const writes of [
      [patch, patch],
      [patch, point],
      [point, patch],
    ]) {
      const work = together((batch) => Promise.all(writes.map((write) => write(batch))));
      await expect(work).rejects.toThrow('a vertex that one write of a batch changes');
    }
    const late = together(async (batch) => {
      await batch.patch(Team, team.id, { set: { description: 'first' } });
      await batch.patch(Project, api.id, { set: { rank: 50 } });
    });
    await expect(late).rejects.toThrow('the batch was sent');
    expect((await sample.graph.read.find(Team, team.id))?.description).toBeNull();
    expect(await together(async () => 'nothing asked')).toBe('nothing asked');
  });

  it('merge over what another transaction committed while they waited', async () => {
    const ids = await sample.graph.transaction((tx) => tx.insertMany(Project, [project('race-a'), project('race-b')]));
    const [a, b] = ids.map(({ id }) => id);
    await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        together((batch) =>
          Promise.all(
            [a, b].map((id) =>
              batch.patch(Project, id ?? '', { set: index % 2 ? { score: index } : { rank: index + 1 } }),
            ),
          ),
        ),
      ),
    );
    for (const id of [a, b]) {
      const stored = await sample.graph.read.find(Project, id ?? '');
      expect(stored?.version).toBe(13);
      expect([stored?.score, stored?.rank].every((value) => value !== null && value !== 0)).toBe(true);
    }
  });
});
