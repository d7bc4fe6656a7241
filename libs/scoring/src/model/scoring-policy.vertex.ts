import { ProjectType } from '#libs/catalog';
import { defineEdge, defineVertex, property } from '#libs/graph';
import { MEASURES } from '../engine/measure.js';

/** What an attribute of a project is worth. One without an organization is for all of them. */
export const ScoringPolicy = defineVertex('ScoringPolicy', {
  properties: {
    organization_id: property.id({ optional: true }),
    /** The organization's id, or `all`: what the slug is unique in, as an unset property would not collide. */
    scope: property.text({ maxLength: 21 }),
    slug: property.slug(),
    name: property.text({ maxLength: 200 }),
    description: property.text({ maxLength: 2000, optional: true }),
    category: property.oneOf(['attribute']),
    attribute_name: property.text({ maxLength: 200 }),
    measure: property.oneOf(MEASURES),
    weight: property.number(),
    enabled: property.boolean(),
    priority: property.integer({ description: 'Only the order in which policies are shown.' }),
    value_score_map: property.map(property.number(), { optional: true }),
    range_score_map: property.map(property.number(), { optional: true }),
    targeted: property.boolean({ description: 'For its TARGETS only, so for nothing once the last of them is gone.' }),
  },
  unique: [['scope', 'slug']],
  indexes: [['scope', 'priority', 'id']],
});

/** The project types that a targeted policy is for. */
export const Targets = defineEdge('TARGETS', { from: ScoringPolicy, to: ProjectType });

export const scoringDefinitions = [ScoringPolicy, Targets];
