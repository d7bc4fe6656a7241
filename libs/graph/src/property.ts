import type { JsonObject, JsonValue } from '#libs/common';

export const PROPERTY_KINDS = [
  'id',
  'slug',
  'text',
  'integer',
  'number',
  'boolean',
  'timestamp',
  'url',
  'one_of',
  'list',
  'map',
  'json',
  'secret',
  'encrypted',
] as const;

export type PropertyKind = (typeof PROPERTY_KINDS)[number];

/**
 * One property of a vertex or edge, as data. `Hidden` ones (secret, encrypted) are never returned by reads and never
 * appear in the change history.
 */
export interface Property<Value = unknown, Optional extends boolean = boolean, Hidden extends boolean = boolean> {
  readonly kind: PropertyKind;
  readonly optional: Optional;
  readonly hidden: Hidden;
  readonly description?: string;
  /** Longest text, in characters. */
  readonly maxLength?: number;
  /** The element kind of a list or map. */
  readonly of?: Property;
  /** The allowed texts of `one_of`. */
  readonly values?: readonly string[];
  /** Carries the type only; no value ever has it. */
  readonly $value?: Value;
}

export type Properties = Readonly<Record<string, Property>>;

interface Options<Optional extends boolean> {
  readonly optional?: Optional;
  readonly description?: string;
}

interface TextOptions<Optional extends boolean> extends Options<Optional> {
  readonly maxLength?: number;
}

type Visible<Value, Optional extends boolean> = Property<Value, Optional, false>;
type Hidden<Value, Optional extends boolean> = Property<Value, Optional, true>;

function visible<Value, Optional extends boolean>(
  kind: PropertyKind,
  options: TextOptions<Optional> & Pick<Property, 'of' | 'values'>,
): Visible<Value, Optional>;
function visible(kind: PropertyKind, options: TextOptions<boolean> & Pick<Property, 'of' | 'values'>): Property {
  return Object.freeze({ ...options, kind, optional: options.optional ?? false, hidden: false });
}

function hidden<Optional extends boolean>(kind: PropertyKind, options: Options<Optional>): Hidden<string, Optional>;
function hidden(kind: PropertyKind, options: Options<boolean>): Property {
  return Object.freeze({ ...options, kind, optional: options.optional ?? false, hidden: true });
}

/** The kinds of property. All of them are required unless `optional` is true; an optional one reads as null when unset. */
export const property = {
  /** The 21-character Nano ID of another vertex. */
  id: <Optional extends boolean = false>(options: Options<Optional> = {}) =>
    visible<string, NoInfer<Optional>>('id', options),
  slug: <Optional extends boolean = false>(options: Options<Optional> = {}) =>
    visible<string, NoInfer<Optional>>('slug', options),
  text: <Optional extends boolean = false>(options: TextOptions<Optional> = {}) =>
    visible<string, NoInfer<Optional>>('text', options),
  /** A whole number that JavaScript holds exactly. */
  integer: <Optional extends boolean = false>(options: Options<Optional> = {}) =>
    visible<number, NoInfer<Optional>>('integer', options),
  number: <Optional extends boolean = false>(options: Options<Optional> = {}) =>
    visible<number, NoInfer<Optional>>('number', options),
  boolean: <Optional extends boolean = false>(options: Options<Optional> = {}) =>
    visible<boolean, NoInfer<Optional>>('boolean', options),
  /** An instant, as RFC 3339 text in UTC with milliseconds: it sorts as text. */
  timestamp: <Optional extends boolean = false>(options: Options<Optional> = {}) =>
    visible<string, NoInfer<Optional>>('timestamp', options),
  /** An absolute http or https address. */
  url: <Optional extends boolean = false>(options: Options<Optional> = {}) =>
    visible<string, NoInfer<Optional>>('url', options),
  oneOf: <const Values extends readonly string[], Optional extends boolean = false>(
    values: Values,
    options: Options<Optional> = {},
  ) => visible<Values[number], NoInfer<Optional>>('one_of', { ...options, values }),
  list: <Value, Optional extends boolean = false>(of: Property<Value, false, false>, options: Options<Optional> = {}) =>
    visible<readonly Value[], NoInfer<Optional>>('list', { ...options, of }),
  map: <Value, Optional extends boolean = false>(of: Property<Value, false, false>, options: Options<Optional> = {}) =>
    visible<Readonly<Record<string, Value>>, NoInfer<Optional>>('map', { ...options, of }),
  /** Any JSON document that passes `assertSafeJson`; a patch replaces it whole. */
  json: <Value extends JsonValue | JsonObject = JsonObject, Optional extends boolean = false>(
    options: Options<Optional> = {},
  ) => visible<Value, NoInfer<Optional>>('json', options),
  /** Text that is already unusable by itself (a hash, a verifier), yet must not leave the database by accident. */
  secret: <Optional extends boolean = false>(options: Options<Optional> = {}) =>
    hidden<NoInfer<Optional>>('secret', options),
  /** Text that is encrypted by the graph's {@link PropertyCipher} before it is stored. */
  encrypted: <Optional extends boolean = false>(options: Options<Optional> = {}) =>
    hidden<NoInfer<Optional>>('encrypted', options),
};

type Value<P> = P extends Property<infer V, boolean, boolean> ? V : never;
type VisibleKey<P, K extends keyof P> = P[K] extends Property<unknown, boolean, true> ? never : K;
type OptionalKey<P, K extends keyof P> = P[K] extends Property<unknown, false, boolean> ? never : K;
type RequiredKey<P, K extends keyof P> = P[K] extends Property<unknown, false, boolean> ? K : never;
type Absent<P, K extends keyof P> = P[K] extends Property<unknown, false, boolean> ? never : null;

/** Whether the names are only known at run time, so that values can be anything JSON holds. */
type IsOpen<P> = string extends keyof P ? true : false;
type OpenValues = { readonly [name: string]: unknown };

/** What a read returns: every visible property, null where an optional one is unset. */
export type ReadProperties<P> =
  IsOpen<P> extends true ? JsonObject : { readonly [K in keyof P as VisibleKey<P, K>]: Value<P[K]> | Absent<P, K> };

/** What an insert takes: required properties, and optional ones that may be absent or null. */
export type WriteProperties<P> =
  IsOpen<P> extends true
    ? OpenValues
    : { readonly [K in keyof P as RequiredKey<P, K>]: Value<P[K]> } & {
        readonly [K in keyof P as OptionalKey<P, K>]?: Value<P[K]> | null;
      };

/** What a patch sets: absent keeps, null clears (optional ones only). */
export type PatchProperties<P> =
  IsOpen<P> extends true ? OpenValues : { readonly [K in keyof P]?: Value<P[K]> | Absent<P, K> };
