import type { JsonObject } from '#libs/common';

/** What a file says should be in the catalogue, before it is compared with what is there. */
export interface ImportPlan {
  organization: { slug: string; name: string };
  teams: PlannedEntity[];
  projectTypes: PlannedEntity[];
  linkDefinitions: PlannedLinkDefinition[];
  tags: PlannedEntity[];
  /** What declares the attributes of the projects. */
  blueprints: PlannedBlueprint[];
  projects: PlannedProject[];
  /** What could not be understood; the rest is imported all the same. */
  problems: ImportProblem[];
  /** What a reader of the report may wonder about otherwise. */
  notes: string[];
}

export interface PlannedEntity {
  slug: string;
  name: string;
  description?: string;
}

export interface PlannedLinkDefinition {
  slug: string;
  name: string;
  url_template: string;
}

/** Attributes of projects, by name, with the JSON Schema of each. */
export interface PlannedBlueprint extends PlannedEntity {
  properties: Record<string, JsonObject>;
}

export interface PlannedProject {
  slug: string;
  name: string;
  description?: string;
  team: string;
  project_types: string[];
  links: Record<string, string>;
  identifiers: Record<string, string>;
  attributes: JsonObject;
  tags: string[];
  /** Slugs of projects of the same plan. */
  depends_on: string[];
  source: SourcePlace;
}

/** Where in a file something stands; lines count from 1. */
export interface SourcePlace {
  file: string;
  line: number;
}

export interface ImportProblem extends SourcePlace {
  reason: string;
}

/** Collects entities by slug, the first one named wins. */
export class EntitySet<Entity extends { slug: string }> {
  private readonly bySlug = new Map<string, Entity>();

  add(entity: Entity): Entity {
    const known = this.bySlug.get(entity.slug);
    if (known) return known;
    this.bySlug.set(entity.slug, entity);
    return entity;
  }

  get(slug: string): Entity | undefined {
    return this.bySlug.get(slug);
  }

  has(slug: string): boolean {
    return this.bySlug.has(slug);
  }

  values(): Entity[] {
    return [...this.bySlug.values()];
  }
}

export const LIMITS = { name: 200, description: 2000, url: 2000, identifierName: 100, identifier: 1000 } as const;

export function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).trimEnd()}…`;
}

export function isHttpUrl(text: unknown): text is string {
  if (typeof text !== 'string' || text.length > LIMITS.url || !URL.canParse(text)) return false;
  return /^https?:$/.test(new URL(text).protocol);
}

/** The first line of a YAML parser's message, without the place that it repeats. */
export function yamlFault({ message }: Error): string {
  return (message.split('\n')[0] ?? message).replace(/ at line \d+, column \d+:?$/, '');
}
