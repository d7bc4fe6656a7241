import { defineEdge, defineVertex, property } from '#libs/graph';

/** The tenant: everything of the catalogue belongs to exactly one. */
export const Organization = defineVertex('Organization', {
  properties: {
    slug: property.slug(),
    name: property.text({ maxLength: 200 }),
    description: property.text({ maxLength: 2000, optional: true }),
    icon: property.text({ maxLength: 2000, optional: true }),
    attributes: property.json({ optional: true }),
    require_mfa: property.boolean({ optional: true, description: 'Its users need a second factor.' }),
    deletion_id: property.id({ optional: true, description: 'Set while it is being deleted: then it is not found.' }),
  },
  unique: [['slug']],
  indexes: [['name', 'id']],
  tenancy: 'self',
});

/** Says in the graph what `organization_id` says in the row, for Cypher and for people. */
export const BelongsTo = defineEdge('BELONGS_TO', { from: 'any', to: Organization, unique: 'start' });
