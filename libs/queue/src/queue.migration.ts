import { migration } from '#libs/database';

/** What the relay needs beyond the outbox table itself. */
export const queueMigrations = [
  migration('queue/0001_outbox_key', (m) => {
    m.sql(`create index outbox_key on imbi_system.outbox (name, key, seq) where key is not null and topic = 'job'`);
  }),
];
