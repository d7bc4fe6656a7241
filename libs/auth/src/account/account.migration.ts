import { migration } from '#libs/database';

export const accountMigrations = [
  migration('auth/0016_account_tokens', (m) => {
    // What links in mails carry, by digests alone.
    m.sql(`create table imbi_system.account_tokens (
      token_hash text primary key,
      purpose text not null,
      user_id text not null,
      email_key text not null,
      cause text unique,
      created_at timestamptz not null default now(),
      expires_at timestamptz not null,
      ended_at timestamptz
    )`);
    m.sql('create index account_tokens_user on imbi_system.account_tokens (user_id, purpose)');
    m.sql('create index account_tokens_age on imbi_system.account_tokens (expires_at)');
  }),
];
