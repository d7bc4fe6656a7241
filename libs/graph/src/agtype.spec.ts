import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeAgtype, decodeMap, encodeAgtype } from './agtype.js';

describe('decoding agtype', () => {
  it.each([
    [
      '{"id": 844424930131969, "label": "T", "properties": {"a": "x::vertex"}}::vertex',
      { id: 844424930131969, label: 'T', properties: { a: 'x::vertex' } },
    ],
    [
      '[{"id": 1, "label": "A", "properties": {}}::vertex, {"id": 2, "label": "E", "end_id": 1, "start_id": 1, "properties": {}}::edge]::path',
      [
        { id: 1, label: 'A', properties: {} },
        { id: 2, label: 'E', end_id: 1, start_id: 1, properties: {} },
      ],
    ],
    ['1.50::numeric', 1.5],
    ['NaN', 'NaN'],
    ['{"a": -Infinity, "b": "Infinity"}', { a: '-Infinity', b: 'Infinity' }],
    ['[9007199254740993, 12, 1.5, 1e+300]', ['9007199254740993', 12, 1.5, 1e300]],
    ['"a \\" NaN ::edge 9007199254740993"', 'a " NaN ::edge 9007199254740993'],
    ['true', true],
  ])('%s', (text, value) => {
    expect(decodeAgtype(text)).toEqual(value);
  });

  it('finds a number too wide for a double wherever it stands', () => {
    for (let before = 0; before < 40; before += 1) {
      const list = (number: string) => `[${' '.repeat(before)}${number}${' '.repeat(40 - before)}]`;
      expect(decodeAgtype(list('9007199254740993'))).toEqual(['9007199254740993']);
      expect(decodeAgtype(list('-12345678901234567890123456789012345'))).toEqual([
        '-12345678901234567890123456789012345',
      ]);
      expect(decodeAgtype(list('900719925474099'))).toEqual([900719925474099]);
    }
  });

  it('reads SQL null as null', () => {
    expect(decodeAgtype(null)).toBeNull();
  });

  it('refuses properties that are no map', () => {
    expect(() => decodeMap('[1]')).toThrow('no map');
  });

  it('gives back every JSON value that was encoded, suffixes or not', () => {
    const json = fc.jsonValue({ noUnicodeString: false }).filter((value) => !JSON.stringify(value).match(/-?\d{16}/));
    fc.assert(
      fc.property(json, fc.constantFrom('', '::vertex'), (value, suffix) => {
        const text = encodeAgtype(JSON.parse(JSON.stringify(value))) + suffix;
        expect(decodeAgtype(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
