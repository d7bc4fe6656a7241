import { defineEdge, defineVertex, property } from '#libs/graph';
import { Environment, ProjectType, Tag, Team } from './organization-owned.vertex.js';

export const Project = defineVertex('Project', {
  properties: {
    organization_id: property.id(),
    slug: property.slug(),
    name: property.text({ maxLength: 200 }),
    description: property.text({ maxLength: 2000, optional: true }),
    icon: property.text({ maxLength: 2000, optional: true }),
    /** Link definition slug → address. */
    links: property.map(property.url(), { optional: true }),
    /** What other systems call this project. */
    identifiers: property.map(property.text({ maxLength: 1000 }), { optional: true }),
    attributes: property.json({ optional: true }),
    archived_at: property.timestamp({ optional: true }),
    score: property.number({ optional: true }),
  },
  unique: [['organization_id', 'slug']],
  indexes: [
    ['organization_id', 'name', 'id'],
    ['organization_id', 'created_at', 'id'],
    ['organization_id', 'updated_at', 'id'],
  ],
  search: ['slug', 'name', 'description'],
});

export const OwnedBy = defineEdge('OWNED_BY', { from: Project, to: Team, unique: 'start' });
export const HasType = defineEdge('TYPE', { from: Project, to: ProjectType });
/** Its properties come from relationship blueprints and from machines; both live in `attributes` and `machine`. */
export const DeployedIn = defineEdge('DEPLOYED_IN', {
  from: Project,
  to: Environment,
  properties: { attributes: property.json({ optional: true }), machine: property.json({ optional: true }) },
});
export const DependsOn = defineEdge('DEPENDS_ON', {
  from: Project,
  to: Project,
  properties: { attributes: property.json({ optional: true }) },
});
export const TaggedWith = defineEdge('TAGGED_WITH', { from: Project, to: Tag });
