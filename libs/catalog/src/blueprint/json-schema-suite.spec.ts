import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { JsonValue } from '#libs/common';
import { checkBounded, compileSchema, isCompiled } from './schema-compiler.js';

// The official suite's required cases of draft 2020-12. No npm package carries them; the source distribution of the Python
// package jsonschema does (MIT), so they are run on demand:
//   pip download --no-deps --no-binary :all: jsonschema==4.25.1 && tar xf jsonschema-4.25.1.tar.gz
//   IMBI_JSON_SCHEMA_SUITE=$PWD/jsonschema-4.25.1/json/tests/draft2020-12 npm test -- libs/catalog/src/blueprint/json-schema-suite
const directory = process.env['IMBI_JSON_SCHEMA_SUITE'];

interface Group {
  readonly description: string;
  readonly schema: JsonValue;
  readonly tests: readonly { readonly description: string; readonly data: JsonValue; readonly valid: boolean }[];
}

/** How many cases of the copy in jsonschema 4.25.1 are run, and how many are not, by why. */
const EXPECTED = {
  passed: 1012,
  failed: 25,
  unknown_keyword: 116,
  unusable_schema: 66,
  foreign_reference: 36,
  unknown_dialect: 2,
};

/**
 * Decided otherwise: formats are enforced here, on purpose; names of members of every object, which nothing can be stored
 * under; and what ajv does not do of `unevaluatedItems` and `unevaluatedProperties`, which is a fault.
 */
const KNOWN: readonly string[] = [
  'format.json: email format: invalid email string is only an annotation by default',
  'format.json: regex format: invalid regex string is only an annotation by default',
  'format.json: ipv4 format: invalid ipv4 string is only an annotation by default',
  'format.json: ipv6 format: invalid ipv6 string is only an annotation by default',
  'format.json: hostname format: invalid hostname string is only an annotation by default',
  'format.json: date format: invalid date string is only an annotation by default',
  'format.json: date-time format: invalid date-time string is only an annotation by default',
  'format.json: time format: invalid time string is only an annotation by default',
  'format.json: json-pointer format: invalid json-pointer string is only an annotation by default',
  'format.json: relative-json-pointer format: invalid relative-json-pointer string is only an annotation by default',
  'format.json: uri format: invalid uri string is only an annotation by default',
  'format.json: uri-reference format: invalid uri-reference string is only an annotation by default',
  'format.json: uri-template format: invalid uri-template string is only an annotation by default',
  'format.json: uuid format: invalid uuid string is only an annotation by default',
  'format.json: duration format: invalid duration string is only an annotation by default',
  'properties.json: properties whose names are Javascript object property names: none of the properties mentioned',
  'required.json: required properties whose names are Javascript object property names: none of the properties mentioned',
  'required.json: required properties whose names are Javascript object property names: __proto__ present',
  'required.json: required properties whose names are Javascript object property names: toString present',
  'required.json: required properties whose names are Javascript object property names: constructor present',
  'unevaluatedItems.json: unevaluatedItems with nested items: with no additional items',
  'unevaluatedItems.json: unevaluatedItems with nested items: with invalid additional item',
  'unevaluatedItems.json: unevaluatedItems depends on adjacent contains: contains passes, second item is not evaluated',
  'unevaluatedItems.json: unevaluatedItems depends on multiple nested contains: 7 not evaluated, fails unevaluatedItems',
  'unevaluatedProperties.json: unevaluatedProperties with if/then/else, then not defined: when if is false and has unevaluated properties',
];

const groups = directory
  ? readdirSync(directory)
      .filter((name) => name.endsWith('.json'))
      .sort()
      .flatMap((file) => {
        const read: Group[] = JSON.parse(readFileSync(join(directory, file), 'utf8'));
        return read.map((group) => ({ file, ...group }));
      })
  : [];

(directory ? describe : describe.skip)('the official JSON-Schema-Test-Suite, draft 2020-12, required', () => {
  const counts: Record<string, number> = {};
  const count = (what: string, cases: number) => {
    counts[what] = (counts[what] ?? 0) + cases;
  };

  it('is decided as it says, in each case whose schema may be used', () => {
    const wrong: string[] = [];
    for (const { file, description, schema, tests } of groups) {
      const compiled = compileSchema(schema);
      if (!isCompiled(compiled)) {
        count(compiled[0]?.code ?? '', tests.length);
        continue;
      }
      for (const test of tests) {
        const isValid = checkBounded(compiled, test.data).length === 0;
        count(isValid === test.valid ? 'passed' : 'failed', 1);
        if (isValid !== test.valid) wrong.push(`${file}: ${description}: ${test.description}`);
      }
    }
    expect(wrong).toEqual(KNOWN);
    expect(counts).toEqual(EXPECTED);
  });
});
