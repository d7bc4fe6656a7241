import { type MigrationBuilder, migration } from '#libs/database';
import { accountMigrations } from '../account/account.migration.js';
import { grantChangeMigrations, grantMigrations } from '../grant/grant.migration.js';
import { mfaMigrations } from '../mfa/mfa.migration.js';
import { requireMfaMigrations } from '../mfa/require-mfa.migration.js';
import { oauthMigrations } from '../oauth/oauth.migration.js';
import { retentionMigrations } from '../retention/retention.migration.js';
import { knownDevicesMigrations } from '../session/known-devices.migration.js';
import { credentialMigrations } from './credential.migration.js';

const ORGANIZATION = `ag_catalog.agtype_access_operator(properties, '"organization_id"'::ag_catalog.agtype)`;

export const authMigrations = [
  migration('auth/0001_identity', (m) => {
    m.vertex('User');
    m.unique('User', ['email_key']);
    for (const label of ['ServiceAccount', 'Group', 'Role']) {
      m.vertex(label);
      m.unique(label, ['slug']);
    }
    m.vertex('Permission');
    m.unique('Permission', ['name']);
    m.edge('MEMBER_OF');
    m.edge('HAS_ROLE', { unique: 'none' });
    // One role once in each organization, and once everywhere; a missing property would not collide by itself.
    m.sql(`create unique index "HAS_ROLE_organization_key" on imbi."HAS_ROLE"
      (start_id, end_id, (coalesce(${ORGANIZATION}, '""'::ag_catalog.agtype)))`);
    m.edge('INHERITS_FROM');
    m.edge('GRANTS');
  }),
  migration('auth/0002_sessions', (m) => {
    m.vertex('Session');
    m.index('Session', ['user_id', 'created_at', 'id']);
    m.edge('SESSION_FOR', { unique: 'start' });
    m.vertex('RefreshToken');
    m.unique('RefreshToken', ['token_hash']);
    m.unique('RefreshToken', ['jti']);
    m.index('RefreshToken', ['session_id']);
    m.edge('ISSUED_TO', { unique: 'start' });
  }),
  migration('auth/0003_access_version', (m) => {
    m.sql(`create table imbi_system.access_version (
      id boolean primary key default true check (id),
      version bigint not null default 1
    )`);
    m.sql('insert into imbi_system.access_version default values');
    m.sql(`create function imbi_system.bump_access_version() returns trigger language plpgsql as $body$
    begin
      if exists (select from changed) then
        update imbi_system.access_version set version = version + 1;
      end if;
      return null;
    end $body$`);
    for (const label of ['MEMBER_OF', 'HAS_ROLE', 'INHERITS_FROM', 'GRANTS', 'Permission']) bumpOnChange(m, label);
  }),
  migration('auth/0004_signing_keys', (m) => {
    m.sql(`create table imbi_system.signing_keys (
      kid text primary key,
      private_jwk text not null,
      created_at timestamptz not null default now(),
      retires_at timestamptz
    )`);
  }),
  migration('auth/0005_login_throttle', (m) => {
    m.sql(`create table imbi_system.login_throttle (
      key text primary key,
      failures integer not null,
      blocked_until timestamptz,
      succeeded_at timestamptz,
      updated_at timestamptz not null default now()
    )`);
    m.sql('create index login_throttle_age on imbi_system.login_throttle (updated_at)');
  }),
  migration('auth/0006_seeds', (m) => {
    m.sql(`create table imbi_system.auth_seeds (
      name text primary key,
      applied_at timestamptz not null default now()
    )`);
  }),
  migration('auth/0007_user_lists', (m) => {
    for (const key of ['display_name', 'email', 'created_at']) m.index('User', [key, 'id']);
  }),
  ...credentialMigrations,
  ...grantMigrations,
  ...mfaMigrations,
  ...oauthMigrations,
  ...accountMigrations,
  ...requireMfaMigrations,
  ...knownDevicesMigrations,
  ...retentionMigrations,
  ...grantChangeMigrations,
  migration('auth/0021_avatars', (m) => {
    m.index('User', ['avatar']);
  }),
];

/**
 * Every statement that changes rows of `label` raises the version under which permission sets are cached. A row rather
 * than a sequence: it changes for readers together with the data, at the commit.
 */
function bumpOnChange(m: MigrationBuilder, label: string): void {
  for (const [event, rows] of [
    ['insert', 'new'],
    ['update', 'new'],
    ['delete', 'old'],
  ]) {
    m.sql(`create trigger imbi_access_${event} after ${event} on imbi."${label}"
      referencing ${rows} table as changed for each statement execute function imbi_system.bump_access_version()`);
  }
}
