import { DomainError, type FieldError, type JsonObject, type JsonValue, jsonPointer, newId } from '#libs/common';
import type { EdgeDefinition, EdgeOf, VertexDefinition, VertexOf } from './definition.js';
import { systemProperties } from './definition.js';
import type { Properties } from './property.js';
import { type PropertyCipher } from './property-cipher.js';
import { encodeValue, PropertyFault } from './property-value.js';

/** What stands for a hidden value in the change history. */
export const REDACTED = '[redacted]';

/** A patch in stored form. */
export interface EncodedPatch {
  readonly set: JsonObject;
  readonly unset: readonly string[];
}

/** The complete stored properties of a new vertex. @throws DomainError `invalid_properties` */
export function encodeNewVertex(
  definition: VertexDefinition,
  values: Readonly<Record<string, unknown>>,
  now: string,
  cipher: PropertyCipher,
): JsonObject {
  const { id, ...own } = values;
  const stored = encodeComplete(definition.label, ownProperties(definition), own, cipher);
  const chosen = id === undefined ? newId() : encodeValue(systemProperties.id, id, '/id', cipher);
  return { ...stored, id: chosen, created_at: now, updated_at: now, version: 1 };
}

/** The complete stored properties of a new edge. @throws DomainError `invalid_properties` */
export function encodeNewEdge(
  definition: EdgeDefinition,
  values: Readonly<Record<string, unknown>>,
  cipher: PropertyCipher,
): JsonObject {
  return encodeComplete(definition.label, definition.properties, values, cipher);
}

/** @throws DomainError `invalid_properties`, also for clearing what is required and for unknown names */
export function encodePatch(
  label: string,
  properties: Properties,
  values: Readonly<Record<string, unknown>>,
  unset: readonly string[],
  cipher: PropertyCipher,
): EncodedPatch {
  const cleared = new Set(unset);
  const set: JsonObject = {};
  const faults: FieldError[] = [];
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    if (value === null) cleared.add(name);
    else
      collect(
        faults,
        () => encodeNamed(properties, name, value, cipher),
        (stored) => (set[name] = stored),
      );
  }
  for (const name of cleared) {
    collect(
      faults,
      () => assertClearable(properties, name),
      () => undefined,
    );
  }
  assertNoFaults(label, faults);
  return { set, unset: [...cleared] };
}

/** The vertex that reads return, made of what is stored; unset optional properties become null. */
export function decodeVertex<D extends VertexDefinition>(definition: D, stored: JsonObject): VertexOf<D>;
export function decodeVertex(definition: VertexDefinition, stored: JsonObject): JsonObject {
  return decodeProperties(definition.properties, stored);
}

export function decodeEdge<D extends EdgeDefinition>(
  definition: D,
  ends: { from: string; to: string },
  stored: JsonObject,
): EdgeOf<D>;
export function decodeEdge(definition: EdgeDefinition, ends: { from: string; to: string }, stored: JsonObject) {
  return { ...ends, properties: decodeProperties(definition.properties, stored) };
}

/** Stored properties as the change history keeps them. */
export function redact(properties: Properties, stored: JsonObject): JsonObject {
  const copy: JsonObject = { ...stored };
  for (const [name, declared] of Object.entries(properties)) {
    if (declared.hidden && Object.hasOwn(copy, name)) copy[name] = REDACTED;
  }
  return copy;
}

/** What a vertex has of its own, without the properties that every vertex has. */
export function ownProperties(definition: VertexDefinition): Properties {
  return Object.fromEntries(
    Object.entries(definition.properties).filter(([name]) => !Object.hasOwn(systemProperties, name)),
  );
}

function decodeProperties(properties: Properties, stored: JsonObject): JsonObject {
  const decoded: JsonObject = {};
  for (const [name, declared] of Object.entries(properties)) {
    if (!declared.hidden) decoded[name] = stored[name] ?? null;
  }
  return decoded;
}

function encodeComplete(
  label: string,
  properties: Properties,
  values: Readonly<Record<string, unknown>>,
  cipher: PropertyCipher,
): JsonObject {
  const stored: JsonObject = {};
  const faults: FieldError[] = [];
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === null) continue;
    collect(
      faults,
      () => encodeNamed(properties, name, value, cipher),
      (encoded) => (stored[name] = encoded),
    );
  }
  for (const [name, declared] of Object.entries(properties)) {
    if (declared.optional || (values[name] !== undefined && values[name] !== null)) continue;
    faults.push({ pointer: jsonPointer(name), code: 'required', message: 'Is required.' });
  }
  assertNoFaults(label, faults);
  return stored;
}

function encodeNamed(properties: Properties, name: string, value: unknown, cipher: PropertyCipher): JsonValue {
  return encodeValue(declaredProperty(properties, name), value, jsonPointer(name), cipher);
}

function assertClearable(properties: Properties, name: string): void {
  if (declaredProperty(properties, name).optional) return;
  throw new PropertyFault(jsonPointer(name), 'required', 'Is required.');
}

function declaredProperty(properties: Properties, name: string) {
  const declared = Object.hasOwn(properties, name) ? properties[name] : undefined;
  if (!declared) throw new PropertyFault(jsonPointer(name), 'unknown_property', 'Is no property that can be written.');
  return declared;
}

function collect<Result>(faults: FieldError[], work: () => Result, keep: (result: Result) => unknown): void {
  try {
    keep(work());
  } catch (error) {
    if (!(error instanceof PropertyFault)) throw error;
    faults.push(error.toFieldError());
  }
}

function assertNoFaults(label: string, errors: readonly FieldError[]): void {
  if (errors.length === 0) return;
  throw new DomainError('invalid_properties', 'invalid', `The ${label} is not valid.`, { errors });
}
