import {
  assertSafeJson,
  DomainError,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  jsonPointer,
  stableStringify,
} from '#libs/common';
import { SERVER_OWNED_FIELDS } from '../validation/server-owned-fields.js';
import { jsonPatch } from './json-patch.js';
import { mergePatch } from './merge-patch.js';

export const MERGE_PATCH_MEDIA_TYPE = 'application/merge-patch+json';
export const JSON_PATCH_MEDIA_TYPE = 'application/json-patch+json';
/** The value of `Accept-Patch`. */
export const PATCH_MEDIA_TYPES = [MERGE_PATCH_MEDIA_TYPE, JSON_PATCH_MEDIA_TYPE] as const;

export type PatchMediaType = (typeof PATCH_MEDIA_TYPES)[number];

/** The body of a PATCH and how to read it; what `@PatchBody()` gives a handler. */
export interface PatchDocument {
  readonly type: PatchMediaType;
  readonly body: JsonValue;
}

export interface ApplyPatchOptions {
  /** Top-level fields that only the server writes, besides the usual ones. */
  readonly serverOwned?: readonly string[];
}

/**
 * `current` with the patch applied: absent means keep, null means clear. `current` is not changed. The result has yet
 * to be validated as a whole (`validateDocument`).
 * @throws DomainError `malformed_patch`, `unsafe_json`, `read_only_field` (400), `patch_failed` (422),
 *   `patch_test_failed` (409)
 */
export function applyPatch(patch: PatchDocument, current: JsonObject, options: ApplyPatchOptions = {}): JsonObject {
  const result = patched(patch, current);
  assertSafeJson(result);
  if (!isJsonObject(result)) {
    const message = 'The patch does not leave a JSON object.';
    throw new DomainError('malformed_patch', 'malformed', message, {
      errors: [{ pointer: '', message, code: 'not_an_object' }],
    });
  }
  assertServerOwnedKept(current, result, [...SERVER_OWNED_FIELDS, ...(options.serverOwned ?? [])]);
  return result;
}

function patched(patch: PatchDocument, current: JsonObject): JsonValue {
  if (patch.type === JSON_PATCH_MEDIA_TYPE) return jsonPatch(current, patch.body);
  if (isJsonObject(patch.body)) return mergePatch(current, patch.body);
  throw new DomainError('malformed_patch', 'malformed', 'A merge patch of a resource is an object.', {
    errors: [{ pointer: '', message: 'must be an object', code: 'not_an_object' }],
  });
}

// A client may send back what it was given; only a different value is an attempt to write.
function assertServerOwnedKept(current: JsonObject, result: JsonObject, fields: readonly string[]): void {
  const changed = fields.filter(
    (field) => stableStringify(current[field] ?? null) !== stableStringify(result[field] ?? null),
  );
  if (changed.length === 0) return;
  const errors = changed.map((field) => ({
    pointer: jsonPointer(field),
    message: `${field} is written by the server only`,
    code: 'read_only',
  }));
  throw new DomainError('read_only_field', 'malformed', 'The patch changes what only the server writes.', { errors });
}
