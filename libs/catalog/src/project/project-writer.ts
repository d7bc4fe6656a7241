import { type JsonObject, notFound, stableStringify } from '#libs/common';
import { type GraphTransaction, ref } from '#libs/graph';
import { assertExpected, type Expectation } from '#libs/http';
import { BelongsTo } from '../model/organization.vertex.js';
import { DeployedIn, HasType, OwnedBy, Project, TaggedWith } from '../model/project.vertex.js';
import { type EntityImages, type ImageUse, NO_IMAGES } from '../shared/entity-images.js';
import type { OrganizationScope } from '../shared/organization-scope.js';
import { FormerSlugsRepository } from './former-slugs.repository.js';
import type { ProjectWriteDto } from './project.dto.js';
import { toProjectProperties } from './project.mapper.js';
import { ProjectReadModel, type ProjectRow } from './project.read-model.js';
import type { References } from './project-references.js';

/** A project as a client wants it, with the attributes that are to be stored. */
export interface DecidedProject {
  readonly write: ProjectWriteDto;
  readonly attributes: JsonObject;
}

/** Writes projects inside one transaction; every write of a project, single or in bulk, goes through here. */
export class ProjectWriter {
  readonly rows: ProjectReadModel;
  private readonly formerSlugs: FormerSlugsRepository;

  constructor(
    private readonly tx: GraphTransaction,
    private readonly scope: OrganizationScope,
    private readonly images: EntityImages = NO_IMAGES,
  ) {
    this.rows = new ProjectReadModel(tx);
    this.formerSlugs = new FormerSlugsRepository(tx);
  }

  /** New projects with everything they are joined to: one statement for each kind of edge, however many projects. */
  async insert(projects: readonly DecidedProject[], references: References): Promise<string[]> {
    const vertices = await this.tx.insertMany(
      Project,
      projects.map(({ write, attributes }) => ({
        ...toProjectProperties(write, attributes),
        organization_id: this.scope.id,
      })),
    );
    const pairs = projects.map(({ write }, index) => ({ write, id: vertices[index]?.id ?? '' }));
    await this.tx.connectMany(
      BelongsTo,
      pairs.map(({ id }) => ({ from: ref(Project, id), to: this.scope.id })),
    );
    await this.tx.connectMany(
      OwnedBy,
      pairs.map(({ id, write }) => ({ from: id, to: references.id('team', write.team) })),
    );
    await this.tx.connectMany(
      HasType,
      pairs.flatMap(({ id, write }) => typesOf(write, references).map((to) => ({ from: id, to }))),
    );
    await this.tx.connectMany(
      DeployedIn,
      pairs.flatMap(({ id, write }) => deploymentsOf(write, references).map((target) => ({ from: id, ...target }))),
    );
    await this.tx.connectMany(
      TaggedWith,
      pairs.flatMap(({ id, write }) => tagsOf(write, references).map((to) => ({ from: id, to }))),
    );
    await this.images.use(
      this.tx,
      vertices.map((vertex) => this.imageUse(vertex, undefined)),
    );
    for (const { id, write } of pairs) this.emit('project.created', id, { slug: write.slug });
    return pairs.map(({ id }) => id);
  }

  /** The project, locked against other writers. @throws DomainError `not_found`, `version_mismatch` */
  async lock(id: string, expected: Expectation = {}): Promise<ProjectRow> {
    const locked = await this.tx.lock(Project, id);
    if (!locked || locked.organization_id !== this.scope.id) throw missing(id);
    assertExpected('project', expected, locked.version);
    return this.read(id);
  }

  async read(id: string): Promise<ProjectRow> {
    const row = await this.rows.findById(this.scope.id, id);
    if (!row) throw missing(id);
    return row;
  }

  /** Makes a locked project what `write` says, touching only what differs; returns whether anything did. */
  async replace(current: ProjectRow, { write, attributes }: DecidedProject, references: References): Promise<boolean> {
    const id = String(current.properties['id']);
    const edges = differingEdges(current, write);
    if (edges.includes('team')) await this.tx.replaceEdges(OwnedBy, id, [{ to: references.id('team', write.team) }]);
    if (edges.includes('project_types')) await this.tx.replaceEdges(HasType, id, targets(typesOf(write, references)));
    if (edges.includes('environments')) {
      // What machines know of a deployment is not the client's to drop.
      await this.tx.replaceEdges(DeployedIn, id, deploymentsOf(write, references), { preserve: ['machine'] });
    }
    if (edges.includes('tags')) await this.tx.replaceEdges(TaggedWith, id, targets(tagsOf(write, references)));
    const request = { set: toProjectProperties(write, attributes), touch: edges.length > 0 };
    const result = await this.tx.patch(Project, id, request);
    if (!result?.changed) return false;
    await this.images.use(this.tx, [this.imageUse(result.after, result.before)]);
    if (result.before.slug !== result.after.slug) await this.formerSlugs.retire(this.scope.id, id, result.before.slug);
    this.emit('project.updated', id, { changed: [...edges, ...differing(result.before, result.after)] });
    return true;
  }

  async setArchived(id: string, archivedAt: string | null): Promise<void> {
    const result = await this.tx.patch(Project, id, { set: { archived_at: archivedAt } });
    if (result?.changed) this.emit(archivedAt === null ? 'project.unarchived' : 'project.archived', id, {});
  }

  async remove(id: string): Promise<void> {
    await this.formerSlugs.forget(id);
    await this.images.release(this.tx, Project, id);
    await this.tx.remove(Project, id);
    this.emit('project.deleted', id, {});
  }

  private imageUse(after: { id: string; icon: string | null }, before: { icon: string | null } | undefined): ImageUse {
    const { id: organizationId } = this.scope;
    return { definition: Project, id: after.id, organizationId, before: before?.icon ?? null, after: after.icon };
  }

  private emit(name: string, id: string, more: JsonObject): void {
    this.tx.emit(name, { organization_id: this.scope.id, id, ...more });
  }
}

function typesOf(write: ProjectWriteDto, references: References): string[] {
  return [...new Set(write.project_types)].map((slug) => references.id('project_type', slug));
}

function tagsOf(write: ProjectWriteDto, references: References): string[] {
  return [...new Set(write.tags ?? [])].map((slug) => references.id('tag', slug));
}

function deploymentsOf(write: ProjectWriteDto, references: References) {
  return Object.entries(write.environments ?? {}).map(([slug, attributes]) => ({
    to: references.id('environment', slug),
    properties: { attributes: toJson(attributes) },
  }));
}

function toJson(value: Record<string, unknown>): JsonObject {
  return JSON.parse(JSON.stringify(value));
}

function targets(ids: readonly string[]): { to: string }[] {
  return ids.map((to) => ({ to }));
}

/** The fields of a project that are edges in the graph and that `write` would change. */
function differingEdges(current: ProjectRow, write: ProjectWriteDto): string[] {
  const deployed = Object.fromEntries(current.environments.map(({ slug, attributes }) => [slug, attributes ?? {}]));
  const differs: Readonly<Record<string, boolean>> = {
    team: current.team?.slug !== write.team,
    project_types: !sameSlugs(current.projectTypes, write.project_types),
    environments: stableStringify(deployed) !== stableStringify(write.environments ?? {}),
    tags: !sameSlugs(current.tags, write.tags ?? []),
  };
  return Object.keys(differs).filter((field) => differs[field]);
}

function sameSlugs(current: readonly { slug: string }[], wished: readonly string[]): boolean {
  const [left, right] = [new Set(current.map(({ slug }) => slug)), new Set(wished)];
  return left.size === right.size && [...left].every((slug) => right.has(slug));
}

const OWN_FIELDS = ['slug', 'name', 'description', 'icon', 'links', 'identifiers', 'attributes'] as const;

function differing(before: object, after: object): string[] {
  const [old, now]: [Record<string, unknown>, Record<string, unknown>] = [{ ...before }, { ...after }];
  return OWN_FIELDS.filter((field) => stableStringify(old[field]) !== stableStringify(now[field]));
}

function missing(id: string): Error {
  return notFound(`The project "${id}"`);
}
