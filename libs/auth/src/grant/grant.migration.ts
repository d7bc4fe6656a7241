import { migration } from '#libs/database';

export const grantMigrations = [
  migration('auth/0011_grants', (m) => {
    m.edge('CAN_ACCESS');
  }),
];

/** Released after what is above, so it stands at the end of the list of `auth.migration.ts`. */
export const grantChangeMigrations = [
  migration('auth/0020_grant_changes', (m) => {
    for (const [event, rows] of [
      ['insert', 'new'],
      ['update', 'new'],
      ['delete', 'old'],
    ]) {
      m.sql(`create trigger imbi_access_${event} after ${event} on imbi."CAN_ACCESS"
        referencing ${rows} table as changed for each statement execute function imbi_system.bump_access_version()`);
    }
    m.index('CAN_ACCESS', ['expires_at']);
  }),
];
