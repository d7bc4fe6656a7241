import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '#libs/common';
import { attributeField, isSortable } from './attribute-field.js';

describe('an attribute in filters', () => {
  it.each<[JsonObject, object]>([
    [{ type: 'string' }, { type: 'text' }],
    [{ type: ['string', 'null'] }, { type: 'text' }],
    [
      { type: 'string', enum: ['gold', 'tin'] },
      { type: 'text', values: ['gold', 'tin'] },
    ],
    [{ enum: ['gold', 'tin', null] }, { type: 'text', values: ['gold', 'tin'] }],
    [{ const: 'gold' }, { type: 'text', values: ['gold'] }],
    [{ type: 'string', format: 'date' }, { type: 'date' }],
    [{ type: 'string', format: 'date-time' }, { type: 'datetime' }],
    [{ type: 'string', format: 'uri' }, { type: 'text' }],
    [{ type: 'integer', minimum: 1 }, { type: 'integer' }],
    [{ type: ['integer', 'number'] }, { type: 'number' }],
    [{ enum: [1, 2.5] }, { type: 'number' }],
    [{ type: 'boolean' }, { type: 'boolean' }],
    [
      { type: 'array', items: { type: 'integer' } },
      { type: 'list', items: { type: 'integer' } },
    ],
    [
      { type: 'array', items: { enum: ['a', 'b'] } },
      { type: 'list', items: { type: 'text', values: ['a', 'b'] } },
    ],
    [{ type: 'array' }, { type: 'opaque' }],
    [{ type: 'array', items: { type: 'object' } }, { type: 'opaque' }],
    [{ type: 'object', properties: {} }, { type: 'opaque' }],
    [{ type: ['string', 'integer'] }, { type: 'opaque' }],
    [{ enum: ['a', 1] }, { type: 'opaque' }],
    [{ anyOf: [{ type: 'integer' }, { type: 'number' }] }, { type: 'number' }],
    [{ anyOf: [{ type: 'integer' }, { type: 'string' }] }, { type: 'opaque' }],
    [{ anyOf: [{ enum: ['a', 'b'] }, { enum: ['b', 'c'] }] }, { type: 'text', values: ['a', 'b', 'c'] }],
    [{ anyOf: [{ enum: ['a', 'b'] }, { type: 'string' }] }, { type: 'text' }],
    [
      {
        anyOf: [
          { type: 'array', items: { enum: ['a'] } },
          { type: 'array', items: { enum: ['b'] } },
        ],
      },
      { type: 'list', items: { type: 'text', values: ['a', 'b'] } },
    ],
    [{ $ref: '#/$defs/day', $defs: { day: { type: 'string', format: 'date' } } }, { type: 'date' }],
    [{ $ref: '#/$defs/loop', $defs: { loop: { $ref: '#/$defs/loop' } } }, { type: 'opaque' }],
    [{}, { type: 'opaque' }],
    [{ type: 'null' }, { type: 'opaque' }],
  ])('of the schema %j is %j', (schema, field) => {
    expect(attributeField(schema)).toEqual(field);
  });

  it('is sorted by only where its values have an order', () => {
    const schemas: JsonObject[] = [{ type: 'string' }, { type: 'array', items: { type: 'string' } }, {}];
    expect(schemas.map((schema) => isSortable(attributeField(schema)))).toEqual([true, false, false]);
  });
});
