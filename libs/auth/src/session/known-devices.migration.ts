import { migration } from '#libs/database';

export const knownDevicesMigrations = [
  migration('auth/0015_known_devices', (m) => {
    m.sql(`create table imbi_system.known_devices (
      user_id text not null,
      digest text not null,
      first_seen_at timestamptz not null default now(),
      last_seen_at timestamptz not null default now(),
      primary key (user_id, digest)
    )`);
  }),
];
