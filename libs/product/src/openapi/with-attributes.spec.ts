import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '#libs/common';
import type { OpenApiDocument } from '#libs/http';
import { withAttributes } from './with-attributes.js';

const LIST = '/api/organizations/{org}/projects';
const open = { type: 'object' as const, properties: { attributes: { type: 'object' as const } } };
const base: OpenApiDocument = {
  openapi: '3.1.0',
  info: { title: 'Imbi', version: '1' },
  paths: { [LIST]: { get: { operationId: 'listProjects', parameters: [], responses: {} } } },
  components: { schemas: { Project: open, ProjectWrite: open, ProjectPatch: open, Team: open } },
};

describe('the document with live attributes', () => {
  const attributes = new Map<string, JsonObject>([
    ['tier', { type: 'integer', minimum: 1 }],
    ['day', { $ref: '#/$defs/day', $defs: { day: { type: 'string', format: 'date' } } }],
    ['tree', { $ref: '#/$defs/node', $defs: { node: { type: 'array', items: { $ref: '#/$defs/node' } } } }],
  ]);
  const document = withAttributes(base, attributes, {
    sortable: [],
    filterable: { 'attributes.tier': { type: 'integer' } },
  });
  const schemas = document.components?.schemas ?? {};

  it('says them in the schemas of projects and of nothing else', () => {
    const reference = { properties: { attributes: { $ref: '#/components/schemas/ProjectAttributes' } } };
    expect(schemas['Project']).toMatchObject(reference);
    expect(schemas['ProjectWrite']).toMatchObject(reference);
    expect(schemas['Team']).toEqual(open);
    expect(schemas['ProjectAttributes']).toMatchObject({
      properties: { tier: { type: 'integer', minimum: 1 }, day: { type: 'string', format: 'date' } },
      additionalProperties: false,
    });
  });

  it('has no reference that leads nowhere, and ends with a definition that refers to itself', () => {
    expect(JSON.stringify(schemas['ProjectAttributes'])).not.toContain('$ref');
    expect(JSON.stringify(schemas['ProjectAttributes'])).not.toContain('$defs');
  });

  it('filters lists by them, and leaves the base document as it was', () => {
    const [parameter] = document.paths[LIST]?.get?.parameters ?? [];
    expect(parameter).toMatchObject({ name: 'filter[attributes.tier]', in: 'query', style: 'deepObject' });
    expect(base.paths[LIST]?.get?.parameters).toEqual([]);
  });
});
