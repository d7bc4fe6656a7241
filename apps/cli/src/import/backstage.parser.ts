import { LineCounter, parseAllDocuments } from 'yaml';
import { errorMessage, slugify } from '#libs/common';
import {
  type BackstageEntity,
  list,
  optional,
  referenceOf,
  resolveReference,
  text,
  toEntity,
} from './backstage.entity.js';
import { BACKSTAGE_BLUEPRINT, backstageAttributes, linksAndIdentifiers } from './backstage-annotations.js';
import { BackstageSlugs } from './backstage-slugs.js';
import {
  clip,
  EntitySet,
  type ImportPlan,
  type ImportProblem,
  LIMITS,
  type PlannedEntity,
  type PlannedLinkDefinition,
  type PlannedProject,
  type SourcePlace,
  yamlFault,
} from './import-plan.js';

export interface SourceFile {
  path: string;
  text: string;
}

const PROJECT_KINDS = new Set(['component', 'api', 'resource', 'system', 'domain']);
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
  private readonly teamSlugs = new Map<string, string>();
  private slugs = new BackstageSlugs([]);

  constructor(private readonly organization: { slug: string; name: string }) {}

  parse(files: readonly SourceFile[]): ImportPlan {
    const entities = this.onlyFirst(files.flatMap((file) => this.read(file)));
    for (const entity of entities) if (entity.kind === 'group') this.group(entity);
    const planned = entities.filter((entity) => PROJECT_KINDS.has(entity.kind));
    this.slugs = new BackstageSlugs(planned);
    for (const entity of planned) this.project(entity);
    for (const entity of planned) this.dependencies(entity);
    return {
      organization: this.organization,
      teams: this.teams.values(),
      projectTypes: this.types.values(),
      linkDefinitions: this.links.values(),
      tags: this.tags.values(),
      blueprints: planned.length > 0 ? [BACKSTAGE_BLUEPRINT] : [],
      projects: this.projects.values(),
      problems: this.problems,
      notes: leftOut(entities),
    };
  }

  private read(file: SourceFile): BackstageEntity[] {
    const lines = new LineCounter();
    return parseAllDocuments(file.text, { lineCounter: lines, uniqueKeys: false }).flatMap((document) => {
      const place: SourcePlace = {
        file: file.path,
        line: lines.linePos(document.contents?.range?.[0] ?? document.range?.[0] ?? 0).line,
      };
      const fault = document.errors[0];
      if (fault) {
        this.problems.push({ file: file.path, line: lines.linePos(fault.pos[0]).line, reason: yamlFault(fault) });
        return [];
      }
      try {
        const content: unknown = document.toJSON();
        if (content === null || content === undefined) return [];
        return [toEntity(content, place)];
      } catch (error) {
        // Of one document; aliases that unfold without end come here too.
        this.problems.push({ ...place, reason: errorMessage(error) });
        return [];
      }
    });
  }

  private onlyFirst(entities: readonly BackstageEntity[]): BackstageEntity[] {
    const seen = new Set<string>();
    return entities.filter((entity) => {
      const reference = referenceOf(entity);
      if (seen.has(reference)) this.problem(entity, `${reference} is defined a second time; it is left out`);
      return !seen.has(reference) && seen.add(reference);
    });
  }

  private group(entity: BackstageEntity): void {
    const slug = slugify(entity.name);
    const name = text(entity.profile['displayName']) ?? text(entity.metadata['title']) ?? entity.name;
    this.teams.add({ slug, name: clip(name, LIMITS.name), description: optional(entity.metadata['description']) });
    this.teamSlugs.set(referenceOf(entity), slug);
  }

  private project(entity: BackstageEntity): void {
    const { links, identifiers, definitions } = linksAndIdentifiers(entity);
    for (const definition of definitions) this.links.add(definition);
    this.projects.add({
      slug: this.slugs.of(entity),
      name: clip(text(entity.metadata['title']) ?? entity.name, LIMITS.name),
      description: optional(entity.metadata['description']),
      team: this.owner(entity),
      project_types: this.typesOf(entity),
      links,
      identifiers,
      attributes: backstageAttributes(entity),
      tags: [
        ...new Set(
          list(entity.metadata['tags']).map(
            (tag) => this.tags.add({ slug: slugify(tag), name: clip(tag, LIMITS.name) }).slug,
          ),
        ),
      ],
      depends_on: [],
      source: entity.place,
    });
  }

  private typesOf(entity: BackstageEntity): string[] {
    const type = text(entity.spec['type']);
    const label = clip(type ? `${entity.kind} ${type}` : entity.kind, LIMITS.name);
    return [this.types.add({ slug: slugify(label), name: label.charAt(0).toUpperCase() + label.slice(1) }).slug];
  }

  private owner(entity: BackstageEntity): string {
    const owner = text(entity.spec['owner']);
    if (!owner) return this.teams.add(UNOWNED).slug;
    const slug = this.teamSlugs.get(resolveReference(owner, 'group', entity));
    if (slug !== undefined) return slug;
    const name = owner.split(/[:/]/).at(-1) ?? owner;
    return this.teams.add({ slug: slugify(name), name: clip(name, LIMITS.name) }).slug;
  }

  /** Whatever fails with something else depends on it: a consumer on its API, an API on what provides it. */
  private dependencies(entity: BackstageEntity): void {
    const relations: [field: string, kind: string, reversed: boolean][] = [
      ['dependsOn', 'component', false],
      ['consumesApis', 'api', false],
      ['providesApis', 'api', true],
      ['dependencyOf', 'component', true],
    ];
    const own = this.slugs.of(entity);
    for (const [field, kind, reversed] of relations) {
      for (const written of list(entity.spec[field])) {
        const other = this.slugs.find(resolveReference(written, kind, entity));
        if (other === undefined) this.problem(entity, `${field} names ${written}, which is not in these files`);
        else if (reversed) this.depend(other, own);
        else this.depend(own, other);
      }
    }
  }

  private depend(from: string, on: string): void {
    const project = this.projects.get(from);
    if (from !== on && project && !project.depends_on.includes(on)) project.depends_on.push(on);
  }

  private problem(entity: BackstageEntity, reason: string): void {
    this.problems.push({ ...entity.place, reason });
  }
}

/** Users come by sign-in, and locations and templates describe Backstage itself: the catalogue has no place for them. */
function leftOut(entities: readonly BackstageEntity[]): string[] {
  return ['user', 'location', 'template'].flatMap((kind) => {
    const count = entities.filter((entity) => entity.kind === kind).length;
    return count === 0 ? [] : [`${count} of kind ${kind} left out: the catalogue has no place for them.`];
  });
}
