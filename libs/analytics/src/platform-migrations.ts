import { auditMigrations } from './audit-event.table.js';
import { emailAuditMigrations } from './email-audit.table.js';
import { entityChangeMigrations } from './entity-change.table.js';
import { scoreMigrations } from './score.tables.js';
import { usageMigrations } from './usage.tables.js';

/** The tables that every installation has, in the order in which they came. */
export const platformAnalyticsMigrations = [
  ...entityChangeMigrations,
  ...auditMigrations,
  ...usageMigrations,
  ...emailAuditMigrations,
  ...scoreMigrations,
];
