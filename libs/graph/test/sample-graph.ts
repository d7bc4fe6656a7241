import { migration, systemMigrations } from '#libs/database';
import { defineEdge, defineVertex, Graph, GraphModel, type PropertyCipher, property } from '#libs/graph';
import { type TestDatabase, testDatabase } from '#test/database';
import { declareLabel } from '../src/declare-label.js';

export const Organization = defineVertex('Organization', {
  properties: { slug: property.slug(), name: property.text() },
  unique: [['slug']],
  tenancy: 'self',
});

export const Team = defineVertex('Team', {
  properties: {
    organization_id: property.id(),
    slug: property.slug(),
    name: property.text({ maxLength: 200 }),
    description: property.text({ optional: true }),
  },
  unique: [['organization_id', 'slug']],
  indexes: [['organization_id', 'name', 'id']],
});

export const Project = defineVertex('Project', {
  properties: {
    organization_id: property.id(),
    slug: property.slug(),
    name: property.text(),
    score: property.number({ optional: true }),
    rank: property.integer(),
    archived_at: property.timestamp({ optional: true }),
    stage: property.oneOf(['draft', 'live'], { optional: true }),
    labels: property.list(property.text(), { optional: true }),
    links: property.map(property.url(), { optional: true }),
    attributes: property.json({ optional: true }),
  },
  unique: [['organization_id', 'slug']],
  indexes: [
    ['organization_id', 'name', 'id'],
    ['organization_id', 'rank', 'id'],
  ],
});

export const Credential = defineVertex('Credential', {
  properties: { name: property.text(), hash: property.secret(), token: property.encrypted({ optional: true }) },
});

export const BelongsTo = defineEdge('BELONGS_TO', { from: [Team, Project], to: Organization, unique: 'start' });
export const OwnedBy = defineEdge('OWNED_BY', { from: Project, to: Team, unique: 'start' });
export const DependsOn = defineEdge('DEPENDS_ON', {
  from: Project,
  to: Project,
  properties: { reason: property.text({ optional: true }), seen_by: property.text({ optional: true }) },
});
export const Mentions = defineEdge('MENTIONS', {
  from: 'any',
  to: 'any',
  properties: { line: property.integer() },
  unique: 'none',
});

export const sampleDefinitions = [
  Organization,
  Team,
  Project,
  Credential,
  BelongsTo,
  OwnedBy,
  DependsOn,
  Mentions,
] as const;

export const sampleMigrations = [
  ...systemMigrations,
  migration('sample/0001_labels', (m) => {
    for (const definition of sampleDefinitions) declareLabel(m, definition);
  }),
];

/** Stands for Fernet: reversible, and visibly not the plain text. */
export const testCipher: PropertyCipher = {
  encrypt: (text) => `sealed:${Buffer.from(text).toString('base64')}`,
  decrypt: (stored) => Buffer.from(stored.replace('sealed:', ''), 'base64').toString(),
};

export interface SampleGraph extends TestDatabase {
  readonly graph: Graph;
  /** The rows of `entity_changes` that wait in the outbox, oldest first. */
  changes(): Promise<Record<string, string | number>[]>;
  /** How many statements `work` sends, transaction control and the outbox's own included. */
  countStatements(work: () => Promise<unknown>): Promise<number>;
}

export async function sampleGraph(): Promise<SampleGraph> {
  const database = await testDatabase({ migrations: sampleMigrations });
  let statements = 0;
  const { pool } = database;
  const counted = new WeakSet<object>();
  pool.on('acquire', (client) => {
    if (counted.has(client)) return;
    counted.add(client);
    const query = client.query.bind(client) as (...parameters: unknown[]) => unknown;
    client.query = ((...parameters: unknown[]) => {
      statements += 1;
      return query(...parameters);
    }) as typeof client.query;
  });
  return {
    ...database,
    graph: new Graph(database.db, new GraphModel(sampleDefinitions), testCipher),
    changes: async () => {
      const { rows } = await pool.query('select payload from imbi_system.outbox order by seq');
      return rows.map((row) => row.payload);
    },
    countStatements: async (work) => {
      const before = statements;
      await work();
      return statements - before;
    },
  };
}
