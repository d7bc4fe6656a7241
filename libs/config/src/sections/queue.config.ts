import { section, setting } from '../setting.js';

export const queueSection = section('queue', 'Jobs', {
  redisUrl: setting.url({
    env: 'REDIS_URL',
    optional: true,
    protocols: ['redis', 'rediss'],
    description: 'Valkey or Redis for BullMQ; without it BullMQ keeps its jobs in PostgreSQL.',
    example: 'redis://valkey.example.org:6379',
  }),
  prefix: setting.text({
    env: 'IMBI_QUEUE_PREFIX',
    default: 'imbi',
    pattern: /^[a-z][a-z0-9-]{0,31}$/,
    description: 'Keeps the queues of several installations on one server apart.',
    example: 'imbi',
  }),
  concurrency: setting.integer({
    env: 'IMBI_QUEUE_CONCURRENCY',
    default: 8,
    min: 1,
    max: 256,
    unit: 'jobs',
    description: 'Jobs of one queue that one worker process runs at a time, unless the job says otherwise.',
  }),
  keepCompletedFor: setting.duration({
    env: 'IMBI_QUEUE_KEEP_COMPLETED',
    default: 86_400,
    min: 3600,
    max: 2_592_000,
    description: 'How long finished jobs are kept; within it a job handed over twice runs once.',
    example: '24h',
  }),
  relayInterval: setting.duration({
    env: 'IMBI_OUTBOX_POLL_INTERVAL',
    default: 1,
    min: 0.05,
    max: 60,
    description: 'How often the relay looks at the outbox when no commit has poked it.',
    example: '1s',
  }),
});
