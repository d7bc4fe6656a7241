export { Analytics, type AnalyticsHealth, type InsertOptions, type QueryOptions } from './analytics.js';
export {
  type AnalyticsConnection,
  disabledAnalytics,
  embeddedAnalytics,
  serverAnalytics,
} from './analytics-connection.js';
export { type AnalyticsMigration, analyticsMigration } from './analytics-migration.js';
export { type AnalyticsMigrationReport, pendingAnalyticsMigrations } from './analytics-migrator.js';
export { AUDIT_EVENTS, type AuditEventRow, auditMigrations } from './audit-event.table.js';
export { EMAIL_AUDIT, type EmailAuditRow } from './email-audit.table.js';
export {
  ENTITY_CHANGES,
  type EntityChangeOperation,
  type EntityChangeRow,
  type EntityKind,
  entityChangeMigrations,
} from './entity-change.table.js';
export {
  type EntityChange,
  type EntityChangePage,
  type EntityChangePosition,
  EntityChangesReadModel,
  type ReadableChanges,
} from './entity-changes.read-model.js';
export { platformAnalyticsMigrations } from './platform-migrations.js';
export { RowBatcher, type RowBatcherOptions } from './row-batcher.js';
export { SCORE_HISTORY, SCORE_LATEST, type ScoreHistoryRow } from './score.tables.js';
export {
  API_KEY_USAGE,
  type ApiKeyUsageRow,
  RATE_LIMIT_EVENTS,
  type RateLimitEventRow,
} from './usage.tables.js';
export { UsageRecorder, type UsageRecorderOptions, type UsageRows, type UsageTable } from './usage-recorder.js';
