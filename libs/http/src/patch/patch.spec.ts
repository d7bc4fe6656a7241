import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { applyPatch as referenceApply } from 'rfc6902';
import type { JsonObject, JsonValue } from '#libs/common';
import { applyPatch, JSON_PATCH_MEDIA_TYPE, MERGE_PATCH_MEDIA_TYPE } from './apply-patch.js';
import { jsonPatch } from './json-patch.js';
import { mergePatch } from './merge-patch.js';

const parse = (text: string): JsonValue => JSON.parse(text);

describe('merge patch', () => {
  it.each([
    ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
    ['{"a":"b"}', '{"a":null}', '{}'],
    ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
    ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
    ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
    ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
    ['["a","b"]', '["c","d"]', '["c","d"]'],
    ['{"a":"b"}', '["c"]', '["c"]'],
    ['{"a":"foo"}', 'null', 'null'],
    ['{"a":"foo"}', '"bar"', '"bar"'],
    ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
    ['[1,2]', '{"a":"b","c":null}', '{"a":"b"}'],
    ['{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
  ])('of %s with %s gives %s (RFC 7396, appendix A)', (target, patch, result) => {
    expect(mergePatch(parse(target), parse(patch))).toEqual(parse(result));
  });

  it('leaves its arguments alone and, applied twice, changes no more', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (target, patch) => {
        const before = JSON.stringify([target, patch]);
        const once = mergePatch(target as JsonValue, patch as JsonValue);
        expect(JSON.stringify([target, patch])).toBe(before);
        expect(mergePatch(once, patch as JsonValue)).toEqual(once);
      }),
    );
  });
});

describe('JSON patch', () => {
  it.each([
    ['A.1 adding a member', '{"foo":"bar"}', '[{"op":"add","path":"/baz","value":"qux"}]', '{"baz":"qux","foo":"bar"}'],
    [
      'A.2 adding an item',
      '{"foo":["bar","baz"]}',
      '[{"op":"add","path":"/foo/1","value":"qux"}]',
      '{"foo":["bar","qux","baz"]}',
    ],
    ['A.3 removing a member', '{"baz":"qux","foo":"bar"}', '[{"op":"remove","path":"/baz"}]', '{"foo":"bar"}'],
    [
      'A.4 removing an item',
      '{"foo":["bar","qux","baz"]}',
      '[{"op":"remove","path":"/foo/1"}]',
      '{"foo":["bar","baz"]}',
    ],
    [
      'A.5 replacing',
      '{"baz":"qux","foo":"bar"}',
      '[{"op":"replace","path":"/baz","value":"boo"}]',
      '{"baz":"boo","foo":"bar"}',
    ],
    [
      'A.6 moving a value',
      '{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}',
      '[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]',
      '{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}',
    ],
    [
      'A.7 moving an item',
      '{"foo":["all","grass","cows","eat"]}',
      '[{"op":"move","from":"/foo/1","path":"/foo/3"}]',
      '{"foo":["all","cows","eat","grass"]}',
    ],
    [
      'A.8 testing',
      '{"baz":"qux","foo":["a",2,"c"]}',
      '[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}]',
      '{"baz":"qux","foo":["a",2,"c"]}',
    ],
    [
      'A.10 adding a nested member',
      '{"foo":"bar"}',
      '[{"op":"add","path":"/child","value":{"grandchild":{}}}]',
      '{"foo":"bar","child":{"grandchild":{}}}',
    ],
    [
      'A.11 unknown members',
      '{"foo":"bar"}',
      '[{"op":"add","path":"/baz","value":"qux","xyz":123}]',
      '{"foo":"bar","baz":"qux"}',
    ],
    ['A.14 escaping', '{"/":9,"~1":10}', '[{"op":"test","path":"/~01","value":10}]', '{"/":9,"~1":10}'],
    [
      'A.16 appending',
      '{"foo":["bar"]}',
      '[{"op":"add","path":"/foo/-","value":["abc","def"]}]',
      '{"foo":["bar",["abc","def"]]}',
    ],
    ['replacing the whole', '{"foo":1}', '[{"op":"replace","path":"","value":{"bar":2}}]', '{"bar":2}'],
    ['moving onto itself', '{"foo":1}', '[{"op":"move","from":"/foo","path":"/foo"}]', '{"foo":1}'],
  ])('%s (RFC 6902, appendix A)', (_name, target, patch, result) => {
    expect(jsonPatch(parse(target), parse(patch))).toEqual(parse(result));
  });

  it.each([
    [
      'A.9 a test that fails',
      '{"baz":"qux"}',
      '[{"op":"test","path":"/baz","value":"bar"}]',
      'patch_test_failed',
      '/0',
    ],
    [
      'A.12 a parent that is not there',
      '{"foo":"bar"}',
      '[{"op":"add","path":"/baz/bat","value":"qux"}]',
      'patch_failed',
      '/0/path',
    ],
    ['A.13 an operation that is none', '{"foo":"bar"}', '[{"op":"append","path":"/baz"}]', 'malformed_patch', '/0/op'],
    [
      'A.15 comparing text and number',
      '{"/":9,"~1":10}',
      '[{"op":"test","path":"/~01","value":"10"}]',
      'patch_test_failed',
      '/0',
    ],
    ['an index past the end', '{"foo":[1]}', '[{"op":"add","path":"/foo/2","value":1}]', 'patch_failed', '/0/path'],
    ['an index with a leading zero', '{"foo":[1,2]}', '[{"op":"remove","path":"/foo/01"}]', 'patch_failed', '/0/path'],
    ['removing the end of an array', '{"foo":[1]}', '[{"op":"remove","path":"/foo/-"}]', 'patch_failed', '/0/path'],
    [
      'moving into itself',
      '{"foo":{"bar":1}}',
      '[{"op":"move","from":"/foo","path":"/foo/bar"}]',
      'patch_failed',
      '/0/path',
    ],
    ['a source that is not there', '{}', '[{"op":"copy","from":"/a","path":"/b"}]', 'patch_failed', '/0/from'],
    ['a path that is no pointer', '{}', '[{"op":"remove","path":"a"}]', 'malformed_patch', '/0/path'],
    ['an add without a value', '{}', '[{"op":"add","path":"/a"}]', 'malformed_patch', '/0/value'],
    ['a prototype in a path', '{}', '[{"op":"add","path":"/__proto__/x","value":1}]', 'malformed_patch', '/0/path'],
    ['an inherited member', '{}', '[{"op":"test","path":"/toString","value":1}]', 'patch_failed', '/0/path'],
    ['no array', '{}', '{}', 'malformed_patch', ''],
  ])('%s is refused where it is at fault', (_name, target, patch, code, pointer) => {
    expect(() => jsonPatch(parse(target), parse(patch))).toThrow(
      expect.objectContaining({ code, errors: [expect.objectContaining({ pointer })] }),
    );
  });

  it('refuses a chain of copies that would double the document for ever', () => {
    const bomb = Array.from({ length: 40 }, (_, step) => ({ op: 'copy', from: '', path: `/a${step}` }));
    expect(() => jsonPatch({ a: 'x' }, bomb)).toThrow(expect.objectContaining({ code: 'malformed_patch' }));
  });

  it('agrees with another implementation wherever both apply a patch', () => {
    const key = fc.constantFrom('a', 'b', '0', '1', '-');
    const path = fc.array(key, { maxLength: 3 }).map((keys) => keys.map((part) => `/${part}`).join(''));
    const value = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant([1, 2]), fc.constant({ a: 1 }));
    const operation = fc.oneof(
      fc.record({ op: fc.constantFrom('add' as const, 'replace' as const, 'test' as const), path, value }),
      fc.record({ op: fc.constant('remove' as const), path }),
      fc.record({ op: fc.constantFrom('move' as const, 'copy' as const), path, from: path }),
    );
    // The other implementation neither replaces nor removes the whole document, and lets a value move into itself.
    const comparable = operation.filter(
      (one) => one.path !== '' && !('from' in one && (one.from === '' || one.path.startsWith(one.from))),
    );
    let applied = 0;
    fc.assert(
      fc.property(fc.array(comparable, { minLength: 1, maxLength: 3 }), (patch) => {
        const target = { a: [1, { b: 2 }], b: { a: 1, '0': 3 } };
        let ours: JsonValue;
        try {
          ours = jsonPatch(target, patch as JsonValue);
        } catch {
          return;
        }
        applied += 1;
        // Not structuredClone: its lists are of Node's realm, which the other implementation takes for objects.
        const theirs = JSON.parse(JSON.stringify(target));
        const faults = referenceApply(theirs, patch).filter((fault) => fault !== null);
        expect({ faults, result: theirs }).toEqual({ faults: [], result: ours });
      }),
      { numRuns: 2000 },
    );
    expect(applied).toBeGreaterThan(100);
  });
});

describe('a patch of a resource', () => {
  const current: JsonObject = { id: 'x', version: 3, name: 'old' };
  const merge = (body: JsonValue) => applyPatch({ type: MERGE_PATCH_MEDIA_TYPE, body }, current);

  it('may repeat what only the server writes, and not change it', () => {
    expect(merge({ id: 'x', name: 'new' })).toEqual({ id: 'x', version: 3, name: 'new' });
    const readOnly = expect.objectContaining({
      code: 'read_only_field',
      errors: [expect.objectContaining({ pointer: '/id' })],
    });
    expect(() => merge({ id: 'y' })).toThrow(readOnly);
    expect(() => merge({ id: null })).toThrow(readOnly);
    const remove = [{ op: 'remove', path: '/id' }];
    expect(() => applyPatch({ type: JSON_PATCH_MEDIA_TYPE, body: remove }, current)).toThrow(readOnly);
  });

  it('leaves an object, and one that can be stored', () => {
    const replace = [{ op: 'replace', path: '', value: 1 }];
    expect(() => applyPatch({ type: JSON_PATCH_MEDIA_TYPE, body: replace }, current)).toThrow(
      expect.objectContaining({ code: 'malformed_patch' }),
    );
    expect(() => merge([1])).toThrow(expect.objectContaining({ code: 'malformed_patch' }));
  });
});
