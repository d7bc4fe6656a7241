import { Inject, Injectable, Optional } from '@nestjs/common';
import { notFound } from '#libs/common';
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
import { Organization } from '../model/organization.vertex.js';
import { ENTITY_IMAGES, type EntityImages, NO_IMAGES } from '../shared/entity-images.js';
import { NAMED_LIST } from '../shared/entity-kind.js';
import type { OrganizationScope } from '../shared/organization-scope.js';
import { inUse } from '../shared/project-users.js';
import { namingSlug } from '../shared/slug-clash.js';
import { type OrganizationResponseDto, OrganizationWriteDto } from './organization.dto.js';
import { OrganizationContents } from './organization-contents.repository.js';
import type { OrganizationDeletionDto } from './organization-deletion.dto.js';
import { OrganizationDeletions } from './organization-deletions.service.js';

/** Which organizations a caller may see. */
export interface VisibleOrganizations {
  /** Ids, or `all`. */
  readonly ids: readonly string[] | 'all';
}

/** The tenants of an installation. */
@Injectable()
export class OrganizationsService {
  private readonly contents: OrganizationContents;

  constructor(
    private readonly graph: Graph,
    private readonly pages: Pages,
    private readonly deletions: OrganizationDeletions,
    @Optional() @Inject(ENTITY_IMAGES) private readonly images: EntityImages = NO_IMAGES,
  ) {
    this.contents = new OrganizationContents(graph.model);
  }

  async list(visible: VisibleOrganizations, query: PageQueryDto): Promise<Page<OrganizationResponseDto>> {
    const request = this.pages.read('organizations', query, NAMED_LIST);
    const within = visible.ids === 'all' ? {} : { id: { in: visible.ids } };
    const where = { and: [within, { deletion_id: null }, toGraphFilter(request.filters)] };
    const page = await this.graph.read.list(Organization, {
      where,
      order: toGraphOrder(request.sort),
      after: toKeysetPosition(request.after),
      limit: request.limit + 1,
    });
    return this.pages.answer(request, page.items, {
      item: toResponse,
      position: (vertex) => toCursorPosition(request.sort, toDocument(vertex)),
      total: request.count ? await this.graph.read.count(Organization, where) : undefined,
    });
  }

  async get(scope: OrganizationScope): Promise<OrganizationResponseDto> {
    const found = await this.graph.read.find(Organization, scope.id);
    if (!found || found.deletion_id !== null) throw missing(scope);
    return toResponse(found);
  }

  async create(write: OrganizationWriteDto): Promise<OrganizationResponseDto> {
    return this.graph.transaction(async (tx) => {
      const vertex = await namingSlug('organization', write.slug, () => tx.insert(Organization, toProperties(write)));
      await this.showImage(tx, vertex, null);
      tx.emit('organization.created', { id: vertex.id, slug: vertex.slug });
      return toResponse(vertex);
    });
  }

  async replace(
    scope: OrganizationScope,
    write: OrganizationWriteDto,
    expected: Expectation,
  ): Promise<OrganizationResponseDto> {
    return this.graph.transaction(async (tx) => {
      await this.lock(tx, scope, expected);
      return this.store(tx, scope, write);
    });
  }

  async patch(scope: OrganizationScope, patch: PatchDocument, expected: Expectation): Promise<OrganizationResponseDto> {
    return this.graph.transaction(async (tx) => {
      const current = await this.lock(tx, scope, expected);
      const document = applyPatch(patch, toDocument(toResponse(current)));
      return this.store(tx, scope, await validateDocument(OrganizationWriteDto, writableDocument(document)));
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
  ): Promise<OrganizationResponseDto> {
    const result = await namingSlug('organization', write.slug, () =>
      tx.patch(Organization, scope.id, { set: toProperties(write) }),
    );
    if (!result) throw missing(scope);
    await this.showImage(tx, result.after, result.before.icon);
    if (result.changed) tx.emit('organization.updated', { id: scope.id, slug: result.after.slug });
    return toResponse(result.after);
  }
}

function toProperties({ slug, name, description, icon, require_mfa }: OrganizationWriteDto) {
  return { slug, name, description: description ?? null, icon: icon ?? null, require_mfa: require_mfa ?? false };
}

function toResponse(vertex: VertexOf<typeof Organization>): OrganizationResponseDto {
  const { id, slug, name, description, icon, created_at, updated_at, version } = vertex;
  const require_mfa = vertex.require_mfa ?? false;
  return { id, slug, name, description, icon, require_mfa, created_at, updated_at, version };
}

function missing(scope: OrganizationScope): Error {
  return notFound(`The organization "${scope.slug}"`);
}
