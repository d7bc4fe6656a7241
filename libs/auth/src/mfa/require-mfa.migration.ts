import { migration } from '#libs/database';

export const requireMfaMigrations = [
  // Whether a role asks for a second factor is remembered with its permissions, so a change of it must be seen too.
  migration('auth/0015_require_mfa', (m) => {
    for (const event of ['insert', 'update']) {
      m.sql(`create trigger imbi_access_${event} after ${event} on imbi."Role"
        referencing new table as changed for each statement execute function imbi_system.bump_access_version()`);
    }
  }),
];
