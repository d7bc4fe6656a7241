// The product with one more handler, which notes every project it hears of: `node probe-process.mjs all|worker`.
// Plain JavaScript over dist, because it is started, and killed, as a process of its own.
import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Inject, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { sql } from 'kysely';

const DIST = path.resolve(import.meta.dirname, '../../dist');
const load = (file) => import(pathToFileURL(path.join(DIST, file)).href);
const { Database } = await load('libs/database/src/index.js');
const { OnEvent } = await load('libs/queue/src/index.js');
const { Analytics } = await load('libs/analytics/src/index.js');
const { loadConfig } = await load('libs/config/src/index.js');
const { configureLogging } = await load('libs/common/src/index.js');
const product = await load('libs/product/src/index.js');

class Probe {
  constructor(database) {
    this.database = database;
  }

  async record(payload, { jobId }) {
    await sql`insert into imbi_system.chaos_runs (project_id, job_id) values (${payload.id}, ${jobId})`.execute(
      this.database.kysely,
    );
  }
}
Injectable()(Probe);
Inject(Database)(Probe, undefined, 0);
OnEvent('project.created')(Probe.prototype, 'record', Object.getOwnPropertyDescriptor(Probe.prototype, 'record'));

class ProbeModule {}
Module({ providers: [Probe] })(ProbeModule);

const config = loadConfig();
configureLogging({ level: config.log.level, format: 'json' });
const keys = product.installationKeys(config);

if (process.argv[2] === 'worker') {
  const app = await NestFactory.createApplicationContext(
    {
      module: class Root {},
      imports: [
        product.ProductModule.forRoot({
          config,
          keys,
          database: product.databaseConnection(config),
          analytics: product.analyticsConnection(config, { embedded: true }),
          http: false,
          jobs: true,
        }),
        ProbeModule,
      ],
    },
    { logger: false, abortOnError: false },
  );
  await product.migrateAnalytics(app.get(Analytics, { strict: false }));
  process.once('SIGTERM', () => app.close().then(() => process.exit(0)));
} else {
  const { startEngines } = await load('apps/cli/src/start/embedded-engines.js');
  const { Progress } = await load('apps/cli/src/start/progress.js');
  const engines = await startEngines(config, new Progress(), (error) => {
    throw error;
  });
  const api = await product.startApi({
    config,
    keys,
    database: engines.database,
    analytics: engines.analytics,
    jobs: true,
    extraModules: [ProbeModule],
  });
  writeFileSync(path.join(config.data.directory, 'chaos.url'), api.url);
  process.once('SIGTERM', async () => {
    await api.stop();
    await engines.stop();
    process.exit(0);
  });
}
