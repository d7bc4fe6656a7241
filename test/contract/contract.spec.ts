import { describe, expect, it } from '@jest/globals';
import { PERMISSIONS } from '#libs/auth';
import { lintOpenApi, SERVER_OWNED_FIELDS } from '#libs/http';
import * as sdk from '#sdk';
import { contract, namedOperations, operations } from './contract.js';

const NO_PERMISSIONS = ['public', 'authenticated'];
const schemas = contract.components?.schemas ?? {};

function propertiesOf(name: string): string[] {
  const schema = schemas[name];
  return Object.keys((schema && 'properties' in schema && schema.properties) || {});
}

describe('the committed contract', () => {
  it('passes the lint', () => {
    expect(lintOpenApi(contract)).toEqual([]);
  });

  it('names permissions that exist, and no others', () => {
    const known = new Set([...PERMISSIONS.map(({ name }) => name), ...NO_PERMISSIONS]);
    const unknown = operations.filter((operation) => !known.has(operation['x-permission'] ?? ''));
    expect(unknown.map(({ operationId }) => operationId)).toEqual([]);
  });

  it.each(namedOperations)('asks for a credential in %s exactly where it is not public', (_name, operation) => {
    const isPublic = operation['x-permission'] === 'public';
    expect(operation.security ?? contract.security).toEqual(isPublic ? [] : [{ bearer: [] }]);
    const refusal = operation.responses['401'];
    // Clients of OAuth show themselves by a secret of their own, at routes that are public to everybody else.
    const isOfClients = refusal?.$ref === '#/components/responses/OAuthError401';
    expect(refusal !== undefined && operation.operationId !== 'login' && !isOfClients).toBe(!isPublic);
  });

  it.each(namedOperations)('has an SDK function for %s', (name) => {
    expect(sdk).toHaveProperty(name, expect.any(Function));
  });

  it('pages every list', () => {
    const lists = operations.filter(({ operationId }) => /^list[A-Z]/.test(operationId));
    expect(lists.length).toBeGreaterThan(10);
    for (const list of lists) {
      const [media] = Object.values(list.responses['200']?.content ?? {});
      const page = String(media?.schema['$ref']).split('/').at(-1) ?? '';
      expect([list.operationId, ...propertiesOf(page)]).toEqual(expect.arrayContaining(['items', 'next_cursor']));
      const names = list.parameters.map(({ name }) => name);
      expect([list.operationId, ...names]).toEqual(expect.arrayContaining(['limit', 'cursor']));
    }
  });

  it('lets clients write nothing that is the server’s own', () => {
    const written = Object.keys(schemas).filter((name) => /(Write|Patch)$/.test(name) && name !== 'JsonPatch');
    expect(written.length).toBeGreaterThan(10);
    for (const name of written) {
      const owned = propertiesOf(name).filter((property) =>
        (SERVER_OWNED_FIELDS as readonly string[]).includes(property),
      );
      expect({ name, owned }).toEqual({ name, owned: [] });
    }
  });

  it('requires nothing in a merge patch', () => {
    const patches = Object.entries(schemas).filter(([name]) => /Patch$/.test(name) && name !== 'JsonPatch');
    expect(patches.filter(([, schema]) => 'required' in schema)).toEqual([]);
  });

  it('takes patches as patches only', () => {
    for (const { method, requestBody } of operations) {
      if (method !== 'patch') continue;
      expect(Object.keys(requestBody?.content ?? {})).toEqual([
        'application/merge-patch+json',
        'application/json-patch+json',
      ]);
    }
  });

  it('offers a conditional write wherever a versioned thing is changed', () => {
    const unconditional = operations.filter(
      ({ path, method, parameters }) =>
        /^\/api\/organizations\//.test(path) &&
        // A grant is put as a whole, and like a role that is given it has no version.
        !path.endsWith('/grants/{principal}') &&
        ['put', 'patch', 'delete'].includes(method) &&
        !parameters.some(({ $ref }) => $ref === '#/components/parameters/IfMatch'),
    );
    expect(unconditional.map(({ operationId }) => operationId)).toEqual([]);
  });
});
