import type { OpenAPIObject } from '@nestjs/swagger';
import { FILTER_OPERATORS, type FilterField, operatorsOf } from '../list/filter.js';
import type { ListDefinition } from '../list/pages.js';

type Components = NonNullable<OpenAPIObject['components']>;
type Parameters = NonNullable<Components['parameters']>;
type Parameter = Parameters[string];

/** Header parameters that many operations take, described once. */
export const SHARED_PARAMETERS = {
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    description: 'The `ETag` of the version this write is based on; 412 when the resource has changed since.',
    schema: { type: 'string' },
    example: '"3"',
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    description: 'The `ETag` of the version the caller has; 304 when it is still the present one.',
    schema: { type: 'string' },
    example: '"3"',
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description: 'A fresh UUID for this operation, the same for its retries: a retry gets the first answer again.',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
    example: '5f0c8a52-3d6e-4f0e-9f0a-7f1f5f6f7a10',
  },
} as const satisfies Parameters;

export function parameterReference(name: keyof typeof SHARED_PARAMETERS): { $ref: string } {
  return { $ref: `#/components/parameters/${name}` };
}

/** One parameter for each field of the list, `filter[<field>]`, whose operators are the keys of a deep object. */
export function filterParameters(definition: ListDefinition): Parameter[] {
  return Object.entries(definition.filterable).map(([field, spec]) => ({
    name: `filter[${field}]`,
    in: 'query',
    required: false,
    style: 'deepObject',
    explode: true,
    description: `Only items whose ${field} fulfils these conditions, such as \`filter[${field}][${operatorsOf(spec.type)[0]}]=…\`.`,
    schema: { type: 'object', properties: operatorProperties(spec), additionalProperties: false },
  }));
}

export function sortDescription(definition: ListDefinition): string {
  const fields = [...definition.sortable, 'id'].map((field) => `\`${field}\``).join(', ');
  const fallback = definition.defaultSort ? `; \`${definition.defaultSort}\` where left out` : '';
  return `Fields to sort by, comma-separated, of ${fields}${fallback}; a leading \`-\` turns one around. Ties are broken by id.`;
}

const MEANINGS: Readonly<Record<(typeof FILTER_OPERATORS)[number], string>> = {
  eq: 'Equal to.',
  ne: 'Not equal to.',
  in: 'One of, comma-separated.',
  nin: 'None of, comma-separated.',
  gt: 'Greater than.',
  gte: 'Greater than or equal to.',
  lt: 'Less than.',
  lte: 'Less than or equal to.',
  exists: 'Whether there is a value at all.',
  contains: 'Contains this text, or this item.',
};

function operatorProperties(spec: FilterField) {
  return Object.fromEntries(
    operatorsOf(spec.type).map((operator) => [
      operator,
      { description: MEANINGS[operator], ...schemaOf(operator, spec) },
    ]),
  );
}

function schemaOf(operator: (typeof FILTER_OPERATORS)[number], spec: FilterField) {
  if (operator === 'exists') return { type: 'boolean' };
  if (operator === 'in' || operator === 'nin') return { type: 'string' };
  switch (spec.type) {
    case 'integer':
    case 'number':
    case 'boolean':
      return { type: spec.type };
    case 'datetime':
      return { type: 'string', format: 'date-time' };
    case 'date':
      return { type: 'string', format: 'date' };
    case 'text':
    case 'text_list':
    case 'reference':
      return spec.values ? { type: 'string', enum: [...spec.values] } : { type: 'string' };
  }
}
