/** A JSON patch (RFC 6902) as an OpenAPI schema. */
export const JSON_PATCH_SCHEMA = {
  type: 'array',
  description: 'A JSON patch (RFC 6902): applied as a whole or not at all.',
  maxItems: 1000,
  items: {
    type: 'object',
    required: ['op', 'path'],
    properties: {
      op: {
        type: 'string',
        enum: ['add', 'remove', 'replace', 'move', 'copy', 'test'],
        description: 'What to do at `path`.',
      },
      path: { type: 'string', description: 'JSON pointer (RFC 6901) to the place.', example: '/description' },
      from: { type: 'string', description: 'JSON pointer to the source of `move` and `copy`.' },
      value: {
        description: 'The value of `add`, `replace` and `test`.',
        oneOf: [{ $ref: '#/components/schemas/JsonValue' }],
      },
    },
  },
  example: [{ op: 'replace', path: '/description', value: 'Takes payments.' }],
};

/** For a property that can be anything: `@ApiProperty({ oneOf: [ANY_JSON], … })`. */
export const ANY_JSON = { $ref: '#/components/schemas/JsonValue' };

export const JSON_VALUE_SCHEMA = { description: 'Any JSON value.' };
