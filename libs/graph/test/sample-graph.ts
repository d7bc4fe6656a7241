import type { PoolClient } from 'pg';
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

export const Ticket = defineVertex('Ticket', { properties: { state: property.text() }, history: 'none' });
export const RaisedBy = defineEdge('RAISED_BY', { from: Ticket, to: Project, history: 'none' });

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
  Ticket,
  RaisedBy,
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

type Query = (text: string, values: readonly unknown[]) => Promise<{ rows: Record<string, unknown>[] }>;
type Observer = (text: string, values: readonly unknown[], query: Query) => Promise<void> | void;

export interface SampleGraph extends TestDatabase {
  readonly graph: Graph;
  /** The rows of `entity_changes` that wait in the outbox, oldest first. */
  changes(): Promise<Record<string, string | number>[]>;
  /** Shows every statement of `work` to `observer` before it runs, with a way to query the same connection. */
  observing(observer: Observer, work: () => Promise<unknown>): Promise<void>;
  /** How many statements `work` sends, transaction control and the outbox's own included. */
  countStatements(work: () => Promise<unknown>): Promise<number>;
}

export async function sampleGraph(): Promise<SampleGraph> {
  const database = await testDatabase({ migrations: sampleMigrations });
  const { pool } = database;
  const observers = new Set<Observer>();
  pool.on('acquire', observeStatements(observers));
  const observing: SampleGraph['observing'] = async (observer, work) => {
    observers.add(observer);
    await work();
    observers.delete(observer);
  };
  return {
    ...database,
    graph: new Graph(database.db, new GraphModel(sampleDefinitions), testCipher),
    changes: async () => {
      const { rows } = await pool.query('select payload from imbi_system.outbox order by seq');
      return rows.map((row) => row.payload);
    },
    observing,
    countStatements: async (work) => {
      let statements = 0;
      await observing(() => {
        statements += 1;
      }, work);
      return statements;
    },
  };
}

function observeStatements(observers: ReadonlySet<Observer>): (client: PoolClient) => void {
  const observed = new WeakSet<PoolClient>();
  return (client) => {
    if (observed.has(client)) return;
    observed.add(client);
    const original = client.query.bind(client) as unknown as (...parameters: unknown[]) => unknown;
    const query = original as unknown as Query;
    const intercepted = (...parameters: unknown[]) => {
      const [first, second] = parameters;
      const { text, values = [] } =
        typeof first === 'string'
          ? { text: first, values: Array.isArray(second) ? second : [] }
          : (first as { text: string; values?: unknown[] });
      // pool.query passes a callback, everything else takes a promise.
      const callback = parameters.at(-1);
      const before = async () => {
        for (const observer of observers) await observer(text, values, query);
      };
      if (typeof callback === 'function') return void before().then(() => original(...parameters));
      return before().then(() => original(...parameters));
    };
    client.query = intercepted as typeof client.query;
  };
}
