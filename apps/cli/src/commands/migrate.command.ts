import { loadConfig } from '#libs/config';
import { Database } from '#libs/database';
import { analyticsConnection, databaseConnection, migrateAnalyticsOnly, migrateDatabase } from '#libs/product';
import { migrateJobStore } from '#libs/queue';

/** Brings every engine's schema up to date, for installations that do not migrate at boot. */
export async function migrateAll(): Promise<void> {
  const config = loadConfig();
  const connection = databaseConnection(config);
  const { applied, already } = await migrateDatabase(connection);
  const database = new Database(connection);
  try {
    if (config.queue.redisUrl === undefined) await migrateJobStore(database);
  } finally {
    await database.end();
  }
  const analytics = analyticsConnection(config, { embedded: false });
  // The embedded one is migrated by the process that holds it.
  if (analytics.kind !== 'disabled') await migrateAnalyticsOnly(analytics);
  for (const id of applied) process.stdout.write(`applied ${id}\n`);
  process.stdout.write(`${applied.length} applied, ${already} were there already\n`);
}
