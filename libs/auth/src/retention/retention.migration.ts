import { migration } from '#libs/database';

export const retentionMigrations = [
  // What has run out is found without looking at what has not.
  migration('auth/0017_retention', (m) => {
    for (const key of ['ended_at', 'expires_at']) m.index('Session', [key, 'id']);
    m.index('RefreshToken', ['spent_at', 'id']);
    m.sql('create index known_devices_age on imbi_system.known_devices (last_seen_at)');
  }),
];
