import { migration } from '#libs/database';

export const credentialMigrations = [
  migration('auth/0009_credentials', (m) => {
    for (const [label, key] of [
      ['ApiKey', 'key_id'],
      ['ClientCredential', 'client_id'],
    ] as const) {
      m.vertex(label);
      m.unique(label, [key]);
      m.index(label, ['owner_id', 'created_at', 'id']);
    }
    m.edge('HAS_KEY', { unique: 'start' });
    // Access tokens of clients that were taken back before their time; a row may go when the token would have expired.
    m.sql(`create table imbi_system.revoked_tokens (
      jti text primary key,
      expires_at timestamptz not null,
      revoked_at timestamptz not null default now()
    )`);
    m.sql('create index revoked_tokens_age on imbi_system.revoked_tokens (expires_at)');
  }),
];
