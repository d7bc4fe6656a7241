import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '#libs/common';
import type { OpenApiDocument } from '#libs/http';
import { ATTRIBUTE_PLACES } from './attribute-places.js';
import { type DeclaredAttributes, withAttributes } from './with-attributes.js';

const LIST = '/api/organizations/{org}/projects';
const open = { type: 'object' as const, properties: { attributes: { type: 'object' as const } } };
const DEPENDENCY = `${LIST}/{id}/dependencies/{dependency}`;
const DEPLOYMENT = `${LIST}/{id}/environments/{environment}`;
const body = { 'application/json': { schema: { type: 'object' as const } } };
const patches = { 'application/merge-patch+json': body['application/json'], 'application/json-patch+json': {} };
const base: OpenApiDocument = {
  openapi: '3.1.0',
  info: { title: 'Imbi', version: '1' },
  paths: {
    [LIST]: { get: { operationId: 'listProjects', parameters: [], responses: {} } },
    [DEPENDENCY]: { put: { operationId: 'putDependency', requestBody: { content: body }, responses: {} } },
    [DEPLOYMENT]: {
      put: { operationId: 'putDeployment', requestBody: { content: body }, responses: {} },
      patch: { operationId: 'patchDeployment', requestBody: { content: patches }, responses: {} },
    },
  },
  components: { schemas: { Project: open, ProjectWrite: open, ProjectPatch: open, Team: open, Environment: open } },
};

describe('the document with live attributes', () => {
  const attributes = new Map<string, JsonObject>([
    ['tier', { type: 'integer', minimum: 1 }],
    ['day', { $ref: '#/$defs/day', $defs: { day: { type: 'string', format: 'date' } } }],
    ['tree', { $ref: '#/$defs/node', $defs: { node: { type: 'array', items: { $ref: '#/$defs/node' } } } }],
  ]);
  const url = new Map<string, JsonObject>([['url', { type: 'string' }]]);
  const declared: DeclaredAttributes = new Map([
    ['Project', attributes],
    ['Team', new Map()],
    ['DEPLOYED_IN', url],
    ['DEPENDS_ON', url],
  ]);
  const document = withAttributes(base, declared, {
    sortable: [],
    filterable: { 'attributes.tier': { type: 'integer' } },
  });
  const schemas = document.components?.schemas ?? {};

  const to = (name: string) => ({ $ref: `#/components/schemas/${name}` });

  it('says them in the schemas of what they are declared for, and of nothing that was not asked for', () => {
    expect(schemas['Project']).toMatchObject({ properties: { attributes: to('ProjectAttributes') } });
    expect(schemas['ProjectWrite']).toMatchObject({
      properties: {
        attributes: to('ProjectAttributes'),
        environments: { additionalProperties: to('DeploymentProperties') },
      },
    });
    expect(schemas['ProjectPatch']).toMatchObject({ properties: { attributes: to('ProjectAttributesPatch') } });
    expect(schemas['Team']).toMatchObject({ properties: { attributes: to('TeamAttributes') } });
    expect(schemas['TeamAttributes']).toMatchObject({ properties: {}, additionalProperties: false });
    expect(schemas['Environment']).toEqual(open);
    expect(schemas['ProjectAttributesPatch']).toMatchObject({
      properties: { tier: { anyOf: [{ type: 'integer', minimum: 1 }, { type: 'null' }] } },
    });
    expect(schemas['ProjectAttributes']).toMatchObject({
      properties: { tier: { type: 'integer', minimum: 1 }, day: { type: 'string', format: 'date' } },
      additionalProperties: false,
    });
  });

  it('says what edges may have, which may have more', () => {
    expect(schemas['DeploymentProperties']).toMatchObject({
      properties: { url: { type: 'string' } },
      additionalProperties: true,
    });
    expect(document.paths[DEPENDENCY]?.put?.requestBody).toMatchObject({
      content: { 'application/json': { schema: to('DependencyProperties') } },
    });
    expect(document.paths[DEPLOYMENT]?.put?.requestBody).toMatchObject({
      content: { 'application/json': { schema: to('DeploymentProperties') } },
    });
    expect(document.paths[DEPLOYMENT]?.patch?.requestBody).toEqual({
      content: {
        'application/merge-patch+json': { schema: to('DeploymentPropertiesPatch') },
        'application/json-patch+json': {},
      },
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

  it('speaks of places that the committed document has', () => {
    const committed: OpenApiDocument = JSON.parse(readFileSync('openapi/openapi.json', 'utf8'));
    for (const { members, bodies = [] } of Object.values(ATTRIBUTE_PLACES)) {
      for (const [name, property] of members) {
        expect(committed.components?.schemas?.[name]).toHaveProperty(['properties', property]);
      }
      for (const [path, method] of bodies)
        expect(committed.paths[path]?.[method]).toHaveProperty('requestBody.content');
    }
  });
});
