import { migration } from './migration.js';

/** The tables beside the graph that every installation has. */
export const systemMigrations = [
  migration('system/0001_outbox', (m) => {
    m.sql(`create table imbi_system.outbox (
      id text primary key,
      seq bigserial not null,
      topic text not null check (topic in ('job', 'analytics', 'event')),
      name text not null,
      payload jsonb not null,
      key text,
      created_at timestamptz not null default now(),
      available_at timestamptz not null default now(),
      batch_id text,
      leased_until timestamptz,
      attempts integer not null default 0,
      last_error text
    )`);
    m.sql(`create index outbox_ready on imbi_system.outbox (topic, available_at, seq) where batch_id is null`);
    m.sql(`create index outbox_batch on imbi_system.outbox (batch_id) where batch_id is not null`);
  }),
  migration('system/0002_idempotency_keys', (m) => {
    m.sql(`create table imbi_system.idempotency_keys (
      caller text not null,
      key text not null,
      fingerprint text not null,
      status integer,
      headers jsonb,
      body text,
      locked_until timestamptz not null,
      expires_at timestamptz not null,
      created_at timestamptz not null default now(),
      primary key (caller, key)
    )`);
    m.sql(`create index idempotency_keys_expiry on imbi_system.idempotency_keys (expires_at)`);
  }),
  migration('system/0003_idempotent_commits', (m) => {
    m.sql('alter table imbi_system.idempotency_keys add column committed_at timestamptz');
  }),
];
