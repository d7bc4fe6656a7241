import { isJsonObject, type JsonObject } from '#libs/common';
import type { BlueprintRecord } from './blueprint-record.js';

/** Which entity a schema is for. Slugs that do not matter for its kind are left out. */
export interface SchemaSubject {
  readonly subject: BlueprintRecord['subject'];
  readonly organizationId: string;
  /** The types of the project, of the project an edge starts at, or the project type itself. */
  readonly types?: readonly string[];
  /** Where the project is deployed, where a deployment is, or the environment itself. */
  readonly environments?: readonly string[];
}

export interface EffectiveProperty {
  readonly name: string;
  /** Complete in itself: what it refers to is under its own `$defs`. */
  readonly schema: JsonObject;
  /** The slug of the blueprint that it comes from. */
  readonly blueprint: string;
  /** The slugs of the blueprints that declare it too and do not count, in the order in which they would. */
  readonly shadowed: readonly string[];
}

/** What one blueprint contributes: its schema holds for the attributes that it won. */
export interface SchemaSource {
  readonly blueprint: BlueprintRecord;
  readonly properties: readonly string[];
}

/** The attributes that an entity may have: its blueprints, merged by property. */
export interface EffectiveSchema {
  /** The version of all blueprints under which it was made. */
  readonly version: string;
  readonly properties: ReadonlyMap<string, EffectiveProperty>;
  readonly required: readonly string[];
  readonly sources: readonly SchemaSource[];
}

/** Merges the blueprints that concern `subject`: for each property, the one that comes first in their order. */
export function mergeBlueprints(
  version: string,
  blueprints: readonly BlueprintRecord[],
  subject: SchemaSubject,
): EffectiveSchema {
  const inForce = blueprints.filter((blueprint) => concerns(blueprint, subject)).sort(byPrecedence);
  const properties = new Map<string, EffectiveProperty>();
  const sources: SchemaSource[] = [];
  for (const blueprint of inForce) {
    const won: string[] = [];
    for (const [name, schema] of declaredProperties(blueprint.schema)) {
      const winner = properties.get(name);
      if (winner) {
        properties.set(name, { ...winner, shadowed: [...winner.shadowed, blueprint.slug] });
        continue;
      }
      won.push(name);
      properties.set(name, { name, schema, blueprint: blueprint.slug, shadowed: [] });
    }
    sources.push({ blueprint, properties: won });
  }
  const required = sources.flatMap(({ blueprint, properties: won }) =>
    requiredOf(blueprint.schema).filter((name) => won.includes(name)),
  );
  return { version, properties, required: required.sort(), sources };
}

/** Whether a blueprint is in force for an entity. */
export function concerns(blueprint: BlueprintRecord, { subject, organizationId, ...entity }: SchemaSubject): boolean {
  if (!blueprint.enabled || blueprint.subject !== subject) return false;
  if (blueprint.organizationId !== null && blueprint.organizationId !== organizationId) return false;
  const { project_type: types, environment: environments } = blueprint.filter;
  return meets(types, entity.types ?? []) && meets(environments, entity.environments ?? []);
}

/** The lower priority number first; then by slug; then an organization's own before the one for all. */
export function byPrecedence(left: BlueprintRecord, right: BlueprintRecord): number {
  if (left.priority !== right.priority) return left.priority - right.priority;
  if (left.slug !== right.slug) return left.slug < right.slug ? -1 : 1;
  return Number(left.organizationId === null) - Number(right.organizationId === null);
}

/** The properties that a blueprint declares, each complete in itself. */
export function declaredProperties(schema: JsonObject): [string, JsonObject][] {
  const { properties, $defs } = schema;
  if (!isJsonObject(properties)) return [];
  return Object.entries(properties).map(([name, declared]) => [name, complete(declared, $defs)]);
}

export function requiredOf({ required }: JsonObject): string[] {
  return Array.isArray(required) ? required.filter((name) => typeof name === 'string') : [];
}

// A property may be `true` (anything) or `false` (nothing), which are schemas too.
function complete(declared: JsonObject[string], $defs: JsonObject[string] | undefined): JsonObject {
  const schema = isJsonObject(declared) ? declared : declared === false ? { not: {} } : {};
  return isJsonObject($defs) && JSON.stringify(schema).includes('"$ref"') ? { ...schema, $defs } : schema;
}

function meets(wanted: readonly string[], has: readonly string[]): boolean {
  return wanted.length === 0 || wanted.some((slug) => has.includes(slug));
}
