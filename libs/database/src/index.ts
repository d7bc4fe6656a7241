export { createPool, type DatabaseConnection, embeddedConnection, serverConnection } from './connection.js';
export { type CommitHook, Database, type TransactionOptions } from './database.js';
export { inBatches } from './in-batches.js';
export {
  indexName,
  type Migration,
  MigrationBuilder,
  migration,
  searchExpression,
  searchTexts,
  uniqueIndexName,
} from './migration.js';
export { type MigrationReport, migrate, type PendingMigrations, pendingMigrations } from './migrator.js';
export {
  OUTBOX_CHANNEL,
  OutboxBuffer,
  type OutboxRow,
  type OutboxTopic,
  onOutboxCommit,
  type StoredOutboxRow,
} from './outbox-buffer.js';
export { isTransient, isUnreachable, sqlState, violatedUniqueIndex } from './pg-error.js';
export type { BoundStatement } from './prepared-statements.js';
export { systemMigrations } from './system.migration.js';
export { Transaction } from './transaction.js';
