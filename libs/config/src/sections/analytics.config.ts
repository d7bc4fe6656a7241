import { section, setting } from '../setting.js';

export const analyticsSection = section('analytics', 'Analytics', {
  enabled: setting.boolean({
    env: 'IMBI_ANALYTICS_ENABLED',
    default: true,
    description: 'Switches history and audit reads off; their rows then wait in the outbox until it is on again.',
  }),
  url: setting.url({
    env: 'CLICKHOUSE_URL',
    optional: true,
    protocols: ['http', 'https'],
    description: 'A ClickHouse server; without it the embedded chDB runs in the data directory.',
    example: 'https://imbi:…@clickhouse.example.org:8443',
  }),
  database: setting.text({
    env: 'IMBI_ANALYTICS_DATABASE',
    default: 'imbi',
    pattern: /^[A-Za-z_][A-Za-z0-9_]{0,62}$/,
    description: 'The ClickHouse database that holds our tables; it is created when missing.',
    example: 'imbi',
  }),
  cluster: setting.text({
    env: 'IMBI_ANALYTICS_CLUSTER',
    optional: true,
    pattern: /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$/,
    description: 'A ClickHouse cluster: tables are made `ON CLUSTER` it and replicated within it.',
    example: 'analytics',
  }),
  requestTimeout: setting.duration({
    env: 'IMBI_ANALYTICS_REQUEST_TIMEOUT',
    default: 30,
    min: 1,
    max: 600,
    description: 'The longest to wait for an answer of the ClickHouse server.',
    example: '30s',
  }),
  maxConnections: setting.integer({
    env: 'IMBI_ANALYTICS_MAX_CONNECTIONS',
    default: 10,
    min: 1,
    max: 200,
    unit: 'connections',
    description: 'Connections of each process to the ClickHouse server.',
  }),
});
