import { errorMessage, isJsonObject, type JsonObject, type JsonValue } from '#libs/common';
import { compilePattern } from './pattern-engine.js';
import { subschemas } from './schema-keywords.js';
import { SCHEMA_FORMATS } from './schema-limits.js';

/** A fault of a schema, and the way to it from there. */
export interface OwnFault {
  readonly path: readonly string[];
  readonly code: string;
  readonly message: string;
}

type Resolve = (reference: string) => JsonValue | undefined;

/** Keywords that are heeded only beside one of others. */
const BESIDE: readonly (readonly [keyword: string, others: readonly string[]])[] = [
  ['if', ['then', 'else']],
  ['then', ['if']],
  ['else', ['if']],
  ['minContains', ['contains']],
  ['maxContains', ['contains']],
];

/** Keywords with members that are called as properties are. */
const BY_NAME = ['properties', 'patternProperties', 'dependentRequired', 'dependentSchemas', '$defs'];

/** What speaks against the keywords of one schema as they stand together, or against what they say. */
export function combinationFaults(schema: JsonObject, resolve: Resolve): OwnFault[] {
  return [...lonely(schema), ...counts(schema), ...formats(schema), ...names(schema), ...untracked(schema, resolve)];
}

function lonely(schema: JsonObject): OwnFault[] {
  return BESIDE.filter(
    ([keyword, others]) => schema[keyword] !== undefined && others.every((other) => schema[other] === undefined),
  ).map(([keyword, others]) =>
    fault([keyword], 'keyword_without_effect', `needs "${others.join('" or "')}" beside it`),
  );
}

function counts({ contains, minContains, maxContains }: JsonObject): OwnFault[] {
  if (contains === undefined || typeof minContains !== 'number') return [];
  if (minContains === 0 && maxContains === undefined) {
    const message = 'together with "contains" says nothing: any number of items will do';
    return [fault(['minContains'], 'keyword_without_effect', message)];
  }
  if (typeof maxContains !== 'number' || minContains <= maxContains) return [];
  return [fault(['minContains'], 'never_valid', 'is more than "maxContains": no list could be valid')];
}

function formats({ format }: JsonObject): OwnFault[] {
  if (typeof format !== 'string' || SCHEMA_FORMATS.some((known) => known === format)) return [];
  return [
    fault(['format'], 'unknown_format', `is no format that is enforced here; there are ${SCHEMA_FORMATS.join(', ')}`),
  ];
}

/** The patterns of one schema that cannot be used. */
export function unusablePatterns({ pattern, patternProperties }: JsonObject): OwnFault[] {
  const members = isJsonObject(patternProperties) ? Object.keys(patternProperties) : [];
  const all: [readonly string[], JsonValue | undefined][] = [
    [['pattern'], pattern],
    ...members.map((source): [readonly string[], string] => [['patternProperties', source], source]),
  ];
  return all.flatMap(([path, source]) => {
    if (typeof source !== 'string') return [];
    try {
      compilePattern(source);
      return [];
    } catch (error) {
      return [fault(path, 'unusable_pattern', errorMessage(error))];
    }
  });
}

// No value can have it (bodies with it are refused), and ajv passes over it without a word.
function names(schema: JsonObject): OwnFault[] {
  return BY_NAME.filter((keyword) => isJsonObject(schema[keyword]) && Object.hasOwn(schema[keyword], '__proto__')).map(
    (keyword) => fault([keyword, '__proto__'], 'forbidden_name', 'is a name that nothing can have'),
  );
}

// Which items `contains` found, ajv does not follow: it takes all for evaluated.
function untracked(schema: JsonObject, resolve: Resolve): OwnFault[] {
  if (schema['unevaluatedItems'] === undefined || !findsItems(schema, resolve, new Set())) return [];
  const message = 'cannot be enforced together with "contains", here or in a schema for the same list';
  return [fault(['unevaluatedItems'], 'unsupported_combination', message)];
}

function findsItems(schema: JsonValue | undefined, resolve: Resolve, seen: Set<JsonValue>): boolean {
  if (!isJsonObject(schema) || seen.has(schema)) return false;
  seen.add(schema);
  if (schema['contains'] !== undefined) return true;
  const { $ref } = schema;
  if (typeof $ref === 'string' && findsItems(resolve($ref), resolve, seen)) return true;
  // What is under `not` evaluates nothing.
  return subschemas(schema)
    .filter(({ inPlace, path }) => inPlace && path[0] !== 'not')
    .some(({ schema: held }) => findsItems(held, resolve, seen));
}

function fault(path: readonly string[], code: string, message: string): OwnFault {
  return { path, code, message };
}
