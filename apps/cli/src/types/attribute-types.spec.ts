import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '#libs/common';
import { ATTRIBUTE_SCHEMAS, attributeTypes } from './attribute-types.js';
import { schemaType } from './schema-type.js';

const ROOT = path.resolve(import.meta.dirname, '../../../..');

describe('the type of a schema', () => {
  it.each<[JsonObject, string]>([
    [{ type: 'string' }, 'string'],
    [{ type: ['integer', 'null'] }, 'number | null'],
    [{ enum: ['a', 'b', 3, null] }, '"a" | "b" | 3 | null'],
    [{ const: true }, 'true'],
    [{ type: 'array', items: { enum: ['x', 'y'] } }, 'Array<"x" | "y">'],
    [{ type: 'array' }, 'Array<unknown>'],
    [{ anyOf: [{ type: 'string' }, { type: 'integer' }, { type: 'number' }] }, 'string | number'],
    [{ type: 'object', additionalProperties: { type: 'string' } }, 'Record<string, string>'],
    [{ type: 'object', additionalProperties: false }, 'Record<string, never>'],
    [{}, 'unknown'],
    [{ not: {} }, 'unknown'],
  ])('%j is %s', (schema, type) => {
    expect(schemaType(schema)).toBe(type);
  });

  it('of an object has its members, quoted where they are no names', () => {
    const properties = { a: { type: 'string' }, 'b-c': {} };
    const schema = { type: 'object', properties, required: ['a'], additionalProperties: false };
    expect(schemaType(schema)).toBe('{\n  a: string;\n  "b-c"?: unknown;\n}');
  });
});

describe('imbi types', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'imbi-types-'));
    const schema: JsonObject = {
      type: 'object',
      properties: {
        maturity: { type: 'string', enum: ['sandbox', 'graduated'], description: 'How far */ it is.' },
        accepted: { type: 'string', format: 'date' },
        ports: { type: 'array', items: { type: 'integer' } },
      },
      additionalProperties: false,
    };
    const none = { type: 'object', properties: {}, additionalProperties: false };
    const levels = { ...none, properties: { on_call: { type: 'string' }, seats: { type: 'integer' } } };
    const url = { type: 'object', properties: { url: { type: 'string', format: 'uri' } }, additionalProperties: true };
    const schemas = new Map(ATTRIBUTE_SCHEMAS.map((name): [string, JsonObject] => [name, none]));
    schemas.set('ProjectAttributes', schema).set('TeamAttributes', levels).set('DeploymentProperties', url);
    const types = attributeTypes(schemas, { organization: 'acme', sdk: '@imbi/sdk' });
    writeFileSync(path.join(folder, 'imbi-types.ts'), types);
    const options = {
      compilerOptions: {
        ...{ strict: true, noEmit: true, module: 'nodenext', target: 'es2023', types: [], skipLibCheck: true },
        paths: { '@imbi/sdk': [path.join(ROOT, 'openapi/sdk/src/gen/types.gen.ts')] },
      },
      include: ['*.ts'],
    };
    writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(options));
    writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function compile(...lines: readonly string[]): string {
    writeFileSync(path.join(folder, 'usage.ts'), lines.join('\n'));
    const compiler = path.join(ROOT, 'node_modules/typescript/bin/tsc');
    try {
      return execFileSync(process.execPath, [compiler, '-p', '.'], { cwd: folder, encoding: 'utf8' });
    } catch (error) {
      return String(Object(error).stdout);
    }
  }

  const start = [
    "import type { TypedProject, TypedProjectWrite, TypedTeam, TypedTeamWrite } from './imbi-types.js';",
    "const base = { slug: 'api', name: 'API', team: 'core', project_types: ['service'] };",
  ];

  it('lets right attributes pass, and fails wrong ones at their line', () => {
    const right = [
      "export const write: TypedProjectWrite = { ...base, attributes: { maturity: 'graduated', ports: [80] } };",
      'export const read = (project: TypedProject): string | undefined => project.attributes.accepted;',
      "export const team: TypedTeamWrite = { slug: 'a', name: 'A', attributes: { on_call: 'ada', seats: 3 } };",
      "export const live: TypedProjectWrite = { ...base, environments: { live: { url: 'https://a.org', more: 1 } } };",
      'export const urls = (project: TypedProject) => project.environments.map(({ properties }) => properties.url?.length);',
    ];
    expect(compile(...start, ...right)).toBe('');
    const wrong = [
      "export const value: TypedProjectWrite = { ...base, attributes: { maturity: 'ripe' } };",
      "export const fine: TypedProjectWrite = { ...base, attributes: { accepted: '2021-09-14' } };",
      'export const name: TypedProjectWrite = { ...base, attributes: { maturty: 1 } };',
      'export const kind = (project: TypedProject): number | undefined => project.attributes.accepted;',
      "export const team: TypedTeamWrite = { slug: 'a', name: 'A', attributes: { seats: 'three' } };",
      'export const seats = (team: TypedTeam): string | undefined => team.attributes.on_cal;',
      'export const live: TypedProjectWrite = { ...base, environments: { live: { url: 1 } } };',
    ];
    const faults = [...compile(...start, ...wrong).matchAll(/^usage\.ts\((\d+),\d+\): error/gm)];
    expect(faults.map(([, line]) => Number(line))).toEqual([3, 5, 6, 7, 8, 9]);
  }, 120_000);
});
