import { Analytics, type AnalyticsConnection, platformAnalyticsMigrations } from '#libs/analytics';
import { createLogger, errorMessage } from '#libs/common';
import type { Config } from '#libs/config';
import { createPool, type DatabaseConnection, type MigrationReport, migrate, pendingMigrations } from '#libs/database';
import { hasJobStore } from '#libs/queue';
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
 * Brings the database up to date where that happens at boot, else makes sure that it is.
 * @throws Error that says what to do, where somebody has yet to migrate it
 */
export async function prepareDatabase(config: Config, connection: DatabaseConnection): Promise<void> {
  if (config.database.autoMigrate) {
    await migrateDatabase(connection);
    return;
  }
  const pool = createPool(connection);
  try {
    const { pending } = await pendingMigrations(pool, migrations);
    if (pending.length > 0) throw notMigrated(`${pending.length} migrations are missing, from ${pending[0]} on`);
    const isInDatabase = config.queue.redisUrl === undefined;
    if (isInDatabase && !(await hasJobStore(pool))) throw notMigrated('the tables of the jobs are missing');
  } finally {
    await pool.end();
  }
}

function notMigrated(what: string): Error {
  return new Error(
    `The database is not up to date: ${what}. Run \`imbi migrate\` first, or have it done at boot (IMBI_AUTO_MIGRATE=true).`,
  );
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
