import { describe, expect, it } from '@jest/globals';
import type { JsonObject, JsonValue } from '#libs/common';
import { checkBounded, compileSchema, isCompiled } from './schema-compiler.js';

/** What a value's faults are, `pointer code`; the schema's own, where it is not usable. */
function faults(schema: JsonValue, value: JsonValue): string[] {
  const result = compileSchema(schema);
  const found = isCompiled(result) ? checkBounded(result, value) : result;
  return found.map(({ pointer, code }) => `${pointer} ${code}`);
}

const text = { type: 'string' };
const of = (tier: JsonObject): JsonObject => ({ type: 'object', properties: { tier } });

describe('a keyword is enforced', () => {
  const cases: readonly [string, JsonValue, JsonValue, JsonValue, string[]][] = [
    ['type', of({ type: 'integer' }), { tier: 1 }, { tier: 1.5 }, ['/tier type']],
    ['minimum', of({ minimum: 1 }), { tier: 1 }, { tier: 0 }, ['/tier minimum']],
    ['exclusiveMaximum', of({ exclusiveMaximum: 3 }), { tier: 2 }, { tier: 3 }, ['/tier exclusive_maximum']],
    ['multipleOf', of({ multipleOf: 0.5 }), { tier: 1.5 }, { tier: 1.6 }, ['/tier multiple_of']],
    ['enum', of({ enum: ['gold', null] }), { tier: null }, { tier: 'tin' }, ['/tier enum']],
    ['const', of({ const: { a: 1 } }), { tier: { a: 1 } }, { tier: {} }, ['/tier const']],
    ['pattern', of({ pattern: '^[a-z]+$' }), { tier: 'a' }, { tier: 'A' }, ['/tier pattern']],
    ['maxLength', of({ maxLength: 1 }), { tier: '🙂' }, { tier: 'ab' }, ['/tier max_length']],
    ['format', of({ format: 'uri' }), { tier: 'https://a.org' }, { tier: 'no uri' }, ['/tier format']],
    ['required', { required: ['tier'] }, { tier: 1 }, {}, ['/tier required']],
    ['nested objects', of(of({ minimum: 2 })), { tier: { tier: 2 } }, { tier: { tier: 1 } }, ['/tier/tier minimum']],
    ['items', of({ items: { type: 'integer' } }), { tier: [1] }, { tier: [1, 'a'] }, ['/tier/1 type']],
    ['prefixItems', of({ prefixItems: [text], items: false }), { tier: ['a'] }, { tier: ['a', 1] }, ['/tier items']],
    ['contains', of({ contains: text, minContains: 2 }), { tier: ['a', 'b'] }, { tier: ['a'] }, ['/tier contains']],
    ['uniqueItems', of({ uniqueItems: true }), { tier: [1, [1]] }, { tier: [[1], [1]] }, ['/tier unique_items']],
    [
      'additionalProperties',
      of({ additionalProperties: false }),
      { tier: {} },
      { tier: { b: 1 } },
      ['/tier/b additional_properties'],
    ],
    [
      'patternProperties',
      of({ patternProperties: { '^n': { type: 'number' } } }),
      { tier: { n: 1 } },
      { tier: { n: 'a' } },
      ['/tier/n type'],
    ],
    [
      'propertyNames',
      of({ propertyNames: { maxLength: 1 } }),
      { tier: { a: 1 } },
      { tier: { ab: 1 } },
      ['/tier max_length', '/tier property_names'],
    ],
    [
      'unevaluatedProperties',
      { allOf: [of(text)], unevaluatedProperties: false },
      { tier: 'a' },
      { lead: 1 },
      ['/lead unevaluated_properties'],
    ],
    // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
    ['if', { if: { required: ['a'] }, then: { required: ['b'] } }, { b: 1 }, { a: 1 }, ['/b required', ' if']],
    ['dependentRequired', { dependentRequired: { a: ['b'] } }, {}, { a: 1 }, ['/b dependent_required']],
    ['oneOf', of({ oneOf: [{ minimum: 1 }, { minimum: 2 }] }), { tier: 1 }, { tier: 2 }, ['/tier one_of']],
    ['not', of({ not: text }), { tier: 1 }, { tier: 'a' }, ['/tier not']],
    ['$ref', { $defs: { t: text }, ...of({ $ref: '#/$defs/t' }) }, { tier: 'a' }, { tier: 1 }, ['/tier type']],
  ];
  it.each(cases)('%s', (_keyword, schema, good, bad, expected) => {
    expect(faults(schema, good)).toEqual([]);
    expect(faults(schema, bad)).toEqual(expected);
  });

  it.each<[string, JsonObject, JsonValue, JsonValue]>([
    ['const', { const: { toString: 1 } }, { toString: 1 }, { toString: 2 }],
    ['enum', { enum: [{ valueOf: 1 }, 'a'] }, { valueOf: 1 }, { valueOf: [] }],
    ['uniqueItems', { uniqueItems: true }, [{ toString: 1 }, { valueOf: 1 }], [{ toString: 1 }, { toString: 1 }]],
    ['required', { required: ['toString'] }, { toString: 1 }, {}],
  ])('where values have members that are called as what every object has: %s', (_keyword, schema, good, bad) => {
    expect([faults(schema, good).length, faults(schema, bad).length]).toEqual([0, 1]);
  });

  it('through a schema that holds itself', () => {
    const tree = { properties: { children: { items: { $ref: '#' } }, size: { type: 'integer' } } };
    expect(faults(tree, { children: [{ children: [{ size: 1 }] }] })).toEqual([]);
    expect(faults(tree, { children: [{ children: [{ size: 'a' }] }] })).toEqual(['/children/0/children/0/size type']);
  });
});

const repeating = (patterns: number): JsonObject => ({
  allOf: Array.from({ length: patterns }, (_, index) => ({ pattern: `(.{1,200}){1,4}${index}$` })),
});
const nested = (depth: number): JsonObject => (depth === 0 ? {} : { items: nested(depth - 1) });

describe('a schema is refused', () => {
  const cases: readonly [string, JsonValue, string][] = [
    ['that has a keyword nobody heeds', of({ minLenght: 1 }), '/properties/tier/minLenght unknown_keyword'],
    ['that has an unknown extension', of({ 'x-secret': true }), '/properties/tier/x-secret unknown_keyword'],
    ['that names itself', { $id: 'https://a.org/b' }, '/$id unknown_keyword'],
    ['that refers dynamically', of({ $dynamicRef: '#a' }), '/properties/tier/$dynamicRef unknown_keyword'],
    ['of another dialect', { $schema: 'http://json-schema.org/draft-07/schema#' }, '/$schema unknown_dialect'],
    ['that refers to another document', of({ $ref: 'https://a.org/b' }), '/properties/tier/$ref foreign_reference'],
    ['that refers to a file', of({ $ref: 'file:///etc/passwd' }), '/properties/tier/$ref foreign_reference'],
    ['that refers to nothing', of({ $ref: '#/$defs/none' }), '/properties/tier/$ref unknown_reference'],
    ['that refers up its prototype', of({ $ref: '#/constructor' }), '/properties/tier/$ref unknown_reference'],
    ['that leads back to itself', { $ref: '#' }, '/$ref endless_reference'],
    [
      'that leads back to itself through others',
      { $defs: { a: { allOf: [{ $ref: '#/$defs/b' }] }, b: { anyOf: [{ $ref: '#/$defs/a' }] } }, $ref: '#/$defs/a' },
      '/$ref/allOf/0/$ref/anyOf/0/$ref endless_reference',
    ],
    [
      'that says of texts what only numbers heed',
      of({ type: 'string', minimum: 1 }),
      '/properties/tier/minimum keyword_without_effect',
    ],
    ['whose keyword takes something else', of({ minimum: '1' }), '/properties/tier/minimum type'],
    ['whose type is none', of({ type: 'text' }), '/properties/tier/type enum'],
    ['with a format nobody checks', of({ format: 'colour' }), '/properties/tier/format unknown_format'],
    // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
    ['with a then and no if', of({ then: {} }), '/properties/tier/then keyword_without_effect'],
    [
      'with bounds and nothing that they bound',
      of({ maxContains: 1 }),
      '/properties/tier/maxContains keyword_without_effect',
    ],
    ['with an if that nothing follows from', of({ if: {} }), '/properties/tier/if keyword_without_effect'],
    [
      'with contains that any number meets',
      of({ contains: text, minContains: 0 }),
      '/properties/tier/minContains keyword_without_effect',
    ],
    [
      'with more items wanted than allowed',
      of({ contains: text, minContains: 2, maxContains: 1 }),
      '/properties/tier/minContains never_valid',
    ],
    [
      'with a name that nothing can have',
      of({ properties: JSON.parse('{"__proto__": true}') }),
      '/properties/tier/properties/__proto__ forbidden_name',
    ],
    ['with a pattern that is none', of({ pattern: '(' }), '/properties/tier/pattern unusable_pattern'],
    ['with a pattern that looks around', of({ pattern: '(?=a)' }), '/properties/tier/pattern unusable_pattern'],
    ['with a pattern that looks back', of({ pattern: '(a)\\1' }), '/properties/tier/pattern unusable_pattern'],
    [
      'with a pattern that repeats too much',
      of({ pattern: '(a{1,90}){1,90}' }),
      '/properties/tier/pattern unusable_pattern',
    ],
    ['with patterns that repeat too much together', repeating(200), '/allOf/118/pattern unusable_pattern'],
    ['with a pattern that is too long', of({ pattern: 'a'.repeat(501) }), '/properties/tier/pattern unusable_pattern'],
    ['that is too deep', nested(13), `${'/items'.repeat(13)} schema_too_deep`],
    ['that has too many parts', { anyOf: Array.from({ length: 1000 }, () => ({})) }, ' schema_too_large'],
    ['that is too large', { enum: ['a'.repeat(65_536)] }, ' schema_too_large'],
    ['that is none', [], ' is_schema'],
  ];
  it.each(cases)('%s', (_what, schema, expected) => {
    const result = compileSchema(schema);
    const found = isCompiled(result) ? [] : result.map(({ pointer, code }) => `${pointer} ${code}`);
    expect(found).toContain(expected);
  });

  it('with nothing against the largest that is allowed', () => {
    expect(isCompiled(compileSchema(nested(12)))).toBe(true);
    expect(isCompiled(compileSchema({ anyOf: Array.from({ length: 999 }, () => ({})) }))).toBe(true);
  });
});

// Each takes a backtracking engine, or a validator that counts nothing, longer than this test may run: what fails here
// does not fail an assertion, it hangs.
describe('no schema can hang the process', () => {
  const long = 'a'.repeat(20_000);
  const evil = [
    '^(a+)+$',
    '^(a|a)*$',
    '^(a|aa)+$',
    '^([a-z]+)*!$',
    '(.*a){25}b',
    '^(a?){50}a{50}$',
    '(x+x+)+y',
    '^(\\w+\\s?)*$',
  ];
  it.each(evil)('by the pattern %s', (pattern) => {
    expect(faults({ pattern }, `${long}!`)).toHaveLength(pattern === '^([a-z]+)*!$' ? 0 : 1);
  });

  it('by the name of a property, which a pattern is tried on', () => {
    const schema = { properties: { [`${'a'.repeat(60)}!`]: true }, patternProperties: { '^(a+)+$': text } };
    expect(faults(schema, { aaa: 1 })).toEqual(['/aaa type']);
  });

  it('by many patterns over much text', () => {
    expect(faults(repeating(40), 'y'.repeat(60_000))).toEqual([' too_expensive']);
  });

  it('by patterns over the names of properties', () => {
    const patternProperties = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`(a+)+${i}$`, {}]));
    const value = Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`${'a'.repeat(20)}${index}`, 1]));
    expect(faults({ patternProperties }, value)).toEqual([' too_expensive']);
  });

  it('by references that double at each step', () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [
        `n${index}`,
        { allOf: [{ $ref: `#/$defs/n${index + 1}` }, { $ref: `#/$defs/n${index + 1}` }] },
      ]),
    );
    expect(faults({ $defs: { ...$defs, n40: {} }, $ref: '#/$defs/n0' }, 1)).toEqual([' too_expensive']);
  });

  it('by references that double with the depth of a value', () => {
    const node = { allOf: [{ items: { $ref: '#/$defs/n' } }, { items: { $ref: '#/$defs/n' } }] };
    const deep = (depth: number): JsonValue => (depth === 0 ? 1 : [deep(depth - 1)]);
    expect(faults({ $defs: { n: node }, $ref: '#/$defs/n' }, deep(30))).toEqual([' too_expensive']);
  });

  it('by comparing every item with every other', () => {
    const items = Array.from({ length: 20_000 }, (_, index) => [index]);
    expect(faults({ uniqueItems: true }, items)).toEqual([' too_expensive']);
  });

  it.each(['uri', 'uri-reference', 'uri-template', 'email', 'hostname', 'ipv6', 'date-time', 'duration', 'regex'])(
    'by a text of the format %s',
    (format) => {
      for (const part of ['a', 'a.', '1:', '%', '{a', '-', '(a', 'http://a@', ' ']) {
        expect(faults({ format }, part.repeat(30_000))).toEqual([' format']);
        faults({ format }, part.repeat(2000 / part.length));
      }
    },
  );

  it('and a value that was given up does not count against the next', () => {
    const schema = { uniqueItems: true };
    expect(
      faults(
        schema,
        Array.from({ length: 20_000 }, (_, index) => [index]),
      ),
    ).toHaveLength(1);
    expect(faults(schema, [1, 2])).toEqual([]);
  });
});
