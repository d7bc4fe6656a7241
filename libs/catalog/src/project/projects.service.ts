import { Inject, Injectable, Optional } from '@nestjs/common';
import { notFound } from '#libs/common';
import { Graph, type GraphTransaction } from '#libs/graph';
import {
  applyPatch,
  type Expectation,
  type Page,
  Pages,
  type PatchDocument,
  toKeysetPosition,
  validateDocument,
  writableDocument,
} from '#libs/http';
import { asksForAttributes, lookedForBy, withAttributes } from '../attribute/attribute-list.js';
import { AttributeUse } from '../attribute/attribute-use.js';
import { assertFits, type OnInvalid } from '../blueprint/attribute-writes.js';
import { BlueprintSchemas, type BlueprintSet } from '../blueprint/blueprint-schemas.js';
import { ENTITY_IMAGES, type EntityImages, NO_IMAGES } from '../shared/entity-images.js';
import type { OrganizationScope } from '../shared/organization-scope.js';
import { namingSlug } from '../shared/slug-clash.js';
import { FormerSlugsRepository } from './former-slugs.repository.js';
import { type ProjectQueryDto, type ProjectResponseDto, ProjectWriteDto } from './project.dto.js';
import { toProjectDocument, toProjectResponse } from './project.mapper.js';
import { type ProjectKey, ProjectReadModel, type ProjectRow } from './project.read-model.js';
import { type AttributeRules, decideProject } from './project-attributes.js';
import {
  PROJECT_LIST,
  PROJECT_SEARCH,
  positionOf,
  readTerms,
  toProjectFilter,
  toProjectOrder,
} from './project-list.js';
import { assertMaps, resolveReferences } from './project-references.js';
import { ProjectWriter } from './project-writer.js';

const ANSWER_ONLY = ['archived_at', 'score', 'attribute_errors'];

/** A project that is about to be written, as it is. */
interface LockedProject {
  readonly writer: ProjectWriter;
  readonly current: ProjectRow;
  readonly set: BlueprintSet;
}

/** Projects of an organization. */
@Injectable()
export class ProjectsService {
  private readonly rows: ProjectReadModel;
  private readonly findById: (key: ProjectKey) => Promise<ProjectRow | undefined>;
  private readonly formerSlugs: FormerSlugsRepository;

  constructor(
    private readonly graph: Graph,
    private readonly pages: Pages,
    private readonly schemas: BlueprintSchemas,
    @Optional() @Inject(ENTITY_IMAGES) private readonly images: EntityImages = NO_IMAGES,
    @Optional() private readonly use?: AttributeUse,
  ) {
    this.rows = new ProjectReadModel(graph.read);
    this.findById = graph.batched((keys: readonly ProjectKey[]) => this.rows.findEach(keys));
    this.formerSlugs = new FormerSlugsRepository(graph.read);
  }

  async list(scope: OrganizationScope, query: ProjectQueryDto): Promise<Page<ProjectResponseDto>> {
    const terms = readTerms(query.q);
    const list = `projects of ${scope.id}${terms ? ` with ${terms.join(' ')}` : ''}`;
    const own = terms ? PROJECT_SEARCH : PROJECT_LIST;
    const definition = asksForAttributes(query, own)
      ? withAttributes(own, await this.schemas.attributes(scope.id))
      : own;
    const request = this.pages.read(list, query, definition);
    this.use?.note(lookedForBy(request.filters, request.sort));
    const filter = { ...toProjectFilter(request.filters, definition), terms };
    const rows = await this.rows.page(scope.id, filter, {
      order: toProjectOrder(request.sort, definition),
      after: toKeysetPosition(request.after),
      limit: request.limit + 1,
    });
    const total = request.count ? await this.rows.count(scope.id, filter) : undefined;
    const set = await this.schemas.at(rows[0]?.blueprints);
    return this.pages.answer(request, rows, {
      item: (row) => toProjectResponse(row, set),
      position: (row) => positionOf(request.sort, definition, row),
      total,
    });
  }

  async get(scope: OrganizationScope, id: string): Promise<ProjectResponseDto> {
    const row = await this.findById({ organizationId: scope.id, id });
    if (!row) throw notFound(`The project "${id}"`);
    return toProjectResponse(row, await this.schemas.at(row.blueprints));
  }

  /** The id of the project that has this slug, or had it last. */
  async findIdBySlug(scope: OrganizationScope, slug: string): Promise<string> {
    const row = await this.rows.findBySlug(scope.id, slug);
    if (row) return String(row.properties['id']);
    const former = await this.formerSlugs.findProjectId(scope.id, slug);
    if (former === undefined) throw notFound(`The project "${slug}"`);
    return former;
  }

  async create(scope: OrganizationScope, write: ProjectWriteDto): Promise<ProjectResponseDto> {
    assertMaps(write);
    return this.graph.transaction(async (tx) => {
      const references = await resolveReferences(tx, scope.id, [write]);
      references.assertKnown(write);
      const writer = new ProjectWriter(tx, scope, this.images);
      const set = await this.schemas.current(tx);
      const attributes = assertFits(decideProject(set, scope.id, write, undefined));
      const [id = ''] = await namingSlug('project', write.slug, () =>
        writer.insert([{ write, attributes }], references),
      );
      return toProjectResponse(await writer.read(id), set);
    });
  }

  async replace(
    scope: OrganizationScope,
    id: string,
    write: ProjectWriteDto,
    expected: Expectation,
    onInvalid?: OnInvalid,
  ): Promise<ProjectResponseDto> {
    return this.graph.transaction(async (tx) => {
      const writer = new ProjectWriter(tx, scope, this.images);
      const current = await writer.lock(id, expected);
      const set = await this.schemas.at(current.blueprints, tx);
      return this.store(tx, scope, { writer, current, set }, write, { onInvalid });
    });
  }

  async patch(
    scope: OrganizationScope,
    id: string,
    patch: PatchDocument,
    expected: Expectation,
    onInvalid?: OnInvalid,
  ): Promise<ProjectResponseDto> {
    return this.graph.transaction(async (tx) => {
      const writer = new ProjectWriter(tx, scope, this.images);
      const current = await writer.lock(id, expected);
      const set = await this.schemas.at(current.blueprints, tx);
      const document = applyPatch(patch, toProjectDocument(current, set), { serverOwned: ANSWER_ONLY });
      const write = await validateDocument(ProjectWriteDto, writableDocument(document, ANSWER_ONLY));
      return this.store(tx, scope, { writer, current, set }, write, { onInvalid, isPatch: true });
    });
  }

  async setArchived(
    scope: OrganizationScope,
    id: string,
    archived: boolean,
    expected: Expectation,
  ): Promise<ProjectResponseDto> {
    return this.graph.transaction(async (tx) => {
      const writer = new ProjectWriter(tx, scope, this.images);
      const current = await writer.lock(id, expected);
      // Archiving what is archived keeps the day it was archived on.
      const isArchived = typeof current.properties['archived_at'] === 'string';
      if (isArchived !== archived) await writer.setArchived(id, archived ? new Date().toISOString() : null);
      const row = await writer.read(id);
      return toProjectResponse(row, await this.schemas.at(row.blueprints, tx));
    });
  }

  async delete(scope: OrganizationScope, id: string, expected: Expectation): Promise<void> {
    await this.graph.transaction(async (tx) => {
      const writer = new ProjectWriter(tx, scope, this.images);
      await writer.lock(id, expected);
      await writer.remove(id);
    });
  }

  private async store(
    tx: GraphTransaction,
    scope: OrganizationScope,
    { writer, current, set }: LockedProject,
    write: ProjectWriteDto,
    rules: AttributeRules,
  ): Promise<ProjectResponseDto> {
    assertMaps(write);
    const references = await resolveReferences(tx, scope.id, [write]);
    references.assertKnown(write);
    const attributes = assertFits(decideProject(set, scope.id, write, current, rules));
    const changed = await namingSlug('project', write.slug, () =>
      writer.replace(current, { write, attributes }, references),
    );
    return toProjectResponse(changed ? await writer.read(String(current.properties['id'])) : current, set);
  }
}
