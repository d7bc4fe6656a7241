import type { JsonObject } from '#libs/common';
import { defineVertex, property } from '#libs/graph';

/** The kinds of vertices whose attributes blueprints declare. */
export const BLUEPRINT_TYPES = ['Organization', 'Team', 'ProjectType', 'Environment', 'Project'] as const;
export type BlueprintType = (typeof BLUEPRINT_TYPES)[number];

/** The edges whose properties blueprints declare; each starts at a project. */
export const BLUEPRINT_EDGES = ['DEPLOYED_IN', 'DEPENDS_ON'] as const;
export type BlueprintEdge = (typeof BLUEPRINT_EDGES)[number];

/** A JSON Schema of attributes, for one kind of vertex or edge, in one organization or in all. */
export const Blueprint = defineVertex('Blueprint', {
  properties: {
    organization_id: property.id({ optional: true, description: 'Unset for one that is in force everywhere.' }),
    slug: property.slug(),
    name: property.text({ maxLength: 200 }),
    description: property.text({ maxLength: 2000, optional: true }),
    kind: property.oneOf(['node', 'relationship']),
    type: property.oneOf(BLUEPRINT_TYPES, { optional: true, description: 'Of a node: whose attributes it declares.' }),
    source: property.oneOf(['Project'], { optional: true }),
    edge: property.oneOf(BLUEPRINT_EDGES, { optional: true }),
    target: property.oneOf(['Environment', 'Project'], { optional: true }),
    enabled: property.boolean(),
    priority: property.integer(),
    filter: property.json<JsonObject>(),
    json_schema: property.json<JsonObject>(),
    /** Organization, kind, type or triple, and slug in one text: a unique index lets unset values be repeated. */
    key: property.text({ maxLength: 200 }),
  },
  unique: [['key']],
  indexes: [['organization_id', 'name', 'id']],
});
