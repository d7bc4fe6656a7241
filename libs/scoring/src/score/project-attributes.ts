import { isJsonObject, type JsonObject, type JsonValue } from '#libs/common';
import type { Subject } from '../engine/evaluate.js';

/** A project as scores are computed from it. */
export interface ScoredProject {
  readonly id: string;
  readonly slug: string;
  readonly organizationId: string;
  readonly teamId: string;
  readonly typeIds: readonly string[];
  readonly typeSlugs: readonly string[];
  readonly environments: readonly string[];
  readonly tags: readonly string[];
  readonly archived: boolean;
  /** As the graph has it now. */
  readonly score: number | null;
  /** Everything stored of it, its attributes under `attributes`. */
  readonly stored: JsonObject;
}

/** The fields that every project has, and that policies may look at. */
export const BASE_ATTRIBUTES = [
  'slug',
  'name',
  'description',
  'icon',
  'links',
  'identifiers',
  'environments',
  'tags',
  'created_at',
  'updated_at',
] as const;

const BASE = new Set<string>(BASE_ATTRIBUTES);

/**
 * A project as the engine sees it.
 * @param declared the attributes that blueprints declare for its types and environments
 */
export function toSubject(project: ScoredProject, declared: { has(name: string): boolean }): Subject {
  const known = (name: string) => BASE.has(name) || declared.has(name);
  return {
    typeIds: project.typeIds,
    // A name with a dot is a way into a map, unless a blueprint declares just that name.
    has: (attribute) => known(attribute) || known(split(attribute).head),
    read: (attribute) => {
      if (known(attribute)) return attributeOf(project, attribute);
      const { head, path } = split(attribute);
      return inside(attributeOf(project, head), path);
    },
  };
}

function attributeOf(project: ScoredProject, name: string): JsonValue | undefined {
  if (name === 'environments') return [...project.environments];
  if (name === 'tags') return [...project.tags];
  if (BASE.has(name)) return project.stored[name];
  const { attributes } = project.stored;
  return isJsonObject(attributes) && Object.hasOwn(attributes, name) ? attributes[name] : undefined;
}

function split(attribute: string): { head: string; path: string[] } {
  const [head = '', ...path] = attribute.split('.');
  return { head, path };
}

function inside(value: JsonValue | undefined, path: readonly string[]): JsonValue | undefined {
  let found = value;
  for (const member of path) {
    if (!isJsonObject(found) || !Object.hasOwn(found, member)) return undefined;
    found = found[member];
  }
  return found;
}
