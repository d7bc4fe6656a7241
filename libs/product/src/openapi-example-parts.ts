import type { JsonObject } from '#libs/common';

export const ID = 'V1StGXR8_Z5jdHi6B-myT';
export const TIME = '2026-11-23T10:00:00.000Z';

/** As the server answers what was written: with the fields that are its own. */
export function stored(write: JsonObject, more: JsonObject = {}): JsonObject {
  return { id: ID, description: null, icon: null, ...write, ...more, created_at: TIME, updated_at: TIME, version: 1 };
}

/** The document, but for some of its fields. */
export function without(document: JsonObject, ...names: string[]): JsonObject {
  return Object.fromEntries(Object.entries(document).filter(([name]) => !names.includes(name)));
}

/** {@link stored}, for what blueprints may give attributes. */
export function extensible(write: JsonObject, more: JsonObject = {}): JsonObject {
  return stored(write, { attributes: {}, attribute_errors: [], ...more });
}
