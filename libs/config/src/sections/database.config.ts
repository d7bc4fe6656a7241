import { section, setting } from '../setting.js';

export const databaseSection = section('database', 'PostgreSQL and the graph', {
  url: setting.url({
    env: 'DATABASE_URL',
    optional: true,
    protocols: ['postgres', 'postgresql'],
    description: 'A PostgreSQL server with Apache AGE; without it the embedded PGlite runs in the data directory.',
    example: 'postgresql://imbi:…@db.example.org:5432/imbi',
  }),
  poolMax: setting.integer({
    env: 'IMBI_DATABASE_POOL_MAX',
    default: 10,
    min: 2,
    max: 200,
    unit: 'connections',
    description: 'Connections of each process to PostgreSQL (the embedded engine always has one).',
  }),
  statementTimeout: setting.duration({
    env: 'IMBI_DATABASE_STATEMENT_TIMEOUT',
    default: 30,
    min: 1,
    max: 3600,
    description: 'The longest a statement may run on PostgreSQL; the embedded engine has no such limit.',
    example: '30s',
  }),
  heartbeatTimeout: setting.duration({
    env: 'IMBI_EMBEDDED_HEARTBEAT_TIMEOUT',
    default: 60,
    min: 5,
    max: 3600,
    description: 'The embedded engine is restarted when a statement keeps it from answering for this long.',
    example: '60s',
  }),
  autoMigrate: setting.boolean({
    env: 'IMBI_AUTO_MIGRATE',
    default: true,
    description: 'Apply pending migrations at boot; switch off where `imbi migrate` runs as its own step.',
  }),
});
