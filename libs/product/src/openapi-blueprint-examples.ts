import type { JsonValue } from '#libs/common';
import { ID, stored, TIME, without } from './openapi-example-parts.js';

const blueprint = {
  slug: 'service-levels',
  name: 'Service levels',
  description: 'How much we promise of a service.',
  kind: 'node',
  type: 'Project',
  enabled: true,
  priority: 100,
  filter: { project_type: [], environment: [] },
  json_schema: {
    type: 'object',
    properties: {
      tier: { type: 'integer', minimum: 1, maximum: 4, title: 'Tier', 'x-group': 'Service levels' },
      on_call: { type: 'string', format: 'email' },
    },
  },
};
const effectiveSchema = {
  version: '12',
  json_schema: { ...blueprint.json_schema, required: [], additionalProperties: false },
  sources: { tier: { blueprint: blueprint.slug, shadowed: [] }, on_call: { blueprint: blueprint.slug, shadowed: [] } },
};

/** What the document shows of blueprints. */
export const BLUEPRINT_EXAMPLES: Readonly<Record<string, JsonValue>> = {
  BlueprintWriteDto: blueprint,
  BlueprintPatchDto: { priority: 50, json_schema: { properties: { on_call: null } } },
  BlueprintResponseDto: without(
    stored(blueprint, { organization_id: null, source: null, edge: null, target: null }),
    'icon',
  ),
  BlueprintPreviewDto: { ...blueprint, enabled: false },
  BlueprintPreviewResultDto: {
    checked: 1200,
    would_become_invalid: 1,
    would_become_valid: 0,
    would_stay_invalid: 0,
    would_be_hidden: 0,
    samples: [
      {
        organization_id: 'kY3pQ9_vL2xWcT7rZ-s8D',
        id: ID,
        slug: 'api',
        to: null,
        errors: [{ pointer: '/tier', code: 'maximum', message: 'must be <= 4' }],
      },
    ],
  },
  BlueprintPurgeDto: {
    id: ID,
    organization_id: null,
    slug: blueprint.slug,
    subject: 'Project',
    attributes: ['tier', 'on_call'],
    state: 'running',
    checked: 4200,
    removed: 310,
    total: 10_000,
    requested_at: TIME,
    finished_at: null,
  },
  EffectiveSchemaDto: effectiveSchema,
};
