import { isJsonObject, type JsonObject } from '#libs/common';
import { SERVER_OWNED_FIELDS } from '../validation/server-owned-fields.js';

/** A response as the JSON document that a patch is applied to. */
export function toDocument(response: object): JsonObject {
  const document: unknown = JSON.parse(JSON.stringify(response));
  if (!isJsonObject(document)) throw new Error('a response is an object');
  return document;
}

/** A patched document without what only the server writes; `applyPatch` has made sure that none of that changed. */
export function writableDocument(document: JsonObject, serverOwned: readonly string[] = []): JsonObject {
  const owned = new Set<string>([...SERVER_OWNED_FIELDS, ...serverOwned]);
  return Object.fromEntries(Object.entries(document).filter(([name]) => !owned.has(name)));
}
