import { type FieldError, isJsonObject, type JsonObject, type JsonValue, jsonPointer } from '#libs/common';
import { combinationFaults, unusablePatterns } from './schema-combinations.js';
import { ABOUT, EXTENSION_KEYWORDS, KEYWORDS, subschemas } from './schema-keywords.js';
import { SCHEMA_LIMITS } from './schema-limits.js';

export const JSON_SCHEMA_DIALECT = 'https://json-schema.org/draft/2020-12/schema';

const LOCAL_REFERENCE = /^#(\/.*)?$/;

/**
 * What speaks against using a schema, with pointers into it: keywords that nothing would heed, references out of the
 * document or in circles, and sheer size. What each keyword takes is for the meta-schema to say.
 */
export function schemaFaults(schema: JsonValue): FieldError[] {
  const bytes = Buffer.byteLength(JSON.stringify(schema));
  if (bytes > SCHEMA_LIMITS.bytes) {
    return [{ pointer: '', code: 'schema_too_large', message: `must be at most ${SCHEMA_LIMITS.bytes} bytes of JSON` }];
  }
  const walk = new Walk(schema);
  walk.visit(schema, [], 0);
  return walk.faults.length > 0 ? walk.faults : circles(schema);
}

/** The patterns that make a schema unusable, with pointers into it. Compiles them all: for who knows that there is one. */
export function patternFaults(schema: JsonValue, at = ''): FieldError[] {
  if (!isJsonObject(schema)) return [];
  const own = unusablePatterns(schema).map(({ path, ...rest }) => ({ pointer: at + jsonPointer(...path), ...rest }));
  return [
    ...own,
    ...subschemas(schema).flatMap(({ schema: held, path }) => patternFaults(held, at + jsonPointer(...path))),
  ];
}

class Walk {
  readonly faults: FieldError[] = [];
  private count = 0;

  constructor(private readonly document: JsonValue) {}

  visit(schema: JsonValue, path: readonly (string | number)[], depth: number): void {
    this.count += 1;
    if (this.count === SCHEMA_LIMITS.schemas + 1) {
      this.fault([], 'schema_too_large', `must hold at most ${SCHEMA_LIMITS.schemas} schemas`);
    }
    if (this.count > SCHEMA_LIMITS.schemas || !isJsonObject(schema)) return;
    if (depth > SCHEMA_LIMITS.depth) {
      this.fault(path, 'schema_too_deep', `must nest schemas at most ${SCHEMA_LIMITS.depth} deep`);
      return;
    }
    for (const [keyword, value] of Object.entries(schema)) this.keyword(schema, keyword, value, path);
    const faults = combinationFaults(schema, (reference) => resolve(this.document, reference));
    for (const { path: own, code, message } of faults) this.fault([...path, ...own], code, message);
    for (const inner of subschemas(schema)) this.visit(inner.schema, [...path, ...inner.path], depth + 1);
  }

  private keyword(schema: JsonObject, keyword: string, value: JsonValue, path: readonly (string | number)[]): void {
    const at = [...path, keyword];
    if (!KEYWORDS.has(keyword)) this.fault(at, 'unknown_keyword', unknownKeyword(keyword));
    if (keyword === '$schema' && value !== JSON_SCHEMA_DIALECT) {
      this.fault(at, 'unknown_dialect', `must be "${JSON_SCHEMA_DIALECT}"`);
    }
    if (keyword === '$ref') this.reference(value, at);
    const about = Object.hasOwn(ABOUT, keyword) ? ABOUT[keyword] : undefined;
    if (about && !mayBe(schema['type'], about)) {
      this.fault(at, 'keyword_without_effect', `says something of ${about}s, which the type excludes`);
    }
  }

  private reference(value: JsonValue, at: readonly (string | number)[]): void {
    if (typeof value !== 'string' || !LOCAL_REFERENCE.test(value)) {
      this.fault(at, 'foreign_reference', 'must be "#" and a JSON pointer into this schema');
    } else if (resolve(this.document, value) === undefined) {
      this.fault(at, 'unknown_reference', `there is nothing at "${value}"`);
    }
  }

  private fault(path: readonly (string | number)[], code: string, message: string): void {
    this.faults.push({ pointer: jsonPointer(...path), code, message });
  }
}

function unknownKeyword(keyword: string): string {
  if (keyword.startsWith('x-')) return `is no extension known here; there are ${EXTENSION_KEYWORDS.join(', ')}`;
  return 'is no keyword that is enforced here';
}

function mayBe(type: JsonValue | undefined, about: string): boolean {
  if (type === undefined) return true;
  const types = Array.isArray(type) ? type : [type];
  return types.includes(about) || (about === 'number' && types.includes('integer'));
}

/** What a local reference leads to; undefined where it leads nowhere. */
export function resolve(document: JsonValue, reference: string): JsonValue | undefined {
  let at: JsonValue | undefined = document;
  for (const segment of segmentsOf(reference)) {
    if (Array.isArray(at)) at = at[Number(segment)];
    else if (isJsonObject(at) && Object.hasOwn(at, segment)) at = at[segment];
    else return undefined;
  }
  return isJsonObject(at) || typeof at === 'boolean' ? at : undefined;
}

function segmentsOf(reference: string): string[] {
  try {
    return decodeURIComponent(reference)
      .split('/')
      .slice(1)
      .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
  } catch {
    return ['\u0000'];
  }
}

// A schema that applies itself to the same value has no answer. Through a part of the value it ends with the value.
function circles(document: JsonValue): FieldError[] {
  const done = new Set<JsonValue>();
  const open = new Set<JsonValue>();
  const parts: [JsonValue, string][] = [[document, '']];
  const faults: FieldError[] = [];
  const enter = (schema: JsonValue, pointer: string): void => {
    if (!isJsonObject(schema) || done.has(schema)) return;
    if (open.has(schema)) {
      faults.push({ pointer, code: 'endless_reference', message: 'leads back to itself for the same value' });
      return;
    }
    open.add(schema);
    if (typeof schema['$ref'] === 'string') enter(resolve(document, schema['$ref']) ?? true, `${pointer}/$ref`);
    for (const inner of subschemas(schema)) {
      const at = pointer + jsonPointer(...inner.path);
      if (inner.inPlace) enter(inner.schema, at);
      else parts.push([inner.schema, at]);
    }
    open.delete(schema);
    done.add(schema);
  };
  for (let next = parts.shift(); next; next = parts.shift()) enter(...next);
  return faults;
}
