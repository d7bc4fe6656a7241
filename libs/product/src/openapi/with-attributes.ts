import type { BlueprintEdge, BlueprintType } from '#libs/catalog';
import { isJsonObject, type JsonObject, type JsonValue } from '#libs/common';
import { filterParameters, type ListDefinition, type OpenApiDocument } from '#libs/http';
import { ATTRIBUTE_PLACES, type AttributePlaces } from './attribute-places.js';

/** What is declared for a kind of vertex or edge: schemas by attribute. */
export type DeclaredAttributes = ReadonlyMap<BlueprintType | BlueprintEdge, ReadonlyMap<string, JsonObject>>;

const FILTERED = ['/api/organizations/{org}/projects', '/api/organizations/{org}/projects/facets'];
const MERGE_PATCH = 'application/merge-patch+json';
// Definitions may refer to themselves; so deep nobody writes types.
const MAX_DEPTH = 8;

/** The document with what one organization's blueprints declare, in its schemas and in the filters of lists of projects. */
export function withAttributes(
  base: OpenApiDocument,
  declared: DeclaredAttributes,
  filters: ListDefinition,
): OpenApiDocument {
  // A structured clone would keep what two schemas share, and change it in both.
  const document: OpenApiDocument = JSON.parse(JSON.stringify(base));
  for (const [subject, attributes] of declared) show(document, ATTRIBUTE_PLACES[subject], attributes);
  for (const path of FILTERED) document.paths[path]?.get?.parameters?.push(...filterParameters(filters));
  return document;
}

function show(document: OpenApiDocument, places: AttributePlaces, attributes: ReadonlyMap<string, JsonObject>): void {
  const schemas = document.components?.schemas ?? {};
  const properties = [...attributes].map(([name, schema]): [string, JsonObject] => [name, inlined(schema)]);
  const description = `What the blueprints in force declare ${places.about}.`;
  const rest = { type: 'object', description, additionalProperties: places.isOpen };
  Reflect.set(schemas, places.name, { ...rest, properties: Object.fromEntries(properties) });
  // A merge patch takes a value away by null.
  const patched = properties.map(([name, schema]) => [name, { anyOf: [schema, { type: 'null' }] }]);
  Reflect.set(schemas, `${places.name}Patch`, { ...rest, properties: Object.fromEntries(patched) });
  const reference = { $ref: `#/components/schemas/${places.name}` };
  const patch = { $ref: `${reference.$ref}Patch` };
  for (const [name, property, each] of places.members) {
    const schema = schemas[name];
    if (!schema || '$ref' in schema || !schema.properties) continue;
    const target = name.endsWith('Patch') ? patch : reference;
    schema.properties[property] = each ? { type: 'object', additionalProperties: target } : target;
  }
  for (const [path, method] of places.bodies ?? []) {
    const body = document.paths[path]?.[method]?.requestBody;
    if (!body || '$ref' in body) continue;
    for (const [type, content] of Object.entries(body.content)) {
      if (type === MERGE_PATCH) content.schema = patch;
      else if (method === 'put') content.schema = reference;
    }
  }
}

/** A schema complete in itself, whose references would otherwise be looked for in the document around it. */
function inlined(schema: JsonObject): JsonObject {
  const definitions = isJsonObject(schema['$defs']) ? schema['$defs'] : {};
  const visit = (value: JsonValue, depth: number): JsonValue => {
    if (Array.isArray(value)) return value.map((item) => visit(item, depth));
    if (!isJsonObject(value)) return value;
    const { $ref, $defs: _own, ...rest } = value;
    const members = Object.fromEntries(Object.entries(rest).map(([name, member]) => [name, visit(member, depth)]));
    const name = typeof $ref === 'string' ? /^#\/\$defs\/([^/]+)$/.exec($ref)?.[1] : undefined;
    const target = name === undefined ? undefined : definitions[unescaped(name)];
    if (!isJsonObject(target) || depth >= MAX_DEPTH) return members;
    const inner = visit(target, depth + 1);
    return isJsonObject(inner) ? { ...inner, ...members } : members;
  };
  const result = visit(schema, 0);
  return isJsonObject(result) ? result : {};
}

function unescaped(segment: string): string {
  return decodeURIComponent(segment).replaceAll('~1', '/').replaceAll('~0', '~');
}
