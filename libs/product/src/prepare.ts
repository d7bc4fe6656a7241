import { Analytics, type AnalyticsConnection, platformAnalyticsMigrations } from '#libs/analytics';
import { createLogger, errorMessage } from '#libs/common';
import { createPool, type DatabaseConnection, type MigrationReport, migrate } from '#libs/database';
import { migrations } from './migrations.js';

const logger = createLogger('migrations');

/** Brings the graph and the tables beside it up to date; before anything of the product is built. */
export async function migrateDatabase(connection: DatabaseConnection): Promise<MigrationReport> {
  const pool = createPool(connection);
  try {
    return await migrate(pool, migrations);
  } finally {
    await pool.end();
  }
}

/**
 * Brings the analytics tables up to date. An engine that cannot be reached does not keep the product from starting: its
 * rows wait in the outbox, and the relay's inserts fail until somebody migrates.
 */
export async function migrateAnalytics(analytics: Analytics): Promise<void> {
  try {
    await analytics.migrate(platformAnalyticsMigrations);
  } catch (error) {
    logger.warn({ reason: errorMessage(error) }, 'analytics could not be migrated; their rows wait in the outbox');
  }
}

/** {@link migrateAnalytics} for a process that does nothing else. */
export async function migrateAnalyticsOnly(connection: AnalyticsConnection): Promise<void> {
  const analytics = new Analytics(connection);
  try {
    await migrateAnalytics(analytics);
  } finally {
    await analytics.close();
  }
}
