import { migration } from '#libs/database';

export const blueprintMigrations = [
  migration('catalog/0004_blueprints', (m) => {
    m.vertex('Blueprint');
    m.unique('Blueprint', ['key']);
    m.index('Blueprint', ['organization_id', 'name', 'id']);
    // What every process keeps of the blueprints is kept under this number. It comes from a sequence, not from an
    // addition: a number that a transaction drew and rolled back never stands for anything else.
    m.sql('create sequence imbi_system.blueprints_version_numbers');
    m.sql(`create table imbi_system.blueprints_version (
      id boolean primary key default true check (id),
      version bigint not null default nextval('imbi_system.blueprints_version_numbers')
    )`);
    m.sql('insert into imbi_system.blueprints_version default values');
    m.sql(`create function imbi_system.bump_blueprints_version() returns trigger language plpgsql as $body$
    begin
      update imbi_system.blueprints_version set version = nextval('imbi_system.blueprints_version_numbers');
      return null;
    end $body$`);
    m.sql(`create trigger imbi_blueprints_changed after insert or update or delete on imbi."Blueprint"
      for each statement execute function imbi_system.bump_blueprints_version()`);
  }),
  migration('catalog/0005_blueprint_purges_and_seeds', (m) => {
    m.sql(`create table imbi_system.blueprint_purges (
      id text primary key,
      organization_id text,
      slug text not null,
      subject text not null,
      attributes text[] not null,
      state text not null default 'pending' check (state in ('pending', 'running', 'done', 'failed')),
      checked integer not null default 0,
      removed integer not null default 0,
      total integer not null,
      position text,
      requested_at timestamptz not null default now(),
      finished_at timestamptz
    )`);
    m.sql(
      'create table imbi_system.blueprint_seeds (name text primary key, seeded_at timestamptz not null default now())',
    );
  }),
];
