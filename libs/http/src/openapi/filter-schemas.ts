import type { OpenAPIObject } from '@nestjs/swagger';
import { FILTER_OPERATORS, type FilterField, type FilterFieldType, operatorsOf } from '../list/filter.js';
import type { ListDefinition } from '../list/pages.js';

type Components = NonNullable<OpenAPIObject['components']>;
type Schemas = NonNullable<Components['schemas']>;
type Parameter = NonNullable<Components['parameters']>[string];
type Operator = (typeof FILTER_OPERATORS)[number];

const SCHEMA_NAMES: Readonly<Record<FilterFieldType, string>> = {
  text: 'TextFilter',
  integer: 'IntegerFilter',
  number: 'NumberFilter',
  boolean: 'BooleanFilter',
  datetime: 'TimeFilter',
  date: 'DateFilter',
  list: 'ListFilter',
  opaque: 'ExistenceFilter',
  reference: 'ReferenceFilter',
};

const MEANINGS: Readonly<Record<Operator, string>> = {
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

/** One parameter for each field of the list, `filter[<field>]`, whose operators are the keys of a deep object. */
export function filterParameters(definition: ListDefinition): Parameter[] {
  return Object.entries(definition.filterable).map(([field, spec]) => ({
    name: `filter[${field}]`,
    in: 'query',
    required: false,
    style: 'deepObject',
    explode: true,
    description: `Only items whose ${field} fulfils these conditions, such as \`filter[${field}][${operatorsOf(spec.type)[0]}]=…\`.`,
    schema:
      spec.values || spec.items ? filterSchema(spec) : { $ref: `#/components/schemas/${SCHEMA_NAMES[spec.type]}` },
    // Swagger UI would otherwise fill in, and send, every operator of every filter.
    example: {},
  }));
}

/** The conditions that fields of the types in `definitions` can be filtered by, each described once. */
export function filterSchemas(definitions: readonly ListDefinition[]): Schemas {
  const types = new Set(definitions.flatMap(({ filterable }) => Object.values(filterable).map(({ type }) => type)));
  return Object.fromEntries([...types].map((type) => [SCHEMA_NAMES[type], filterSchema({ type })]));
}

function filterSchema(spec: FilterField) {
  const properties = operatorsOf(spec.type).map((operator) => [
    operator,
    { description: MEANINGS[operator], ...valueSchema(operator, spec) },
  ]);
  return {
    type: 'object',
    description: `Conditions on a field of type ${spec.type.replaceAll('_', ' ')}; all of them must hold.`,
    properties: Object.fromEntries(properties),
    additionalProperties: false,
  };
}

function valueSchema(operator: Operator, spec: FilterField): Record<string, unknown> {
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
    case 'list':
      return valueSchema('eq', spec.items ?? { type: 'text' });
    case 'text':
    case 'opaque':
    case 'reference':
      return spec.values ? { type: 'string', enum: [...spec.values] } : { type: 'string' };
  }
}
