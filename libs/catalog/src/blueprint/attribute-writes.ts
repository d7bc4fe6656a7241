import {
  type FieldError,
  invalid,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  jsonPointer,
  stableStringify,
} from '#libs/common';
import { attributeFaults, type CheckOptions, sizeFaults } from './attribute-validator.js';
import type { EffectiveSchema } from './effective-schema.js';

/** What becomes of stored values that do not fit the schema of the result: refuse the write, or keep and mark them. */
export type OnInvalid = 'reject' | 'keep';

export interface AttributeWrite extends CheckOptions {
  /** The schema under which the client saw what is stored; undefined for a new entity. */
  readonly before?: EffectiveSchema;
  readonly stored: JsonObject;
  /** The schema of the result. */
  readonly after: EffectiveSchema;
  /** All attributes, as the client wants them. */
  readonly given: JsonObject;
  readonly onInvalid?: OnInvalid;
  /** The way to the attributes in the client's document. */
  readonly pointer: string;
}

export interface AttributeDecision {
  /** What to store. */
  readonly attributes: JsonObject;
  /** Why to refuse. */
  readonly faults: readonly FieldError[];
}

/**
 * Decides what a write makes of an entity's attributes. Values that no schema shows are not the client's to drop: they
 * stay. With `keep`, what does not fit and is stored already is left as it is; what is new must fit in any case.
 */
export function decideAttributes(write: AttributeWrite): AttributeDecision {
  const { before, stored, after, given, onInvalid = 'reject', pointer, open = false } = write;
  const unseen = open ? {} : pick(stored, (name) => !before?.properties.has(name) && !Object.hasOwn(given, name));
  const attributes = { ...unseen, ...given };
  const checked = pick(attributes, (name) => Object.hasOwn(given, name) || after.properties.has(name));
  const faults = [...sizeFaults(attributes), ...attributeFaults(after, checked, { open })].filter(
    (fault) => onInvalid === 'reject' || !isStored(fault, stored, attributes),
  );
  return { attributes, faults: faults.map((fault) => ({ ...fault, pointer: pointer + fault.pointer })) };
}

/** A body's attributes as JSON. @throws DomainError (422) where they are no object */
export function givenAttributes(value: unknown, pointer = '/attributes'): JsonObject {
  if (value === undefined || value === null) return {};
  if (isJsonObject(value)) return value;
  throw invalid([{ pointer, code: 'is_object', message: 'must be an object' }]);
}

/** @throws DomainError `validation_failed` (422) */
export function assertFits({ attributes, faults }: AttributeDecision): JsonObject {
  if (faults.length > 0) throw invalid(faults, 'The attributes do not fit the blueprints in force.');
  return attributes;
}

/** The attributes that a client sees. */
export function visibleAttributes({ properties }: EffectiveSchema, stored: JsonValue | undefined): JsonObject {
  if (!isJsonObject(stored) || properties.size === 0) return {};
  return pick(stored, (name) => properties.has(name));
}

/**
 * What of an entity does not fit any more, as its answer tells it.
 * @param path to the attributes in the answer
 */
export function attributeErrors(
  schema: EffectiveSchema,
  attributes: JsonObject,
  path: readonly string[] = ['attributes'],
  options?: CheckOptions,
): FieldError[] {
  const faults = attributeFaults(schema, attributes, options);
  if (faults.length === 0) return faults;
  const pointer = jsonPointer(...path);
  return faults.map((fault) => ({ ...fault, pointer: pointer + fault.pointer }));
}

/** Whether two sets of attributes say the same. */
export function sameAttributes(left: JsonObject, right: JsonObject): boolean {
  return stableStringify(left) === stableStringify(right);
}

// A fault of the attributes as a whole is nobody's doing as long as they all stay.
function isStored({ pointer }: FieldError, stored: JsonObject, next: JsonObject): boolean {
  const name = Object.keys({ ...stored, ...next }).find((one) => isAt(pointer, jsonPointer(one)));
  if (name !== undefined) return stableStringify(stored[name]) === stableStringify(next[name]);
  // What is missing, or all of them together.
  return pointer !== '' || sameAttributes(stored, next);
}

function isAt(pointer: string, start: string): boolean {
  return pointer === start || pointer.startsWith(`${start}/`);
}

function pick(values: JsonObject, wanted: (name: string) => boolean): JsonObject {
  return Object.fromEntries(Object.entries(values).filter(([name]) => wanted(name)));
}
