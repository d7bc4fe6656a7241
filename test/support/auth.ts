import { type DynamicModule, Global, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Analytics, disabledAnalytics, UsageRecorder } from '#libs/analytics';
import { AuthModule, authDefinitions, authMigrations } from '#libs/auth';
import { CONFIG, type Config, loadConfig } from '#libs/config';
import { generateKey, KeyRing } from '#libs/crypto';
import { Database, migration, systemMigrations } from '#libs/database';
import { defineVertex, Graph, GraphModel, property } from '#libs/graph';
import { testDatabase } from '#test/database';

/** As much of an organization as authorization looks at; the real one is the catalogue's. */
export const TestOrganization = defineVertex('Organization', {
  properties: { slug: property.slug(), require_mfa: property.boolean({ optional: true }) },
  unique: [['slug']],
  tenancy: 'self',
});

const resourceProperties = { organization_id: property.id(), slug: property.slug(), name: property.text() };

/** What access can be granted to: as much of it as grants look at. */
export const TestProject = defineVertex('Project', {
  properties: resourceProperties,
  unique: [['organization_id', 'slug']],
});

export const TestTeam = defineVertex('Team', {
  properties: resourceProperties,
  unique: [['organization_id', 'slug']],
});

const migrations = [
  ...systemMigrations,
  migration('test/0001_organization', (m) => {
    m.vertex('Organization');
    m.unique('Organization', ['slug']);
    for (const label of ['Project', 'Team']) {
      m.vertex(label);
      m.unique(label, ['organization_id', 'slug']);
    }
  }),
  ...authMigrations,
];

// Far below what is safe: most specs are about behaviour, not about the cost of a hash.
const CHEAP_HASHES = { IMBI_AUTH_ARGON2_MEMORY_KIB: '1024', IMBI_AUTH_ARGON2_PASSES: '1' };

export interface AuthPlatform {
  readonly config: Config;
  readonly database: Database;
  readonly graph: Graph;
  readonly keyRing: KeyRing;
  /** Everything that AuthModule takes for granted, for modules of a spec's own. */
  readonly module: DynamicModule;
  /** A second, independent set of services on the same database: another process, as far as they can tell. */
  services(): Promise<ServiceLocator>;
  close(): Promise<void>;
}

export interface ServiceLocator {
  get<Service>(type: Type<Service>): Service;
}

/** A fresh database with the labels of authentication, and AuthModule's services on it; without a column store unless given. */
export async function authPlatform(
  env: Readonly<Record<string, string>> = {},
  analytics = new Analytics(disabledAnalytics()),
): Promise<AuthPlatform> {
  const config = loadConfig({ NODE_ENV: 'test', ...CHEAP_HASHES, ...env });
  const { db: database, close } = await testDatabase({ migrations });
  const keyRing = new KeyRing([generateKey()]);
  const cipher = {
    encrypt: (text: string) => keyRing.encrypt(text),
    decrypt: (token: string) => keyRing.decryptText(token),
  };
  const graph = new Graph(
    database,
    new GraphModel([...authDefinitions, TestOrganization, TestProject, TestTeam]),
    cipher,
  );
  const module = platformModule({ config, database, graph, keyRing, analytics });
  const contexts: { close(): Promise<void> }[] = [];
  return {
    config,
    database,
    graph,
    keyRing,
    module,
    services: async () => {
      const context = await NestFactory.createApplicationContext(
        { module: class TestModule {}, imports: [module, AuthModule] },
        { logger: false, abortOnError: false },
      );
      contexts.push(context);
      return context;
    },
    close: async () => {
      for (const context of contexts) await context.close();
      await close();
    },
  };
}

function platformModule(parts: {
  config: Config;
  database: Database;
  graph: Graph;
  keyRing: KeyRing;
  analytics: Analytics;
}): DynamicModule {
  @Global()
  @Module({})
  class PlatformModule {}
  const providers = [
    { provide: CONFIG, useValue: parts.config },
    { provide: Database, useValue: parts.database },
    { provide: Graph, useValue: parts.graph },
    { provide: KeyRing, useValue: parts.keyRing },
    { provide: Analytics, useValue: parts.analytics },
    { provide: UsageRecorder, useValue: new UsageRecorder(parts.analytics) },
  ];
  return { module: PlatformModule, providers, exports: providers };
}
