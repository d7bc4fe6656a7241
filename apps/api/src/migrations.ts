import { systemMigrations } from '#libs/database';

/** Every migration of the product, in the order in which they run. */
export const migrations = [...systemMigrations];
