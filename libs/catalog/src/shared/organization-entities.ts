import { type JsonObject, notFound } from '#libs/common';
import { type Graph, type GraphTransaction, type LockOptions, ref } from '#libs/graph';
import { applyPatch, type Page, type PageQueryDto, type Pages, type PatchDocument, validateDocument } from '#libs/http';
import { BelongsTo } from '../model/organization.vertex.js';
import { toDocument, writableDocument } from './document.js';
import type { NamedResponseDto, NamedWriteDto } from './entity.dto.js';
import type { EntityKind } from './entity-kind.js';
import { assertExpected, type Expectation } from './expectation.js';
import { toCursorPosition, toGraphFilter, toGraphOrder, toKeysetPosition } from './graph-list.js';
import type { OrganizationScope } from './organization-scope.js';

/** What happens to the users of an entity before it goes, in the transaction that deletes it. */
export type BeforeDelete = (tx: GraphTransaction, entity: JsonObject) => Promise<void>;

/**
 * Everything that is the same for entities that an organization owns and addresses by slug. Each kind's service holds
 * one of these and adds what is its own.
 */
export class OrganizationEntities<Write extends NamedWriteDto, Response extends NamedResponseDto> {
  constructor(
    private readonly graph: Graph,
    private readonly pages: Pages,
    private readonly kind: EntityKind<Write, Response>,
  ) {}

  async list(scope: OrganizationScope, query: PageQueryDto): Promise<Page<Response>> {
    const { collection, definition, list, toResponse } = this.kind;
    const request = this.pages.read(`${collection} of ${scope.id}`, query, list);
    const where = { and: [{ organization_id: scope.id }, toGraphFilter(request.filters)] };
    const page = await this.graph.read.list(definition, {
      where,
      order: toGraphOrder(request.sort),
      after: toKeysetPosition(request.after),
      limit: request.limit + 1,
    });
    const total = request.count ? await this.graph.read.count(definition, where) : undefined;
    return this.pages.answer(request, page.items, {
      item: toResponse,
      position: (vertex) => toCursorPosition(request.sort, vertex),
      total,
    });
  }

  async get(scope: OrganizationScope, slug: string): Promise<Response> {
    const found = await this.graph.read.find(this.kind.definition, { organization_id: scope.id, slug });
    if (!found) throw this.missing(slug);
    return this.kind.toResponse(found);
  }

  async create(scope: OrganizationScope, write: Write): Promise<Response> {
    return this.graph.transaction(async (tx) => this.insert(tx, scope, write));
  }

  /** Creates within an open transaction, as an import or a seed does. */
  async insert(tx: GraphTransaction, scope: OrganizationScope, write: Write): Promise<Response> {
    const { definition, noun, toProperties, toResponse } = this.kind;
    const vertex = await tx.insert(definition, { ...toProperties(write), organization_id: scope.id });
    await tx.connect(BelongsTo, ref(definition, String(vertex['id'])), scope.id);
    tx.emit(`${noun}.created`, this.subject(scope, vertex));
    return toResponse(vertex);
  }

  async replace(scope: OrganizationScope, slug: string, write: Write, expected: Expectation): Promise<Response> {
    return this.graph.transaction(async (tx) => {
      const current = await this.lock(tx, scope, slug, expected);
      return this.store(tx, scope, current, write);
    });
  }

  async patch(scope: OrganizationScope, slug: string, patch: PatchDocument, expected: Expectation): Promise<Response> {
    return this.graph.transaction(async (tx) => {
      const current = await this.lock(tx, scope, slug, expected);
      const document = applyPatch(patch, toDocument(this.kind.toResponse(current)));
      return this.store(tx, scope, current, await validateDocument(this.kind.writeDto, writableDocument(document)));
    });
  }

  async remove(
    scope: OrganizationScope,
    slug: string,
    expected: Expectation,
    beforeDelete: BeforeDelete,
  ): Promise<void> {
    await this.graph.transaction(async (tx) => {
      const current = await this.lock(tx, scope, slug, expected, { forRemoval: true });
      await beforeDelete(tx, current);
      await tx.remove(this.kind.definition, String(current['id']));
      tx.emit(`${this.kind.noun}.deleted`, this.subject(scope, current));
    });
  }

  /** The entity, locked against other writers. @throws DomainError `not_found`, `version_mismatch` */
  async lock(
    tx: GraphTransaction,
    scope: OrganizationScope,
    slug: string,
    expected: Expectation = {},
    options: LockOptions = {},
  ): Promise<JsonObject> {
    const { definition, noun } = this.kind;
    const found = await tx.find(definition, { organization_id: scope.id, slug });
    const locked = found && (await tx.lock(definition, String(found['id']), options));
    // Renamed or deleted between the two statements: for this caller it is gone.
    if (!locked || locked['slug'] !== slug) throw this.missing(slug);
    assertExpected(noun, expected, Number(locked['version']));
    return locked;
  }

  private async store(
    tx: GraphTransaction,
    scope: OrganizationScope,
    current: JsonObject,
    write: Write,
  ): Promise<Response> {
    const { definition, noun, toProperties, toResponse } = this.kind;
    const result = await tx.patch(definition, String(current['id']), { set: toProperties(write) });
    if (!result) throw this.missing(String(current['slug']));
    if (result.changed) tx.emit(`${noun}.updated`, this.subject(scope, result.after));
    return toResponse(result.after);
  }

  private subject(scope: OrganizationScope, vertex: JsonObject): JsonObject {
    return { organization_id: scope.id, id: String(vertex['id']), slug: String(vertex['slug']) };
  }

  private missing(slug: string): Error {
    return notFound(`The ${this.kind.noun.replaceAll('_', ' ')} "${slug}"`);
  }
}
