import { migration } from '#libs/database';
import { blueprintMigrations } from './blueprint.migration.js';

export const catalogMigrations = [
  migration('catalog/0001_labels', (m) => {
    m.vertex('Organization');
    m.unique('Organization', ['slug']);
    m.index('Organization', ['name', 'id']);
    for (const label of ['Team', 'ProjectType', 'LinkDefinition', 'Tag']) {
      m.vertex(label);
      m.unique(label, ['organization_id', 'slug']);
      m.index(label, ['organization_id', 'name', 'id']);
    }
    m.vertex('Environment');
    m.unique('Environment', ['organization_id', 'slug']);
    m.index('Environment', ['organization_id', 'sort_order', 'id']);
    m.vertex('Project');
    m.unique('Project', ['organization_id', 'slug']);
    m.index('Project', ['organization_id', 'name', 'id']);
    m.index('Project', ['organization_id', 'created_at', 'id']);
    m.index('Project', ['organization_id', 'updated_at', 'id']);
    m.edge('BELONGS_TO', { unique: 'start' });
    m.edge('OWNED_BY', { unique: 'start' });
    m.edge('TYPE');
    m.edge('DEPLOYED_IN');
    m.edge('DEPENDS_ON');
    m.edge('TAGGED_WITH');
  }),
  migration('catalog/0002_former_slugs', (m) => {
    m.sql(`create table imbi_system.former_project_slugs (
      organization_id text not null,
      slug text not null,
      project_id text not null,
      retired_at timestamptz not null default now(),
      primary key (organization_id, slug)
    )`);
    m.sql('create index former_project_slugs_project on imbi_system.former_project_slugs (project_id)');
  }),
  migration('catalog/0003_organization_deletions', (m) => {
    m.sql(`create table imbi_system.organization_deletions (
      id text primary key,
      organization_id text not null unique,
      slug text not null,
      state text not null default 'pending' check (state in ('pending', 'running', 'done', 'failed')),
      done integer not null default 0,
      total integer not null,
      requested_at timestamptz not null default now(),
      started_at timestamptz,
      finished_at timestamptz
    )`);
  }),
  ...blueprintMigrations,
  migration('catalog/0010_project_search', (m) => m.search('Project', ['slug', 'name', 'description'])),
  migration('catalog/0011_attribute_uses', (m) => {
    m.sql(`create table imbi_system.attribute_uses (
      name text not null,
      day date not null,
      uses integer not null,
      primary key (name, day)
    )`);
  }),
];
