import { defineVertex, property } from '#libs/graph';

const named = {
  organization_id: property.id(),
  slug: property.slug(),
  name: property.text({ maxLength: 200 }),
};
const described = {
  ...named,
  description: property.text({ maxLength: 2000, optional: true }),
  icon: property.text({ maxLength: 2000, optional: true }),
};
const extensible = { ...described, attributes: property.json({ optional: true }) };

// `organization_id` comes first everywhere: every look-up and list is within one organization.
const unique = [['organization_id', 'slug']] as const;
const indexes = [['organization_id', 'name', 'id']] as const;

export const Team = defineVertex('Team', { properties: extensible, unique, indexes });

export const ProjectType = defineVertex('ProjectType', {
  properties: { ...extensible, deployable: property.boolean(), releasable: property.boolean() },
  unique,
  indexes,
});

export const Environment = defineVertex('Environment', {
  properties: {
    ...extensible,
    sort_order: property.integer(),
    label_color: property.text({ maxLength: 7, optional: true }),
    can_deploy: property.boolean(),
    can_promote: property.boolean(),
  },
  unique,
  indexes: [['organization_id', 'sort_order', 'id']],
});

export const LinkDefinition = defineVertex('LinkDefinition', {
  properties: {
    ...named,
    icon: property.text({ maxLength: 2000, optional: true }),
    url_template: property.text({ maxLength: 2000 }),
  },
  unique,
  indexes,
});

export const Tag = defineVertex('Tag', { properties: named, unique, indexes });
