import { isJsonObject, type JsonObject, type JsonValue } from '#libs/common';
import { filterParameters, type ListDefinition, type OpenApiDocument } from '#libs/http';

/** The schema that says what attributes the projects of an organization have. */
export const PROJECT_ATTRIBUTES = 'ProjectAttributes';

const WITH_ATTRIBUTES = ['Project', 'ProjectWrite', 'ProjectPatch'];
const FILTERED = ['/api/organizations/{org}/projects', '/api/organizations/{org}/projects/facets'];
// Definitions may refer to themselves; so deep nobody writes types.
const MAX_DEPTH = 8;

/** The document with the attributes of one organization's projects, in their schemas and in the filters of their lists. */
export function withAttributes(
  base: OpenApiDocument,
  attributes: ReadonlyMap<string, JsonObject>,
  filters: ListDefinition,
): OpenApiDocument {
  // A structured clone would keep what two schemas share, and change it in both.
  const document: OpenApiDocument = JSON.parse(JSON.stringify(base));
  const schemas = document.components?.schemas ?? {};
  Reflect.set(schemas, PROJECT_ATTRIBUTES, {
    type: 'object',
    description:
      'The attributes that the blueprints in force declare for projects; which a project may have depends on its types.',
    properties: Object.fromEntries([...attributes].map(([name, schema]) => [name, inlined(schema)])),
    additionalProperties: false,
  });
  for (const name of WITH_ATTRIBUTES) {
    const schema = schemas[name];
    if (!schema || '$ref' in schema || !schema.properties) continue;
    schema.properties['attributes'] = { $ref: `#/components/schemas/${PROJECT_ATTRIBUTES}` };
  }
  for (const path of FILTERED) document.paths[path]?.get?.parameters?.push(...filterParameters(filters));
  return document;
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
