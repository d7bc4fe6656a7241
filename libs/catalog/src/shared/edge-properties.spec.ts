import { describe, expect, it } from '@jest/globals';
import { isDomainError, type JsonValue } from '#libs/common';
import type { PatchDocument } from '#libs/http';
import { edgeProperties, patchEdgeProperties } from './edge-properties.js';

const merge = (body: JsonValue): PatchDocument => ({ type: 'application/merge-patch+json', body });
const json = (body: JsonValue): PatchDocument => ({ type: 'application/json-patch+json', body });

function kindOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (isDomainError(error)) return error.kind;
  }
  return 'none';
}

describe('the properties of an edge', () => {
  it('are none where there is no body', () => {
    expect([edgeProperties(undefined), edgeProperties(null), edgeProperties({})]).toEqual([{}, {}, {}]);
  });

  it.each([[[]], ['text'], [1], [true]])('are not %j', (document) => {
    expect(kindOf(() => edgeProperties(document))).toBe('invalid');
  });

  it('may be called what the fields of a resource are called that only the server writes', () => {
    const current = { version: '1.0', id: 'x', created_at: 'long ago' };
    expect(patchEdgeProperties(merge({ version: '1.1', id: null }), current)).toEqual({
      version: '1.1',
      created_at: 'long ago',
    });
  });

  it.each<[string, JsonValue, JsonValue]>([
    ['adds', [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
    ['moves', [{ op: 'move', from: '/a', path: '/c' }], { c: 1 }],
    ['replaces as a whole', [{ op: 'replace', path: '', value: { z: 0 } }], { z: 0 }],
    ['finds as they are', [{ op: 'test', path: '', value: { a: 1 } }], { a: 1 }],
  ])('are what a JSON patch %s', (_what, patch, expected) => {
    expect(patchEdgeProperties(json(patch), { a: 1 })).toEqual(expected);
  });

  it.each<[string, PatchDocument, string]>([
    ['takes them away', merge(null), 'invalid'],
    ['leaves a text', json([{ op: 'replace', path: '', value: 'text' }]), 'invalid'],
    ['leaves nothing', json([{ op: 'remove', path: '' }]), 'invalid'],
    ['reaches around them', json([{ op: 'add', path: 'x', value: 1 }]), 'malformed'],
    ['is no list', json({ op: 'add' }), 'malformed'],
    ['holds what is no operation', json([7]), 'malformed'],
    ['sets a forbidden key', merge(JSON.parse('{"__proto__": {"x": 1}}')), 'malformed'],
  ])('are not written by a patch that %s', (_what, patch, kind) => {
    expect(kindOf(() => patchEdgeProperties(patch, { a: 1 }))).toBe(kind);
  });
});
