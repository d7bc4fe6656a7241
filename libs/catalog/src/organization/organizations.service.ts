import { Inject, Injectable, Optional } from '@nestjs/common';
import { type JsonObject, type JsonValue, newId, notFound } from '#libs/common';
import { Graph, type GraphTransaction, type VertexOf } from '#libs/graph';
import {
  applyPatch,
  assertExpected,
  type Expectation,
  type Page,
  type PageQueryDto,
  Pages,
  type PatchDocument,
  toCursorPosition,
  toDocument,
  toGraphFilter,
  toGraphOrder,
  toKeysetPosition,
  validateDocument,
  writableDocument,
} from '#libs/http';
import type { OnInvalid } from '../blueprint/attribute-writes.js';
import { BlueprintSchemas, type BlueprintSet } from '../blueprint/blueprint-schemas.js';
import { Organization } from '../model/organization.vertex.js';
import { CATALOG_AUDIT, type CatalogAudit } from '../shared/catalog-audit.js';
import { EntityAttributes, type Extension } from '../shared/entity-attributes.js';
import { ENTITY_IMAGES, type EntityImages, NO_IMAGES } from '../shared/entity-images.js';
import { NAMED_LIST } from '../shared/entity-kind.js';
import { ExtensibleReadModel } from '../shared/extensible.read-model.js';
import type { OrganizationScope } from '../shared/organization-scope.js';
import { inUse } from '../shared/project-users.js';
import { namingSlug } from '../shared/slug-clash.js';
import { type OrganizationResponseDto, OrganizationWriteDto } from './organization.dto.js';
import { OrganizationContents } from './organization-contents.repository.js';
import type { OrganizationDeletionDto } from './organization-deletion.dto.js';
import { OrganizationDeletions } from './organization-deletions.service.js';

const ANSWER_ONLY = ['attribute_errors'];

/** Which organizations a caller may see. */
export interface VisibleOrganizations {
  /** Ids, or `all`. */
  readonly ids: readonly string[] | 'all';
}

/** The tenants of an installation. */
@Injectable()
export class OrganizationsService {
  private readonly contents: OrganizationContents;
  private readonly attributes: EntityAttributes;

  constructor(
    private readonly graph: Graph,
    private readonly pages: Pages,
    private readonly deletions: OrganizationDeletions,
    schemas: BlueprintSchemas,
    @Optional() @Inject(ENTITY_IMAGES) private readonly images: EntityImages = NO_IMAGES,
    @Optional() @Inject(CATALOG_AUDIT) private readonly audit?: CatalogAudit,
  ) {
    this.attributes = new EntityAttributes(schemas, 'Organization');
    this.contents = new OrganizationContents(graph.model, audit);
  }

  async list(visible: VisibleOrganizations, query: PageQueryDto): Promise<Page<OrganizationResponseDto>> {
    const request = this.pages.read('organizations', query, NAMED_LIST);
    const within = visible.ids === 'all' ? {} : { id: { in: visible.ids } };
    const where = { and: [within, { deletion_id: null }, toGraphFilter(request.filters)] };
    const rows = await new ExtensibleReadModel(this.graph.read, Organization).page({
      where,
      order: toGraphOrder(request.sort),
      after: toKeysetPosition(request.after),
      limit: request.limit + 1,
    });
    const set = await this.attributes.at(rows[0]?.blueprints);
    return this.pages.answer(request, rows, {
      item: ({ vertex }) => this.respond(set, vertex),
      position: ({ vertex }) => toCursorPosition(request.sort, vertex),
      total: request.count ? await this.graph.read.count(Organization, where) : undefined,
    });
  }

  async get(scope: OrganizationScope): Promise<OrganizationResponseDto> {
    const found = await new ExtensibleReadModel(this.graph.read, Organization).find({ id: scope.id });
    if (!found || found.vertex['deletion_id'] !== null) throw missing(scope);
    return this.respond(await this.attributes.at(found.blueprints), found.vertex);
  }

  async create(write: OrganizationWriteDto): Promise<OrganizationResponseDto> {
    return this.graph.transaction(async (tx) => {
      const set = await this.attributes.current(tx);
      const id = newId();
      const attributes = this.attributes.decide(set, { organizationId: id, ...decidable(write) });
      const own = { ...toProperties(write), id, attributes };
      const vertex = await namingSlug('organization', write.slug, () => tx.insert(Organization, own));
      await this.showImage(tx, vertex, null);
      this.auditSecondFactor(tx, vertex, false);
      tx.emit('organization.created', { id: vertex.id, slug: vertex.slug });
      return this.respond(set, vertex);
    });
  }

  async replace(
    scope: OrganizationScope,
    write: OrganizationWriteDto,
    expected: Expectation,
    onInvalid?: OnInvalid,
  ): Promise<OrganizationResponseDto> {
    return this.graph.transaction(async (tx) => {
      const current = await this.lock(tx, scope, expected);
      return this.store(tx, scope, write, { set: await this.attributes.current(tx), current, onInvalid });
    });
  }

  async patch(
    scope: OrganizationScope,
    patch: PatchDocument,
    expected: Expectation,
    onInvalid?: OnInvalid,
  ): Promise<OrganizationResponseDto> {
    return this.graph.transaction(async (tx) => {
      const current = await this.lock(tx, scope, expected);
      const set = await this.attributes.current(tx);
      const before = toDocument(this.respond(set, current));
      const document = writableDocument(applyPatch(patch, before, { serverOwned: ANSWER_ONLY }), ANSWER_ONLY);
      const write = await validateDocument(OrganizationWriteDto, document);
      return this.store(tx, scope, write, { set, current, isPatch: true, onInvalid });
    });
  }

  /**
   * Refused while the organization owns anything, with the counts by kind; with `cascade` it is hidden at once and a
   * job deletes all of it, whose progress is the answer.
   */
  async delete(
    scope: OrganizationScope,
    expected: Expectation,
    cascade = false,
  ): Promise<OrganizationDeletionDto | undefined> {
    return this.graph.transaction(async (tx) => {
      const locked = await this.lock(tx, scope, expected, true);
      if (cascade) return this.deletions.request(tx, locked);
      const counts = await this.contents.countOwned(tx, scope.id);
      if (Object.keys(counts).length > 0) throw inUse('organization', locked.slug, counts);
      await this.contents.removeAllNaming(tx, scope.id);
      await tx.remove(Organization, scope.id);
      tx.emit('organization.deleted', { id: scope.id, slug: locked.slug });
      return undefined;
    });
  }

  private async showImage(
    tx: GraphTransaction,
    { id, icon }: { id: string; icon: string | null },
    before: string | null,
  ): Promise<void> {
    await this.images.use(tx, [{ definition: Organization, id, organizationId: id, before, after: icon }]);
  }

  // Whether its members need a second factor is a rule of the installation's security, not one more property.
  private auditSecondFactor(tx: GraphTransaction, after: VertexOf<typeof Organization>, before: boolean): void {
    const required = after.require_mfa === true;
    if (required === before) return;
    this.audit?.record(tx, {
      action: 'organization.require_mfa',
      organizationId: after.id,
      resourceKind: 'Organization',
      resourceId: after.id,
      detail: { slug: after.slug, require_mfa: required },
    });
  }

  private async lock(
    tx: GraphTransaction,
    scope: OrganizationScope,
    expected: Expectation,
    forRemoval = false,
  ): Promise<VertexOf<typeof Organization>> {
    const locked = await tx.lock(Organization, scope.id, { forRemoval });
    if (!locked || locked.deletion_id !== null) throw missing(scope);
    assertExpected('organization', expected, locked.version);
    return locked;
  }

  private async store(
    tx: GraphTransaction,
    scope: OrganizationScope,
    write: OrganizationWriteDto,
    { set, current, isPatch, onInvalid }: Known,
  ): Promise<OrganizationResponseDto> {
    const attributes = this.attributes.decide(set, {
      organizationId: scope.id,
      ...decidable(write),
      current: { ...current },
      isPatch,
      onInvalid,
    });
    const own = { ...toProperties(write), attributes };
    const result = await namingSlug('organization', write.slug, () => tx.patch(Organization, scope.id, { set: own }));
    if (!result) throw missing(scope);
    await this.showImage(tx, result.after, result.before.icon);
    this.auditSecondFactor(tx, result.after, result.before.require_mfa === true);
    if (result.changed) tx.emit('organization.updated', { id: scope.id, slug: result.after.slug });
    return this.respond(set, result.after);
  }

  private respond(set: BlueprintSet, vertex: JsonObject | VertexOf<typeof Organization>): OrganizationResponseDto {
    const stored = { ...vertex };
    return toResponse(stored, this.attributes.extension(set, stored));
  }
}

/** What a write of an existing organization has read before. */
interface Known {
  readonly set: BlueprintSet;
  readonly current: VertexOf<typeof Organization>;
  readonly isPatch?: boolean;
  readonly onInvalid?: OnInvalid;
}

function decidable({ slug, attributes }: OrganizationWriteDto) {
  return { slug, attributes };
}

function toProperties({ slug, name, description, icon, require_mfa }: OrganizationWriteDto) {
  return { slug, name, description: description ?? null, icon: icon ?? null, require_mfa: require_mfa ?? false };
}

function toResponse(vertex: JsonObject, extension: Extension): OrganizationResponseDto {
  return {
    id: String(vertex['id']),
    slug: String(vertex['slug']),
    name: String(vertex['name']),
    description: textOrNull(vertex['description']),
    icon: textOrNull(vertex['icon']),
    ...extension,
    require_mfa: vertex['require_mfa'] === true,
    created_at: String(vertex['created_at']),
    updated_at: String(vertex['updated_at']),
    version: Number(vertex['version']),
  };
}

function textOrNull(value: JsonValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function missing(scope: OrganizationScope): Error {
  return notFound(`The organization "${scope.slug}"`);
}
