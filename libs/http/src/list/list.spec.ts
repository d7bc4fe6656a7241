import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CursorCodec, type CursorScope } from './cursor.js';
import { type FilterField, parseFilters } from './filter.js';
import { parseSort } from './sort.js';

describe('sort', () => {
  it('is always total', () => {
    expect(parseSort('name,-updated_at', ['name', 'updated_at'])).toEqual([
      { field: 'name', direction: 'asc' },
      { field: 'updated_at', direction: 'desc' },
      { field: 'id', direction: 'asc' },
    ]);
    expect(parseSort(undefined, [], '-id')).toEqual([{ field: 'id', direction: 'desc' }]);
    expect(parseSort('-id,name', ['name'])).toEqual([{ field: 'id', direction: 'desc' }]);
  });

  it.each(['password', 'name,name', ',', '-', '--name', 'constructor'])('refuses "%s"', (text) => {
    expect(() => parseSort(text, ['name'])).toThrow(
      expect.objectContaining({ errors: [expect.objectContaining({ pointer: '/sort' })] }),
    );
  });
});

describe('filters', () => {
  const fields: Record<string, FilterField> = {
    name: { type: 'text' },
    tier: { type: 'text', values: ['gold', 'tin'] },
    score: { type: 'integer' },
    ratio: { type: 'number' },
    archived: { type: 'boolean' },
    created_at: { type: 'datetime' },
    born: { type: 'date' },
    tags: { type: 'list' },
    ports: { type: 'list', items: { type: 'integer' } },
    shades: { type: 'list', items: { type: 'text', values: ['dark', 'light'] } },
    layout: { type: 'opaque' },
    'attributes.owner': { type: 'text' },
  };

  it.each<[string, unknown, object]>([
    ['filter[name]', 'x', { field: 'name', op: 'eq', value: 'x' }],
    ['filter[name][contains]', '50%', { field: 'name', op: 'contains', value: '50%' }],
    ['filter[name][in]', 'a,b', { field: 'name', op: 'in', value: ['a', 'b'] }],
    ['filter[name][in]', ['a,b', 'c'], { field: 'name', op: 'in', value: ['a,b', 'c'] }],
    ['filter[score][gte]', '-5', { field: 'score', op: 'gte', value: -5 }],
    ['filter[ratio][lt]', '1.5e2', { field: 'ratio', op: 'lt', value: 150 }],
    ['filter[archived]', 'true', { field: 'archived', op: 'eq', value: true }],
    ['filter[archived][exists]', 'false', { field: 'archived', op: 'exists', value: false }],
    ['filter[created_at][gt]', '2026-01-02', { field: 'created_at', op: 'gt', value: '2026-01-02T00:00:00.000Z' }],
    [
      'filter[created_at][gt]',
      '2026-01-02T03:04:05+01:00',
      { field: 'created_at', op: 'gt', value: '2026-01-02T02:04:05.000Z' },
    ],
    ['filter[born]', '2024-02-29', { field: 'born', op: 'eq', value: '2024-02-29' }],
    ['filter[tags][contains]', 'pci', { field: 'tags', op: 'contains', value: 'pci' }],
    ['filter[ports][contains]', '80', { field: 'ports', op: 'contains', value: 80 }],
    ['filter[layout][exists]', 'true', { field: 'layout', op: 'exists', value: true }],
    ['filter[attributes.owner][ne]', 'x', { field: 'attributes.owner', op: 'ne', value: 'x' }],
  ])('%s=%j is coerced to its type', (name, value, filter) => {
    expect(parseFilters({ [name]: value, limit: '5' }, fields)).toEqual([filter]);
  });

  it.each<[string, unknown]>([
    ['filter[colour]', 'red'],
    ['filter[toString]', 'x'],
    ['filter[name][like]', 'x'],
    ['filter[name', 'x'],
    ['filter[name][eq][eq]', 'x'],
    ['filter[name][eq]', ['a', 'b']],
    ['filter[tier]', 'lead'],
    ['filter[score]', '1.5'],
    ['filter[score]', '9007199254740993'],
    ['filter[score][in]', '1,x'],
    ['filter[ratio]', 'Infinity'],
    ['filter[archived]', '1'],
    ['filter[archived][gt]', 'true'],
    ['filter[created_at]', '2026-02-30'],
    ['filter[created_at]', 'yesterday'],
    ['filter[born]', '2026-02-29'],
    ['filter[tags]', 'pci'],
    ['filter[ports][contains]', 'http'],
    ['filter[shades][contains]', 'green'],
    ['filter[layout]', 'x'],
    ['filter[name]', '\u0000'],
  ])('%s=%j is refused, naming the parameter', (name, value) => {
    expect(() => parseFilters({ [name]: value }, fields)).toThrow(
      expect.objectContaining({
        code: 'invalid_parameters',
        errors: [expect.objectContaining({ pointer: `/${name}` })],
      }),
    );
  });
});

describe('cursors', () => {
  const codec = new CursorCodec(Buffer.alloc(32, 7));
  const scope: CursorScope = { list: 'teams', sort: [{ field: 'id', direction: 'asc' }], filters: [] };
  const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));

  it('give back the position they were made of', () => {
    fc.assert(
      fc.property(fc.array(scalar, { maxLength: 4 }), (position) => {
        expect(codec.decode(scope, codec.encode(scope, position))).toEqual(position);
      }),
    );
  });

  it('are refused when any one character is changed, cut or added', () => {
    const cursor = codec.encode(scope, ['name', 'id']);
    fc.assert(
      fc.property(fc.nat(cursor.length - 1), fc.constantFrom(...'ABab09-_=+ '), (at, letter) => {
        fc.pre(cursor[at] !== letter);
        const changed = cursor.slice(0, at) + letter + cursor.slice(at + 1);
        for (const forged of [changed, cursor.slice(0, at), cursor + letter]) {
          expect(() => codec.decode(scope, forged)).toThrow(expect.objectContaining({ code: 'malformed_cursor' }));
        }
      }),
    );
  });

  it('are refused by another list, order, filter or installation', () => {
    const cursor = codec.encode(scope, ['id']);
    const foreign: CursorScope[] = [
      { ...scope, list: 'projects' },
      { ...scope, sort: [{ field: 'id', direction: 'desc' }] },
      { ...scope, filters: [{ field: 'name', op: 'eq', value: 'x' }] },
    ];
    for (const other of foreign) expect(() => codec.decode(other, cursor)).toThrow('another list');
    expect(() => new CursorCodec(Buffer.alloc(32, 8)).decode(scope, cursor)).toThrow('none of this server');
  });
});
