import { migration } from '#libs/database';

export const emailMigrations = [
  migration('email/0001_email', (m) => {
    m.vertex('FailedEmail');
    m.unique('FailedEmail', ['email_id']);
    m.index('FailedEmail', ['failed_at', 'id']);
    // One row a mail, from the transaction that asks for it until a week after it was delivered.
    m.sql(`create table imbi_system.email_sends (
      id text primary key,
      once text unique,
      state text not null default 'queued' check (state in ('queued', 'sending', 'sent', 'skipped', 'failed')),
      attempts integer not null default 0,
      tries integer not null default 0,
      errors jsonb not null default '[]',
      leased_by text,
      leased_until timestamptz,
      updated_at timestamptz not null default now()
    )`);
    m.sql('create index email_sends_age on imbi_system.email_sends (state, updated_at)');
  }),
];
