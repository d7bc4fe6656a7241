/** What a schema may be at most. */
export const SCHEMA_LIMITS = { bytes: 65_536, schemas: 1000, depth: 12, patternLength: 500 } as const;

/** What `format` may say; each is enforced. */
export const SCHEMA_FORMATS = [
  ...(['date', 'time', 'date-time', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid'] as const),
  ...(['uri', 'uri-reference', 'uri-template', 'json-pointer', 'relative-json-pointer', 'regex'] as const),
] as const;
