import { invalid, isJsonObject, type JsonObject, type JsonValue } from '#libs/common';
import { applyPatch, JSON_PATCH_MEDIA_TYPE, type PatchDocument } from '#libs/http';

/** The body of a PUT of an edge: its properties, none where there is no body. @throws DomainError (422) */
export function edgeProperties(document: JsonValue | undefined): JsonObject {
  if (document === undefined || document === null) return {};
  if (!isJsonObject(document)) throw invalid([{ pointer: '', code: 'is_object', message: 'must be an object' }]);
  return document;
}

/**
 * As `applyPatch`, for the properties of an edge: none of them is the server's, whatever it is called, and a deployment
 * may well have a `version`. So they are patched one level down.
 */
export function patchEdgeProperties(patch: PatchDocument, current: JsonObject): JsonObject {
  const { properties } = applyPatch({ type: patch.type, body: nested(patch) }, { properties: current });
  if (!isJsonObject(properties)) throw invalid([{ pointer: '', code: 'is_object', message: 'must be an object' }]);
  return properties;
}

function nested({ type, body }: PatchDocument): JsonValue {
  if (type !== JSON_PATCH_MEDIA_TYPE) return { properties: body };
  return Array.isArray(body) ? body.map(deeper) : body;
}

function deeper(operation: JsonValue): JsonValue {
  if (!isJsonObject(operation)) return operation;
  const { path, from } = operation;
  return {
    ...operation,
    ...(isPointer(path) ? { path: `/properties${path}` } : {}),
    ...(isPointer(from) ? { from: `/properties${from}` } : {}),
  };
}

// What is no pointer is left for the patch to refuse.
function isPointer(value: JsonValue | undefined): value is string {
  return value === '' || (typeof value === 'string' && value.startsWith('/'));
}
