import type { ErrorObject } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import {
  errorMessage,
  type FieldError,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  jsonPointer,
} from '#libs/common';
import { addEquality } from './equality-keywords.js';
import { addTracking, needsTracking, TRACKED } from './evaluation-tracking.js';
import { patternEngine, withinPrograms } from './pattern-engine.js';
import { mapSubschemas } from './schema-keywords.js';
import { SCHEMA_FORMATS } from './schema-limits.js';
import { patternFaults, schemaFaults } from './schema-lint.js';
import { spend, ValidationTooExpensive, withinBudget } from './validation-budget.js';

/** Faults of a value, with pointers into it. */
export type CompiledSchema = (value: JsonValue) => FieldError[];

const MAX_FAULTS = 50;
/** No text of a format is longer; it bounds what the formats' own expressions can take. */
const MAX_FORMATTED = 2048;
const COST = 'imbi-cost';

const ajv = new Ajv2020({
  allErrors: true,
  strict: true,
  // Valid JSON Schema need not say the type; what a stated type makes useless is refused by `schemaFaults`.
  strictTypes: false,
  strictTuples: false,
  strictRequired: false,
  allowUnionTypes: true,
  // To find such ones ajv would run the patterns on an engine whose time is not bounded.
  allowMatchingProperties: true,
  // "toString" is in no object unless it was given.
  ownProperties: true,
  logger: false,
  code: { regExp: patternEngine },
});
for (const format of SCHEMA_FORMATS) ajv.addFormat(format, boundedFormat(format));
for (const keyword of ['x-label', 'x-group', 'x-order', 'x-unit', 'x-widget', 'x-enum-labels', 'x-index']) {
  ajv.addKeyword({ keyword });
}
ajv.addKeyword({ keyword: COST, schemaType: 'object', errors: false, validate: spendOn });
addTracking(ajv);
addEquality(ajv);

/**
 * A schema ready to check values: JSON Schema 2020-12 in which every keyword is enforced or refused.
 * @returns the faults of the schema instead, with pointers into it
 */
export function compileSchema(schema: JsonValue): CompiledSchema | readonly FieldError[] {
  const faults = schemaFaults(schema);
  if (faults.length > 0) return faults;
  const checked = typeof schema === 'boolean' || isJsonObject(schema);
  if (!checked) return [{ pointer: '', code: 'is_schema', message: 'must be an object, true or false' }];
  if (!ajv.validateSchema(schema)) return toFieldErrors(ajv.errors ?? []);
  const instrumented = withCosts(schema, needsTracking(schema));
  const usable = isJsonObject(instrumented) ? instrumented : schema;
  try {
    const validate = withinPrograms(() => ajv.compile(usable));
    return (value) => withinBudget(() => (validate(value) ? [] : toFieldErrors(validate.errors ?? [])));
  } catch (error) {
    const unusable = withinPrograms(() => patternFaults(schema));
    return unusable.length > 0 ? unusable : [{ pointer: '', code: 'unusable_schema', message: errorMessage(error) }];
  } finally {
    // Or ajv would keep it for as long as the process runs.
    if (isJsonObject(usable)) ajv.removeSchema(usable);
  }
}

export function isCompiled(result: CompiledSchema | readonly FieldError[]): result is CompiledSchema {
  return typeof result === 'function';
}

/** As `validate`, with one fault where the validation was given up. */
export function checkBounded(validate: CompiledSchema, value: JsonValue): FieldError[] {
  try {
    return validate(value);
  } catch (error) {
    if (!(error instanceof ValidationTooExpensive)) throw error;
    const message = 'cannot be checked: the blueprint asks for too much work on a value like this';
    return [{ pointer: '', code: 'too_expensive', message }];
  }
}

interface Cost {
  readonly base: number;
  /** Every item is compared with every other. */
  readonly pairs: boolean;
}

// Beside every schema, so that whatever it goes through is counted, references and repetitions included.
function withCosts(schema: JsonValue, tracked: boolean): JsonValue {
  if (!isJsonObject(schema)) return schema;
  const lists = [schema['enum'], schema['required']].map((list) => (Array.isArray(list) ? list.length : 0));
  const base = lists.reduce((sum, length) => sum + length, 1 + Object.keys(schema).length);
  const inner = mapSubschemas(schema, (held) => withCosts(held, tracked));
  const cost = { base, pairs: schema['uniqueItems'] === true };
  return { ...inner, [COST]: cost, ...(tracked && { [TRACKED]: true }) };
}

function spendOn({ base, pairs }: Cost, value: unknown): boolean {
  const size = Array.isArray(value) ? value.length : isJsonObject(value) ? Object.keys(value).length : 0;
  spend(base + (pairs && Array.isArray(value) ? (size * size) / 8 : size));
  return true;
}

function boundedFormat(name: (typeof SCHEMA_FORMATS)[number]) {
  const format: unknown = fullFormats[name];
  const test = testOf(format);
  return { type: 'string' as const, validate: (text: string) => text.length <= MAX_FORMATTED && test(text) };
}

function testOf(format: unknown): (text: string) => boolean {
  if (format instanceof RegExp) return (text) => format.test(text);
  if (typeof format === 'function') return (text) => format(text) === true;
  if (typeof format === 'object' && format !== null && 'validate' in format) return testOf(format.validate);
  throw new Error('a format of an unknown kind');
}

function toFieldErrors(errors: readonly ErrorObject[]): FieldError[] {
  return errors.slice(0, MAX_FAULTS).map((error) => ({
    pointer: error.instancePath + namedBy(error.params),
    code: error.keyword.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace('$', ''),
    message: messageOf(error),
  }));
}

// A property that is missing or too many is what the fault is about, not the object around it.
function namedBy(params: JsonObject): string {
  for (const name of ['missingProperty', 'additionalProperty', 'unevaluatedProperty']) {
    if (typeof params[name] === 'string') return jsonPointer(params[name]);
  }
  return '';
}

function messageOf({ keyword, params, message }: ErrorObject): string {
  if (keyword === 'required') return 'is required';
  if (keyword === 'enum') return `must be one of ${JSON.stringify(params['allowedValues'])}`;
  if (keyword === 'const') return `must be ${JSON.stringify(params['allowedValue'])}`;
  return message ?? 'is not valid';
}
