import { DomainError, isJsonObject, type JsonValue, jsonPointer, stableStringify } from '#libs/common';
import { parsePointer } from './json-pointer.js';

const MAX_OPERATIONS = 1000;
// A chain of copies of the whole document into itself doubles it every time.
const MAX_COPIED_CHARACTERS = 4 * 1024 * 1024;

type Operation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string[]; readonly value: JsonValue }
  | { readonly op: 'remove'; readonly path: string[] }
  | { readonly op: 'move' | 'copy'; readonly path: string[]; readonly from: string[] };

/**
 * The result of a JSON patch (RFC 6902); neither argument is changed, and a patch applies as a whole or not at all.
 * @throws DomainError `malformed_patch` (400), `patch_failed` (422) or `patch_test_failed` (409), each pointing at the
 *   operation that is at fault
 */
export function jsonPatch(target: JsonValue, patch: JsonValue): JsonValue {
  if (!Array.isArray(patch)) throw malformed('', 'A JSON patch is an array of operations.');
  if (patch.length > MAX_OPERATIONS) throw malformed('', `A patch may have at most ${MAX_OPERATIONS} operations.`);
  const operations = patch.map((item, index) => readOperation(item, index));
  let budget = MAX_COPIED_CHARACTERS;
  let document = structuredClone(target);
  operations.forEach((operation, index) => {
    if (operation.op === 'copy') {
      budget -= JSON.stringify(valueAt(document, operation.from, index, 'from')).length;
      if (budget < 0) throw malformed(jsonPointer(index), 'The patch copies more than a document may hold.');
    }
    document = applyOne(document, operation, index);
  });
  return document;
}

function applyOne(document: JsonValue, operation: Operation, index: number): JsonValue {
  switch (operation.op) {
    case 'add':
      return add(document, operation.path, structuredClone(operation.value), index);
    case 'remove':
      return remove(document, operation.path, index);
    case 'replace':
      valueAt(document, operation.path, index, 'path');
      return replace(document, operation.path, structuredClone(operation.value));
    case 'move': {
      if (isProperPrefix(operation.from, operation.path)) {
        throw failed(index, 'path', 'A value cannot be moved into itself.');
      }
      const value = valueAt(document, operation.from, index, 'from');
      if (operation.from.length === operation.path.length && isPrefix(operation.from, operation.path)) return document;
      return add(remove(document, operation.from, index), operation.path, value, index);
    }
    case 'copy':
      return add(document, operation.path, structuredClone(valueAt(document, operation.from, index, 'from')), index);
    case 'test': {
      const actual = valueAt(document, operation.path, index, 'path');
      if (stableStringify(actual) !== stableStringify(operation.value)) throw testFailed(index);
      return document;
    }
  }
}

function add(document: JsonValue, path: readonly string[], value: JsonValue, index: number): JsonValue {
  const key = path.at(-1);
  if (key === undefined) return value;
  const parent = valueAt(document, path.slice(0, -1), index, 'path');
  if (Array.isArray(parent)) {
    const at = key === '-' ? parent.length : arrayIndex(key);
    if (at === undefined || at > parent.length) throw failed(index, 'path', 'There is no such place in the array.');
    parent.splice(at, 0, value);
  } else if (isJsonObject(parent)) {
    parent[key] = value;
  } else {
    throw failed(index, 'path', 'The parent of this place holds neither members nor items.');
  }
  return document;
}

function replace(document: JsonValue, path: readonly string[], value: JsonValue): JsonValue {
  const key = path.at(-1);
  if (key === undefined) return value;
  const parent = lookUp(document, path.slice(0, -1));
  if (Array.isArray(parent)) parent[Number(key)] = value;
  else if (isJsonObject(parent)) parent[key] = value;
  return document;
}

function remove(document: JsonValue, path: readonly string[], index: number): JsonValue {
  valueAt(document, path, index, 'path');
  const key = path.at(-1);
  if (key === undefined) return null;
  const parent = lookUp(document, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else if (isJsonObject(parent)) delete parent[key];
  return document;
}

function lookUp(document: JsonValue, path: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = document;
  for (const key of path) {
    if (Array.isArray(value)) value = value[arrayIndex(key) ?? -1];
    else if (isJsonObject(value) && Object.hasOwn(value, key)) value = value[key];
    else return undefined;
  }
  return value;
}

function valueAt(document: JsonValue, path: readonly string[], index: number, member: 'path' | 'from'): JsonValue {
  const value = lookUp(document, path);
  if (value === undefined) throw failed(index, member, `There is nothing at "${jsonPointer(...path)}".`);
  return value;
}

function arrayIndex(key: string): number | undefined {
  return /^(0|[1-9][0-9]{0,9})$/.test(key) ? Number(key) : undefined;
}

function isPrefix(prefix: readonly string[], path: readonly string[]): boolean {
  return prefix.every((key, at) => key === path[at]);
}

function isProperPrefix(prefix: readonly string[], path: readonly string[]): boolean {
  return prefix.length < path.length && isPrefix(prefix, path);
}

function readOperation(item: JsonValue, index: number): Operation {
  if (!isJsonObject(item)) throw malformed(jsonPointer(index), 'An operation is an object.');
  const path = readPointer(item.path, index, 'path');
  switch (item.op) {
    case 'add':
    case 'replace':
    case 'test':
      if (item.value === undefined) throw malformed(jsonPointer(index, 'value'), `"${item.op}" needs a value.`);
      return { op: item.op, path, value: item.value };
    case 'remove':
      return { op: item.op, path };
    case 'move':
    case 'copy':
      return { op: item.op, path, from: readPointer(item.from, index, 'from') };
    default:
      throw malformed(jsonPointer(index, 'op'), 'op must be add, remove, replace, move, copy or test.');
  }
}

function readPointer(value: JsonValue | undefined, index: number, member: 'path' | 'from'): string[] {
  const at = jsonPointer(index, member);
  const path = typeof value === 'string' ? parsePointer(value) : undefined;
  if (!path) throw malformed(at, `${member} must be a JSON pointer.`);
  const forbidden = path.find((key) => key === '__proto__' || key === 'constructor' || key === 'prototype');
  if (forbidden) throw malformed(at, `The key "${forbidden}" is not allowed.`, 'forbidden_key');
  return path;
}

function malformed(pointer: string, message: string, code = 'malformed'): DomainError {
  return new DomainError('malformed_patch', 'malformed', message, { errors: [{ pointer, message, code }] });
}

function failed(index: number, member: string, message: string): DomainError {
  const errors = [{ pointer: jsonPointer(index, member), message, code: 'no_such_place' }];
  return new DomainError('patch_failed', 'invalid', message, { errors });
}

function testFailed(index: number): DomainError {
  const message = 'The value is not the one that the test expects.';
  return new DomainError('patch_test_failed', 'conflict', message, {
    errors: [{ pointer: jsonPointer(index), message, code: 'test_failed' }],
  });
}
