import { authMigrations } from '#libs/auth';
import { catalogMigrations } from '#libs/catalog';
import { systemMigrations } from '#libs/database';
import { emailMigrations } from '#libs/email';
import { queueMigrations } from '#libs/queue';
import { scoringMigrations } from '#libs/scoring';
import { uploadMigrations } from '#libs/uploads';

/** Every migration of the product, in the order in which they run. */
export const migrations = [
  ...systemMigrations,
  ...queueMigrations,
  ...catalogMigrations,
  ...authMigrations,
  ...emailMigrations,
  ...scoringMigrations,
  ...uploadMigrations,
];
