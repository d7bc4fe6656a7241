import { Inject, Optional } from '@nestjs/common';
import { DomainError, invalid, isDomainError, type JsonObject, notFound } from '#libs/common';
import { type Graph, type GraphTransaction, type LockOptions, ref } from '#libs/graph';
import {
  applyPatch,
  assertExpected,
  type Expectation,
  type Page,
  type PageQueryDto,
  type Pages,
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
import type { BlueprintSet } from '../blueprint/blueprint-schemas.js';
import { BelongsTo } from '../model/organization.vertex.js';
import { CATALOG_AUDIT, type CatalogAudit } from './catalog-audit.js';
import type { NamedResponseDto, NamedWriteDto } from './entity.dto.js';
import { type EntityAttributes, NO_EXTENSION } from './entity-attributes.js';
import { ENTITY_IMAGES, type EntityImages, iconOf, NO_IMAGES } from './entity-images.js';
import type { EntityKind } from './entity-kind.js';
import { ExtensibleReadModel } from './extensible.read-model.js';
import type { OrganizationScope } from './organization-scope.js';
import { namingSlug } from './slug-clash.js';

const ANSWER_ONLY = ['attribute_errors'];

interface WriteRules {
  readonly isPatch?: boolean;
  readonly onInvalid?: OnInvalid;
}

/** What happens to the users of an entity before it goes, in the transaction that deletes it. */
export type BeforeDelete = (tx: GraphTransaction, entity: JsonObject) => Promise<void>;

/**
 * Everything that is the same for entities that an organization owns and addresses by slug. Each kind's service holds
 * one of these and adds what is its own.
 */
export class OrganizationEntities<Write extends NamedWriteDto, Response extends NamedResponseDto> {
  /** A property, so that services of each kind need not pass it through. */
  @Optional()
  @Inject(ENTITY_IMAGES)
  private readonly images: EntityImages = NO_IMAGES;
  @Optional()
  @Inject(CATALOG_AUDIT)
  private readonly audit?: CatalogAudit;

  constructor(
    private readonly graph: Graph,
    private readonly pages: Pages,
    private readonly kind: EntityKind<Write, Response>,
    private readonly attributes?: EntityAttributes,
  ) {}

  async list(scope: OrganizationScope, query: PageQueryDto): Promise<Page<Response>> {
    const { collection, definition, list } = this.kind;
    const request = this.pages.read(`${collection} of ${scope.id}`, query, list);
    const where = { and: [{ organization_id: scope.id }, toGraphFilter(request.filters)] };
    const rows = await new ExtensibleReadModel(this.graph.read, definition).page({
      where,
      order: toGraphOrder(request.sort),
      after: toKeysetPosition(request.after),
      limit: request.limit + 1,
    });
    const total = request.count ? await this.graph.read.count(definition, where) : undefined;
    const set = await this.attributes?.at(rows[0]?.blueprints);
    return this.pages.answer(request, rows, {
      item: ({ vertex }) => this.respond(set, vertex),
      position: ({ vertex }) => toCursorPosition(request.sort, vertex),
      total,
    });
  }

  async get(scope: OrganizationScope, slug: string): Promise<Response> {
    const rows = new ExtensibleReadModel(this.graph.read, this.kind.definition);
    const found = await rows.find({ organization_id: scope.id, slug });
    if (!found) throw this.missing(slug);
    return this.respond(await this.attributes?.at(found.blueprints), found.vertex);
  }

  async create(scope: OrganizationScope, write: Write): Promise<Response> {
    return this.graph.transaction(async (tx) => this.insert(tx, scope, write));
  }

  /** Creates within an open transaction, as an import or a seed does. */
  async insert(tx: GraphTransaction, scope: OrganizationScope, write: Write): Promise<Response> {
    const { definition, noun, toProperties } = this.kind;
    const set = await this.attributes?.current(tx);
    const own = { ...toProperties(write), ...this.decided(set, scope, write), organization_id: scope.id };
    const vertex = await namingSlug(noun, write.slug, () => tx.insert(definition, own));
    await tx.connect(BelongsTo, ref(definition, String(vertex['id'])), scope.id);
    await this.showImage(tx, scope, undefined, vertex);
    tx.emit(`${noun}.created`, this.subject(scope, vertex));
    return this.respond(set, vertex);
  }

  /** Replaces, or where `expected.absent` creates and never replaces. @throws DomainError `precondition_failed` (412) */
  async replace(
    scope: OrganizationScope,
    slug: string,
    write: Write,
    expected: Expectation,
    onInvalid?: OnInvalid,
  ): Promise<Response> {
    if (expected.absent) return this.createAt(scope, slug, write);
    return this.graph.transaction(async (tx) => {
      const current = await this.lockForWrite(tx, scope, slug, expected);
      return this.store(tx, scope, current, write, { set: await this.attributes?.current(tx), onInvalid });
    });
  }

  async patch(
    scope: OrganizationScope,
    slug: string,
    patch: PatchDocument,
    expected: Expectation,
    onInvalid?: OnInvalid,
  ): Promise<Response> {
    return this.graph.transaction(async (tx) => {
      const current = await this.lockForWrite(tx, scope, slug, expected);
      const set = await this.attributes?.current(tx);
      const before = toDocument(this.respond(set, current));
      const document = writableDocument(applyPatch(patch, before, { serverOwned: ANSWER_ONLY }), ANSWER_ONLY);
      const write = await validateDocument(this.kind.writeDto, document);
      return this.store(tx, scope, current, write, { set, isPatch: true, onInvalid });
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
      await this.images.release(tx, this.kind.definition, String(current['id']));
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

  /** What takes the place of a deleted one, locked; undefined where nothing was named. */
  protected async replacement(
    tx: GraphTransaction,
    scope: OrganizationScope,
    slug: string | undefined,
  ): Promise<JsonObject | undefined> {
    if (slug === undefined) return undefined;
    try {
      return await this.lock(tx, scope, slug);
    } catch (error) {
      if (!isDomainError(error) || error.code !== 'not_found') throw error;
      throw invalid([{ pointer: '/replace_with', code: 'unknown_reference', message: error.message }]);
    }
  }

  private async createAt(scope: OrganizationScope, slug: string, write: Write): Promise<Response> {
    if (write.slug !== slug) {
      const message = `must be "${slug}", as in the address that is to be created`;
      throw invalid([{ pointer: '/slug', code: 'not_the_address', message }]);
    }
    try {
      return await this.create(scope, write);
    } catch (error) {
      if (!isDomainError(error) || error.code !== 'already_exists') throw error;
      const message = `The ${this.words} "${slug}" is there already.`;
      throw new DomainError('precondition_failed', 'precondition_failed', message, { cause: error });
    }
  }

  // Who refers by slug holds the key against removal, as who refers by an edge does; a rename must wait for both.
  private async lockForWrite(
    tx: GraphTransaction,
    scope: OrganizationScope,
    slug: string,
    expected: Expectation,
  ): Promise<JsonObject> {
    return this.lock(tx, scope, slug, expected, { forRemoval: this.kind.onRename !== undefined });
  }

  private async store(
    tx: GraphTransaction,
    scope: OrganizationScope,
    current: JsonObject,
    write: Write,
    { set: seen, ...rules }: { readonly set: BlueprintSet | undefined } & WriteRules,
  ): Promise<Response> {
    const { definition, noun, toProperties } = this.kind;
    const { audit } = this;
    const set = seen && (await this.attributes?.followed(tx, seen, { current, slug: write.slug, audit }));
    const own = { ...toProperties(write), ...this.decided(set, scope, write, { ...rules, current, seen }) };
    const result = await namingSlug(noun, write.slug, () => tx.patch(definition, String(current['id']), { set: own }));
    if (!result) throw this.missing(String(current['slug']));
    await this.showImage(tx, scope, result.before, result.after);
    if (result.before['slug'] !== result.after['slug']) await this.kind.onRename?.(tx, result.before, result.after);
    if (result.changed) tx.emit(`${noun}.updated`, this.subject(scope, result.after));
    return this.respond(set, result.after);
  }

  private respond(set: BlueprintSet | undefined, vertex: JsonObject): Response {
    const extension = set && this.attributes?.extension(set, vertex);
    return this.kind.toResponse(vertex, extension ?? NO_EXTENSION);
  }

  private decided(
    set: BlueprintSet | undefined,
    scope: OrganizationScope,
    write: Write,
    more: WriteRules & { readonly current?: JsonObject; readonly seen?: BlueprintSet } = {},
  ): { attributes?: JsonObject } {
    if (!set || !this.attributes) return {};
    const { slug } = write;
    const attributes: unknown = Reflect.get(write, 'attributes');
    return { attributes: this.attributes.decide(set, { organizationId: scope.id, slug, attributes, ...more }) };
  }

  private async showImage(
    tx: GraphTransaction,
    scope: OrganizationScope,
    before: JsonObject | undefined,
    after: JsonObject,
  ): Promise<void> {
    const use = { definition: this.kind.definition, id: String(after['id']), organizationId: scope.id };
    await this.images.use(tx, [{ ...use, before: iconOf(before), after: iconOf(after) }]);
  }

  private subject(scope: OrganizationScope, vertex: JsonObject): JsonObject {
    return { organization_id: scope.id, id: String(vertex['id']), slug: String(vertex['slug']) };
  }

  private missing(slug: string): Error {
    return notFound(`The ${this.words} "${slug}"`);
  }

  private get words(): string {
    return this.kind.noun.replaceAll('_', ' ');
  }
}
