import { describe, expect, it } from '@jest/globals';
import { contract, contractText, operations } from './contract.js';
import { compileSchema, schemaFaults } from './contract-schemas.js';

const schemaNames = Object.keys(contract.components?.schemas ?? {});

describe('the schemas of the contract', () => {
  it.each(schemaNames)('compiles %s as JSON Schema 2020-12', (name) => {
    expect(() => compileSchema(name)).not.toThrow();
  });

  it('uses nothing that OpenAPI 3.1 left behind', () => {
    expect(contract.openapi).toBe('3.1.0');
    expect(contractText).not.toMatch(/"nullable"|"exclusiveM(in|ax)imum": (true|false)/);
  });

  it('refers only to what is there', () => {
    const references = new Set([...contractText.matchAll(/"\$ref": "#\/([^"]+)"/g)].map(([, pointer = '']) => pointer));
    const dangling = [...references].filter(
      (pointer) =>
        pointer.split('/').reduce<unknown>((node, key) => Reflect.get(Object(node), key), contract) === undefined,
    );
    expect(dangling).toEqual([]);
  });

  it('gives examples that its own schemas accept, of every request body and many answers', () => {
    const requests = operations.flatMap(({ operationId, requestBody }) =>
      Object.values(requestBody?.content ?? {}).map((media) => ({ what: `${operationId} request`, media })),
    );
    const answers = operations.flatMap(({ operationId, responses }) =>
      Object.entries(responses)
        .flatMap(([status, { content }]) => Object.values(content ?? {}).map((media) => ({ status, media })))
        .filter(({ media }) => media.example !== undefined)
        .map(({ status, media }) => ({ what: `${operationId} ${status}`, media })),
    );
    expect(requests.length).toBeGreaterThan(20);
    expect(answers.length).toBeGreaterThan(30);
    const faults = [...requests, ...answers]
      .map(({ what, media }) => ({
        what,
        faults: schemaFaults(media.schema, media.example ?? media.schema['example']),
      }))
      .filter(({ faults: found }) => found.length > 0);
    expect(faults).toEqual([]);
  });
});
