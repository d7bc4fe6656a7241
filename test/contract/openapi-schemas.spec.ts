import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { contract, contractText, type Media, operations } from './contract.js';

// OpenAPI 3.1 schemas are JSON Schema 2020-12, so a JSON Schema compiler can tell whether these are any good.
const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true, allowUnionTypes: true });
addFormats.default(ajv);
ajv.addVocabulary(['example', 'components', 'paths', 'info', 'openapi', 'servers', 'security', 'tags', 'externalDocs']);
ajv.addSchema({ ...contract, $id: 'contract' });

const schemaNames = Object.keys(contract.components?.schemas ?? {});

function faultsOf(media: Media): string[] {
  // References are relative to the document, so a schema is checked as part of it.
  const schema = JSON.parse(JSON.stringify(media.schema).replaceAll('"#/', '"contract#/'));
  const validate = ajv.compile(schema);
  validate(media.example);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

describe('the schemas of the contract', () => {
  it.each(schemaNames)('compiles %s as JSON Schema 2020-12', (name) => {
    expect(() => ajv.compile({ $ref: `contract#/components/schemas/${name}` })).not.toThrow();
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
      .map(({ what, media }) => ({ what, faults: faultsOf({ example: media.schema['example'], ...media }) }))
      .filter(({ faults: found }) => found.length > 0);
    expect(faults).toEqual([]);
  });
});
