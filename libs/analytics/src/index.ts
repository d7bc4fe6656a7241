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
} from './entity-changes.read-model.js';
export { platformAnalyticsMigrations } from './platform-migrations.js';
