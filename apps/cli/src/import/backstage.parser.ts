import { LineCounter, parseAllDocuments } from 'yaml';
import { slugify } from '#libs/common';
import {
  clip,
  EntitySet,
  type ImportPlan,
  type ImportProblem,
  isHttpUrl,
  LIMITS,
  type PlannedEntity,
  type PlannedLinkDefinition,
  type PlannedProject,
} from './import-plan.js';

export interface SourceFile {
  path: string;
  text: string;
}

interface BackstageEntity {
  kind: string;
  metadata: Record<string, unknown>;
  spec: Record<string, unknown>;
  file: string;
  line: number;
}

const PROJECT_KINDS = new Set(['component', 'api', 'resource', 'system', 'domain']);
const OTHER_KINDS = new Set(['group', 'user', 'location', 'template']);
const UNOWNED: PlannedEntity = { slug: 'unowned', name: 'Unowned', description: 'Entities whose owner is not known.' };

/**
 * Reads Backstage `catalog-info.yaml` files: Group → team; Component, API, Resource, System and Domain → projects,
 * typed by their kind and `spec.type`; relations → dependencies; annotations → identifiers, or links where they are
 * addresses. Users have no place in the catalogue: they come by sign-in.
 */
export function parseBackstage(files: readonly SourceFile[], organization: { slug: string; name: string }): ImportPlan {
  return new BackstageParser(organization).parse(files);
}

class BackstageParser {
  private readonly teams = new EntitySet<PlannedEntity>();
  private readonly types = new EntitySet<PlannedEntity>();
  private readonly links = new EntitySet<PlannedLinkDefinition>();
  private readonly tags = new EntitySet<PlannedEntity>();
  private readonly projects = new EntitySet<PlannedProject>();
  private readonly problems: ImportProblem[] = [];
  /** From Backstage's `kind:namespace/name` to our slug. */
  private readonly slugs = new Map<string, string>();

  constructor(private readonly organization: { slug: string; name: string }) {}

  parse(files: readonly SourceFile[]): ImportPlan {
    const entities = files.flatMap((file) => this.read(file));
    for (const entity of entities) if (entity.kind === 'group') this.group(entity);
    const planned = entities.filter((entity) => PROJECT_KINDS.has(entity.kind));
    for (const entity of planned) this.nameProject(entity);
    for (const entity of planned) this.project(entity);
    return {
      organization: this.organization,
      teams: this.teams.values(),
      projectTypes: this.types.values(),
      linkDefinitions: this.links.values(),
      tags: this.tags.values(),
      projects: this.projects.values(),
      problems: this.problems,
    };
  }

  private read(file: SourceFile): BackstageEntity[] {
    const lines = new LineCounter();
    return parseAllDocuments(file.text, { lineCounter: lines, uniqueKeys: false }).flatMap((document) => {
      const line = lines.linePos(document.contents?.range?.[0] ?? document.range?.[0] ?? 0).line;
      const fault = document.errors[0];
      if (fault) {
        this.problems.push({
          file: file.path,
          line: lines.linePos(fault.pos[0]).line,
          reason: fault.message.split('\n')[0] ?? 'bad YAML',
        });
        return [];
      }
      const content: unknown = document.toJSON();
      if (content === null || content === undefined) return [];
      const entity = toEntity(content, file.path, line);
      if (typeof entity !== 'string') return [entity];
      this.problems.push({ file: file.path, line, reason: entity });
      return [];
    });
  }

  private group(entity: BackstageEntity): void {
    const name = String(entity.metadata['name']);
    const profile = record(entity.spec['profile']);
    this.teams.add({
      slug: slugify(name),
      name: clip(text(profile['displayName']) ?? text(entity.metadata['title']) ?? name, LIMITS.name),
      description: optional(entity.metadata['description']),
    });
    this.slugs.set(reference(entity.kind, entity.metadata), slugify(name));
  }

  /** A component and an API may share a name; the second one to come gets its kind in its slug. */
  private nameProject(entity: BackstageEntity): void {
    const key = reference(entity.kind, entity.metadata);
    if (this.slugs.has(key)) {
      this.problems.push({
        file: entity.file,
        line: entity.line,
        reason: `${key} is defined a second time; it is left out`,
      });
      return;
    }
    const plain = slugify(String(entity.metadata['name']));
    const taken = new Set(this.slugs.values());
    this.slugs.set(key, taken.has(plain) ? slugify(`${plain}-${entity.kind}`) : plain);
  }

  private project(entity: BackstageEntity): void {
    const slug = this.slugs.get(reference(entity.kind, entity.metadata));
    if (slug === undefined || this.projects.has(slug)) return;
    const name = text(entity.metadata['title']) ?? String(entity.metadata['name']);
    const { links, identifiers } = this.annotations(entity);
    this.projects.add({
      slug,
      name: clip(name, LIMITS.name),
      description: optional(entity.metadata['description']),
      team: this.owner(entity),
      project_types: this.typesOf(entity),
      links,
      identifiers,
      tags: list(entity.metadata['tags']).map((tag) => this.tags.add({ slug: slugify(tag), name: tag }).slug),
      depends_on: this.dependencies(entity, slug),
    });
  }

  private typesOf(entity: BackstageEntity): string[] {
    const type = text(entity.spec['type']);
    const label = type ? `${entity.kind} ${type}` : entity.kind;
    return [this.types.add({ slug: slugify(label), name: label.charAt(0).toUpperCase() + label.slice(1) }).slug];
  }

  private owner(entity: BackstageEntity): string {
    const owner = text(entity.spec['owner']);
    if (!owner) return this.teams.add(UNOWNED).slug;
    const slug = this.slugs.get(resolveReference(owner, 'group', entity.metadata));
    if (slug !== undefined) return slug;
    const name = owner.split(/[:/]/).at(-1) ?? owner;
    return this.teams.add({ slug: slugify(name), name: clip(name, LIMITS.name) }).slug;
  }

  private dependencies(entity: BackstageEntity, own: string): string[] {
    const wanted: [string, string][] = [
      ...list(entity.spec['dependsOn']).map((name): [string, string] => [name, 'component']),
      ...list(entity.spec['consumesApis']).map((name): [string, string] => [name, 'api']),
    ];
    const found = wanted.flatMap(([name, kind]) => {
      const slug = this.slugs.get(resolveReference(name, kind, entity.metadata));
      if (slug !== undefined) return slug === own ? [] : [slug];
      this.problems.push({
        file: entity.file,
        line: entity.line,
        reason: `the dependency ${name} is not in these files`,
      });
      return [];
    });
    return [...new Set(found)];
  }

  private annotations(entity: BackstageEntity): Pick<PlannedProject, 'links' | 'identifiers'> {
    const links: Record<string, string> = {};
    const identifiers: Record<string, string> = {};
    const addLink = (label: string, url: string) => {
      const slug = slugify(label);
      this.links.add({ slug, name: clip(label, LIMITS.name), url_template: '{url}' });
      links[slug] ??= url;
    };
    for (const [key, value] of Object.entries(record(entity.metadata['annotations']))) {
      const plain = typeof value === 'string' ? value.replace(/^url:/, '') : undefined;
      if (plain === undefined) continue;
      if (isHttpUrl(plain)) addLink(key.split('/').at(-1) ?? key, plain);
      else identifiers[clip(key, 100)] = clip(plain, LIMITS.identifier);
    }
    for (const link of array(entity.metadata['links'])) {
      const { url, title, type } = record(link);
      if (isHttpUrl(url)) addLink(text(title) ?? text(type) ?? 'link', url);
    }
    for (const field of ['lifecycle', 'system', 'domain']) {
      const value = text(entity.spec[field]);
      if (value) identifiers[`backstage.io/${field}`] = value;
    }
    return { links, identifiers };
  }
}

function toEntity(content: unknown, file: string, line: number): BackstageEntity | string {
  const { apiVersion, kind, metadata, spec } = record(content);
  if (typeof apiVersion !== 'string' || !apiVersion.startsWith('backstage.io/'))
    return 'no Backstage entity (apiVersion)';
  if (typeof kind !== 'string') return 'the entity has no kind';
  if (text(record(metadata)['name']) === undefined) return `the ${kind} has no metadata.name`;
  const lower = kind.toLowerCase();
  if (!PROJECT_KINDS.has(lower) && !OTHER_KINDS.has(lower)) return `the kind ${kind} is not known`;
  return { kind: lower, metadata: record(metadata), spec: record(spec), file, line };
}

function reference(kind: string, metadata: Record<string, unknown>): string {
  return `${kind}:${text(metadata['namespace']) ?? 'default'}/${String(metadata['name'])}`.toLowerCase();
}

/** Backstage writes references as `[kind:][namespace/]name`. */
function resolveReference(written: string, kind: string, from: Record<string, unknown>): string {
  const match = /^(?:([^:/]+):)?(?:([^:/]+)\/)?([^:/]+)$/.exec(written.trim());
  const namespace = match?.[2] ?? text(from['namespace']) ?? 'default';
  return `${match?.[1] ?? kind}:${namespace}/${match?.[3] ?? written}`.toLowerCase();
}

function record(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(Object.entries(value));
}

function array(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function list(value: unknown): string[] {
  return array(value).filter((item): item is string => typeof item === 'string');
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

function optional(value: unknown): string | undefined {
  const found = text(value);
  return found === undefined ? undefined : clip(found, LIMITS.description);
}
