import { describe, expect, it } from '@jest/globals';
import type { JsonObject, JsonValue } from '#libs/common';
import { isValidNaively } from '../../test/naive-validator.js';
import { checkBounded, compileSchema, isCompiled } from './schema-compiler.js';

/** Undefined where the schema is refused. */
function isValid(schema: JsonValue, value: JsonValue): boolean | undefined {
  const compiled = compileSchema(schema);
  return isCompiled(compiled) ? checkBounded(compiled, value).length === 0 : undefined;
}

const a = { properties: { a: true } };
const b = { properties: { b: true } };

// Written for this project; what each of them is about, ajv by itself gets wrong or throws at.
describe('what the rest of a schema left unevaluated', () => {
  const closed = { unevaluatedProperties: false };
  const cases: readonly [string, JsonObject, JsonValue, JsonValue][] = [
    [
      'an if that does not hold evaluates nothing',
      { if: { required: ['c'], ...a }, else: b, ...closed },
      { b: 1 },
      { a: 1, b: 1 },
    ],
    [
      'an if without then evaluates what it holds for',
      { if: { required: ['a'], ...a }, else: b, ...closed },
      { a: 1 },
      { a: 1, b: 1 },
    ],
    [
      'what allOf evaluated stays so where a branch is not taken',
      { allOf: [a], anyOf: [{ required: ['b'], ...b }, { required: ['a'] }], ...closed },
      { a: 1 },
      { a: 1, c: 1 },
    ],
    [
      'what properties evaluated stays so where a dependent schema is not applied',
      { ...a, dependentSchemas: { b }, ...closed },
      { a: 1 },
      { a: 1, c: 1 },
    ],
    [
      'a name of every object is evaluated only where somebody did',
      { anyOf: [a, b], ...closed },
      { a: 1 },
      { toString: 1 },
    ],
    [
      'patterns beside a branch that evaluates everything',
      { anyOf: [{ additionalProperties: { type: 'number' } }, true], patternProperties: { '^a': true }, ...closed },
      { a: 1, c: 1 },
      { a: 1, c: 'c' },
    ],
    [
      'items that a branch evaluates',
      { anyOf: [{ items: { type: 'string' } }, true], unevaluatedItems: { type: 'boolean' } },
      ['yes', 'no'],
      ['yes', false],
    ],
    [
      'items beyond those that a branch evaluates',
      {
        anyOf: [{ prefixItems: [{ type: 'string' }] }, { prefixItems: [true, { type: 'string' }] }],
        unevaluatedItems: false,
      },
      [1, 'b'],
      ['a', 1],
    ],
  ];
  it.each(cases)('%s', (_what, schema, good, bad) => {
    expect([isValidNaively(schema, good), isValidNaively(schema, bad)]).toEqual([true, false]);
    expect([isValid(schema, good), isValid(schema, bad)]).toEqual([true, false]);
  });

  const contains = { contains: { type: 'string' } };
  it.each<[string, JsonObject]>([
    ['beside it', { ...contains, unevaluatedItems: false }],
    ['in a branch', { anyOf: [{ not: {} }, contains], unevaluatedItems: false }],
    ['behind a reference', { $defs: { c: contains }, $ref: '#/$defs/c', unevaluatedItems: false }],
  ])('items are not asked for together with contains %s', (_where, schema) => {
    expect(compileSchema(schema)).toMatchObject([{ pointer: '/unevaluatedItems', code: 'unsupported_combination' }]);
  });

  it.each<[string, JsonObject]>([
    ['in what is denied', { not: contains, unevaluatedItems: false }],
    ['in an item', { prefixItems: [contains], unevaluatedItems: false }],
  ])('contains %s evaluates no item', (_where, schema) => {
    expect([isValid(schema, []), isValid(schema, [['a'], 'a'])]).toEqual([true, false]);
  });
});

const NAMES = ['a', 'b', 'toString'];
const VALUES: readonly JsonValue[] = [
  ...[{}, { a: 1 }, { b: 1 }, { a: 2, b: 'x' }, { a: { a: 1 }, toString: 1 }, { a: 1, b: 2, toString: 'x' }],
  ...[[], [1], ['x', 2], [1, 'x', { a: 1 }], 1],
];

/** Random schemas of a few keywords each, from a small generator of its own: the same for the same seed. */
class Schemas {
  constructor(private state: number) {}

  document(): JsonObject {
    const $defs = { d0: this.schema(1, false), d1: this.schema(1, false) };
    return { ...this.object(3, true), $defs };
  }

  private schema(depth: number, mayRefer = true): JsonValue {
    if (depth === 0 || this.below(6) === 0) return this.below(4) > 0;
    return this.object(depth, mayRefer);
  }

  private object(depth: number, mayRefer: boolean): JsonObject {
    const inner = () => this.schema(depth - 1, mayRefer);
    const list = (most: number) => Array.from({ length: 1 + this.below(most) }, inner);
    const map = (keys: readonly string[]) => ({ [this.of(keys)]: inner(), [this.of(keys)]: inner() });
    const keywords: readonly (() => JsonObject)[] = [
      () => ({ type: this.of(['object', 'array', 'object', 'number']) }),
      () => ({ const: this.of<JsonValue>([1, { a: 1 }]) }),
      () => ({ required: [this.of(NAMES)] }),
      () => ({ properties: map(NAMES) }),
      () => ({ properties: map(NAMES), required: [this.of(NAMES)] }),
      () => ({ patternProperties: map(['^a', 'o']) }),
      () => ({ additionalProperties: inner() }),
      () => ({ prefixItems: list(2) }),
      () => ({ items: inner() }),
      () => ({ allOf: list(2) }),
      () => ({ anyOf: list(3) }),
      () => ({ oneOf: list(2) }),
      () => ({ not: inner() }),
      () => ({ if: inner(), ...clauses(this.below(3), inner) }),
      () => ({ dependentSchemas: map(NAMES) }),
      () => ({ ...(mayRefer && { $ref: this.of(['#/$defs/d0', '#/$defs/d1']) }) }),
      () => ({ unevaluatedProperties: inner() }),
      () => ({ unevaluatedItems: inner() }),
    ];
    const chosen = Array.from({ length: 2 + this.below(2) }, () => this.of(keywords)());
    const last = depth === 3 ? { [this.of(['unevaluatedProperties', 'unevaluatedItems'])]: this.below(3) === 0 } : {};
    const schema: JsonObject = Object.assign({}, ...chosen, last);
    // What a stated type makes useless is refused: there is nothing to compare.
    if (schema['type'] !== undefined && !isCompiled(compileSchema({ ...schema, $defs: { d0: true, d1: true } })))
      delete schema['type'];
    return schema;
  }

  private of<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error('there is nothing to choose from');
    return item;
  }

  private below(limit: number): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * limit);
  }
}

function clauses(which: number, inner: () => JsonValue): JsonObject {
  // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
  return { ...(which !== 0 && { then: inner() }), ...(which !== 1 && { else: inner() }) };
}

describe('random schemas', () => {
  it('are decided as a naive reading of the specification decides them', () => {
    const runs = Number(process.env['IMBI_SCHEMA_RUNS'] ?? 100);
    const schemas = new Schemas(20_201_212);
    const counts = { usable: 0, valid: 0, invalid: 0 };
    for (let run = 0; run < runs; run += 1) {
      const schema = schemas.document();
      const compiled = compileSchema(schema);
      if (!isCompiled(compiled)) continue;
      counts.usable += 1;
      for (const value of VALUES) {
        const expected = isValidNaively(schema, value);
        counts[expected ? 'valid' : 'invalid'] += 1;
        const found = checkBounded(compiled, value).length === 0;
        expect({ schema, value, valid: found }).toEqual({ schema, value, valid: expected });
      }
    }
    expect(counts.usable).toBeGreaterThan(runs / 2);
    expect(counts.valid).toBeGreaterThan(runs / 2);
    expect(counts.invalid).toBeGreaterThan(runs / 2);
  });
});
