import { migration } from '#libs/database';

export const oauthMigrations = [
  migration('auth/0010_oauth', (m) => {
    m.vertex('OAuthProvider');
    m.unique('OAuthProvider', ['slug']);
    for (const key of ['name', 'created_at']) m.index('OAuthProvider', [key, 'id']);
    m.vertex('OAuthIdentity');
    m.unique('OAuthIdentity', ['provider_id', 'subject']);
    m.index('OAuthIdentity', ['user_id', 'created_at', 'id']);
    m.edge('HAS_IDENTITY', { unique: 'start' });
    m.edge('PROVIDED_BY', { unique: 'start' });
    // What every process keeps of the providers is kept under this number: see ProviderRegistry.
    m.sql(`create table imbi_system.oauth_providers_version (
      id boolean primary key default true check (id),
      version bigint not null default 1
    )`);
    m.sql('insert into imbi_system.oauth_providers_version default values');
    m.sql(`create function imbi_system.bump_oauth_providers_version() returns trigger language plpgsql as $body$
    begin
      update imbi_system.oauth_providers_version set version = version + 1;
      return null;
    end $body$`);
    m.sql(`create trigger imbi_oauth_providers_changed after insert or update or delete on imbi."OAuthProvider"
      for each statement execute function imbi_system.bump_oauth_providers_version()`);
    // A browser on its way to a provider and back. Nothing in here can be used without what the browser holds.
    m.sql(`create table imbi_system.oauth_flows (
      state_hash text primary key,
      browser_hash text not null,
      provider_id text not null,
      secrets text not null,
      return_to text not null,
      user_id text,
      session_id text,
      expires_at timestamptz not null
    )`);
    m.sql('create index oauth_flows_age on imbi_system.oauth_flows (expires_at)');
    // Who came back from a provider, until the browser fetches the tokens.
    m.sql(`create table imbi_system.oauth_codes (
      code_hash text primary key,
      browser_hash text not null,
      identity_id text not null,
      has_second_factor boolean not null,
      created_at timestamptz not null default now(),
      expires_at timestamptz not null
    )`);
    m.sql('create index oauth_codes_age on imbi_system.oauth_codes (expires_at)');
    m.sql(`create table imbi_system.local_auth (
      id boolean primary key default true check (id),
      enabled boolean not null default true,
      changed_at timestamptz not null default now()
    )`);
    m.sql('insert into imbi_system.local_auth default values');
  }),
];
