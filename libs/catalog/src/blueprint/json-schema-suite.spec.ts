import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { JsonValue } from '#libs/common';
import { checkBounded, compileSchema, isCompiled } from './schema-compiler.js';

const SHARED = join(import.meta.dirname, '../../../../../shared/data/json-schema-suite/draft2020-12');

// The official suite's required cases of draft 2020-12. No npm package carries them; the source distribution of the Python
// package jsonschema does (MIT). They are run where they are found:
//   pip download --no-deps --no-binary :all: jsonschema==4.25.1 && tar xf jsonschema-4.25.1.tar.gz
//   IMBI_JSON_SCHEMA_SUITE=$PWD/jsonschema-4.25.1/json/tests/draft2020-12 npm test -- libs/catalog/src/blueprint/json-schema-suite
// What of them mattered is in schema-compiler.spec.ts and evaluation-tracking.spec.ts, in words of our own, and always runs.
const directory = [process.env['IMBI_JSON_SCHEMA_SUITE'], SHARED].find(
  (path) => path !== undefined && existsSync(path),
);

interface Group {
  readonly description: string;
  readonly schema: JsonValue;
  readonly tests: readonly { readonly description: string; readonly data: JsonValue; readonly valid: boolean }[];
}

/** How many cases of the copy in jsonschema 4.25.1 are run, and how many are not, by why. */
const EXPECTED = {
  passed: 1018,
  failed: 15,
  unknown_keyword: 116,
  foreign_reference: 36,
  unknown_format: 28,
  keyword_without_effect: 18,
  unsupported_combination: 13,
  forbidden_name: 7,
  never_valid: 4,
  unknown_dialect: 2,
};

/** Decided otherwise: formats are enforced here, on purpose. */
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
