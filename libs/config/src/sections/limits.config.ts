import { section, setting } from '../setting.js';

export const limitsSection = section('limits', 'Limits', {
  requestsPerMinute: setting.integer({
    env: 'IMBI_RATE_LIMIT_PER_MINUTE',
    default: 6000,
    min: 1,
    max: 1_000_000,
    unit: 'requests',
    description: 'Requests a minute that one caller (user, else address) may make.',
  }),
  loginsPerMinute: setting.integer({
    env: 'IMBI_RATE_LIMIT_LOGIN_PER_MINUTE',
    default: 5,
    min: 1,
    max: 10_000,
    unit: 'requests',
    description: 'Sign-ins a minute from one address.',
  }),
  refreshesPerMinute: setting.integer({
    env: 'IMBI_RATE_LIMIT_REFRESH_PER_MINUTE',
    default: 10,
    min: 1,
    max: 10_000,
    unit: 'requests',
    description: 'Token refreshes a minute from one address.',
  }),
  cypherTimeout: setting.duration({
    env: 'IMBI_GRAPH_QUERY_TIMEOUT',
    default: 5,
    min: 0.1,
    max: 300,
    description: 'The longest a Cypher query of a user may run (PostgreSQL only).',
    example: '5s',
  }),
  cypherMaxRows: setting.integer({
    env: 'IMBI_GRAPH_QUERY_MAX_ROWS',
    default: 1000,
    min: 1,
    max: 100_000,
    unit: 'rows',
    description: 'The most rows a Cypher query of a user may return.',
  }),
  idempotencyTtl: setting.duration({
    env: 'IMBI_IDEMPOTENCY_TTL',
    default: 86_400,
    min: 60,
    max: 2_592_000,
    description: 'How long the answer to an `Idempotency-Key` is kept.',
    example: '24h',
  }),
});
