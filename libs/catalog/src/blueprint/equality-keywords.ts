import { _, type Ajv2020, type FuncKeywordDefinition, str } from 'ajv/dist/2020.js';
import { type JsonValue, stableStringify } from '#libs/common';
import { spend } from './validation-budget.js';

const CHARACTERS_PER_UNIT = 10;

/**
 * Puts own comparisons in the place of ajv's, which calls the `toString` and `valueOf` of what it compares: where a value
 * has members of these names it throws.
 */
export function addEquality(ajv: Ajv2020): void {
  for (const definition of [CONST, ENUM, UNIQUE_ITEMS]) {
    ajv.removeKeyword(String(definition.keyword));
    ajv.addKeyword(definition);
  }
}

const CONST: FuncKeywordDefinition = {
  keyword: 'const',
  errors: false,
  error: { message: 'must be equal to constant', params: ({ schemaCode }) => _`{allowedValue: ${schemaCode}}` },
  compile: (wanted: JsonValue) => isOneOf([wanted]),
};

const ENUM: FuncKeywordDefinition = {
  keyword: 'enum',
  schemaType: 'array',
  errors: false,
  error: {
    message: 'must be equal to one of the allowed values',
    params: ({ schemaCode }) => _`{allowedValues: ${schemaCode}}`,
  },
  compile: isOneOf,
};

const UNIQUE_ITEMS: FuncKeywordDefinition = {
  keyword: 'uniqueItems',
  type: 'array',
  schemaType: 'boolean',
  errors: false,
  error: { message: str`must not have the same item twice` },
  compile: (isWanted: boolean) => (items: readonly JsonValue[]) =>
    !isWanted || new Set(items.map(canonical)).size === items.length,
};

function isOneOf(values: readonly JsonValue[]): (value: JsonValue) => boolean {
  const texts = new Set(values.map((value) => stableStringify(value)));
  return (value) => texts.has(canonical(value));
}

function canonical(value: JsonValue): string {
  const text = stableStringify(value);
  spend(text.length / CHARACTERS_PER_UNIT);
  return text;
}
