export { ANALYTICS_SINK, type AnalyticsSink } from './analytics-sink.js';
export { type DeadLetter, type DeadLetterPage, DeadLetters } from './dead-letters.js';
export { type EnqueueOptions, emit, enqueue } from './enqueue.js';
export { type JobContext, OnEvent, OnJob, OnSchedule, type ScheduleTimes } from './handler.decorator.js';
export {
  type Backoff,
  definedJobs,
  defineEvent,
  defineJob,
  type EventDefinition,
  type JobDefinition,
  type JobOptions,
  type RetryOptions,
} from './job-definition.js';
export { hasJobStore, JobStore, migrateJobStore } from './job-store.js';
export { PermanentJobError } from './job-worker.js';
export { JobsModule } from './jobs.module.js';
export { OutboxRelay } from './outbox-relay.js';
export { type OutboxTopicStatus, outboxStatus } from './outbox-status.js';
export { queueMigrations } from './queue.migration.js';
export { Queues } from './queues.js';
export { QueuesModule } from './queues.module.js';
export { RELAY_PROBE, type RelayProbe, type RelayStep } from './relay-probe.js';
