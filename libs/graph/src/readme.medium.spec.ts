import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { newId } from '#libs/common';
import { migration, systemMigrations } from '#libs/database';
import {
  col,
  declareLabel,
  decodeMap,
  defineEdge,
  defineVertex,
  encode,
  equal,
  Graph,
  GraphModel,
  jsonList,
  jsonObject,
  propertiesOf,
  property,
  tableOf,
} from '#libs/graph';
import { testDatabase } from '#test/database';

// The code between the marks stands in the README word for word.
// <readme>
const Team = defineVertex('Team', {
  properties: {
    organization_id: property.id(),
    slug: property.slug(),
    name: property.text({ maxLength: 200 }),
    description: property.text({ optional: true }),
  },
  unique: [['organization_id', 'slug']],
  indexes: [['organization_id', 'name', 'id']],
});
const Project = defineVertex('Project', {
  properties: { organization_id: property.id(), slug: property.slug(), name: property.text() },
  unique: [['organization_id', 'slug']],
});
const OwnedBy = defineEdge('OWNED_BY', { from: Project, to: Team, unique: 'start' });
const DependsOn = defineEdge('DEPENDS_ON', {
  from: Project,
  to: Project,
  properties: { reason: property.text({ optional: true }) },
});
// </readme>

it('does what the README says', async () => {
  const labels = migration('example/0001_labels', (m) => {
    for (const definition of [Team, Project, OwnedBy, DependsOn]) declareLabel(m, definition);
  });
  const { db: database, close } = await testDatabase({ migrations: [...systemMigrations, labels] });
  const organization_id = newId();
  // <readme>
  const graph = new Graph(database, new GraphModel([Team, Project, OwnedBy, DependsOn]));

  const { team, api, web } = await graph.transaction(async (tx) => {
    const team = await tx.insert(Team, { organization_id, slug: 'core', name: 'Core' });
    const [api, web] = await tx.insertMany(Project, [
      { organization_id, slug: 'api', name: 'API' },
      { organization_id, slug: 'web', name: 'Web' },
    ]);
    if (!api || !web) throw new Error('every vertex is inserted or none');
    await tx.replaceEdges(OwnedBy, api.id, [{ to: team.id }]);
    await tx.connect(DependsOn, web.id, api.id, { reason: 'calls it' });
    tx.emit('project.created', { id: api.id });
    return { team, api, web };
  });

  await graph.read.find(Team, { organization_id, slug: 'core' }); // the vertex, or undefined
  const page = await graph.read.list(Project, {
    where: { organization_id, name: { contains: 'a' } },
    order: [['name', 'desc']],
    limit: 50,
  }); // { items, next }: pass `next` as `after`

  const patched = await graph.transaction((tx) =>
    tx.patch(Team, team.id, { set: { name: 'Core Systems' }, unset: ['description'], expectVersion: 1 }),
  ); // { before, after, changed }, or undefined; DomainError version_mismatch

  const impact = await graph.read.traverse({
    edges: [DependsOn],
    from: api.id,
    direction: 'in',
    maxDepth: 5,
    markCycles: true,
  }); // { reached: [{ id, depth, via, vertex, cyclic }], … }

  // A read model: one statement for a screen, of typed pieces; agtype stays in this library.
  const readTeams = sql<{ properties: string; projects: string }>`
    select ${propertiesOf('t')} as properties,
      (select ${jsonList(jsonObject({ slug: col(Project, 'slug', 'p') }), col(Project, 'slug', 'p'))}
       from ${tableOf(OwnedBy)} e join ${tableOf(Project)} p on ${equal(sql.ref('p.id'), sql.ref('e.start_id'))}
       where ${equal(sql.ref('e.end_id'), sql.ref('t.id'))}) as projects
    from ${tableOf(Team)} t where ${equal(col(Team, 'organization_id', 't'), encode(organization_id))}`;
  const [row] = await database.execute(readTeams.compile(database.kysely));
  // </readme>
  expect(page.items.map((one) => one.slug)).toEqual(['api']);
  expect(patched?.after).toMatchObject({ name: 'Core Systems', version: 2 });
  expect(impact.reached).toMatchObject([{ id: web.id, depth: 1, via: { id: api.id, edge: 'DEPENDS_ON' } }]);
  expect(row && [decodeMap(row.properties)['slug'], JSON.parse(row.projects)]).toEqual(['core', [{ slug: 'api' }]]);
  await close();
});

it('stands in the README word for word', () => {
  const here = import.meta.dirname;
  const source = readFileSync(path.join(here, 'readme.medium.spec.ts'), 'utf8');
  const readme = readFileSync(path.join(here, '../README.md'), 'utf8');
  const parts = [...source.matchAll(/^ *\/\/ <readme>\n([\s\S]*?)^ *\/\/ <\/readme>$/gm)].map(
    (match) => match[1] ?? '',
  );
  expect(parts).toHaveLength(2);
  for (const part of parts) expect(readme).toContain(dedent(part));
});

function dedent(text: string): string {
  const indent = /^ */.exec(text)?.[0] ?? '';
  return text.replaceAll(new RegExp(`^${indent}`, 'gm'), '');
}
