import type { OpenAPIObject } from '@nestjs/swagger';
import type { ListDefinition } from '../list/pages.js';

type Components = NonNullable<OpenAPIObject['components']>;

/**
 * Header parameters that many operations take, described once. They have no `example`: Swagger UI would send it, and a
 * made-up version or a key that was used before makes the call fail.
 */
export const SHARED_PARAMETERS = {
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    description:
      'The `ETag` of the version this write is based on, such as `"3"`; 412 when the resource has changed since. Only ' +
      'the version in it counts.',
    schema: { type: 'string' },
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    description: 'The `ETag` of the answer the caller has, such as `"3"`; 304 when it is still the present one.',
    schema: { type: 'string' },
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'A fresh UUID for this operation, the same for its retries: for 24 hours a retry gets the first answer again, ' +
      'with `Idempotency-Replayed: true`. The same key with another body is refused (422).',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
  },
} as const satisfies NonNullable<Components['parameters']>;

export function parameterReference(name: keyof typeof SHARED_PARAMETERS): { $ref: string } {
  return { $ref: `#/components/parameters/${name}` };
}

export function sortDescription(definition: ListDefinition): string {
  const fields = [...definition.sortable, 'id'].map((field) => `\`${field}\``).join(', ');
  const fallback = definition.defaultSort ? `; \`${definition.defaultSort}\` where left out` : '';
  return `Fields to sort by, comma-separated, of ${fields}${fallback}; a leading \`-\` turns one around. Ties are broken by id.`;
}
