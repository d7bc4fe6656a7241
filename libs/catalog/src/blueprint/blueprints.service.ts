import { Inject, Injectable } from '@nestjs/common';
import { type FieldError, invalid, isDomainError, type JsonObject, notFound } from '#libs/common';
import { Graph, type GraphTransaction, ref } from '#libs/graph';
import {
  applyPatch,
  assertExpected,
  type Expectation,
  type ListDefinition,
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
import { Blueprint } from '../model/blueprint.vertex.js';
import { BelongsTo } from '../model/organization.vertex.js';
import { CATALOG_AUDIT, type CatalogAudit } from '../shared/catalog-audit.js';
import { NAMED_LIST } from '../shared/entity-kind.js';
import { slugTaken } from '../shared/slug-clash.js';
import { type BlueprintResponseDto, BlueprintWriteDto } from './blueprint.dto.js';
import {
  type BlueprintScope,
  type BlueprintVertex,
  toBlueprintProperties,
  toBlueprintResponse,
} from './blueprint.mapper.js';
import type { BlueprintPurgeDto } from './blueprint-purge.dto.js';
import { BlueprintPurges } from './blueprint-purges.service.js';
import { blueprintFaults } from './blueprint-rules.js';

export const BLUEPRINT_LIST: ListDefinition = {
  sortable: [...NAMED_LIST.sortable, 'priority'],
  defaultSort: 'name',
  filterable: {
    ...NAMED_LIST.filterable,
    kind: { type: 'text' },
    type: { type: 'text' },
    edge: { type: 'text' },
    enabled: { type: 'boolean' },
    priority: { type: 'number' },
  },
};

/** Decided when a blueprint is made: as another kind it would be another blueprint. */
const FIXED = ['kind', 'type', 'edge'] as const;

/** Blueprints of one organization, or those that are in force in all. */
@Injectable()
export class BlueprintsService {
  constructor(
    private readonly graph: Graph,
    private readonly pages: Pages,
    private readonly purges: BlueprintPurges,
    @Inject(CATALOG_AUDIT) private readonly audit: CatalogAudit,
  ) {}

  /** Of an organization, also those for all, which are in force there too. */
  async list(scope: BlueprintScope, query: PageQueryDto): Promise<Page<BlueprintResponseDto>> {
    const request = this.pages.read(`blueprints of ${scope.id ?? 'all'}`, query, BLUEPRINT_LIST);
    const where = { and: [inForceIn(scope), toGraphFilter(request.filters)] };
    const { items } = await this.graph.read.list(Blueprint, {
      where,
      order: toGraphOrder(request.sort),
      after: toKeysetPosition(request.after),
      limit: request.limit + 1,
    });
    return this.pages.answer(request, items, {
      item: toBlueprintResponse,
      position: (vertex) => toCursorPosition(request.sort, toDocument(vertex)),
      total: request.count ? await this.graph.read.count(Blueprint, where) : undefined,
    });
  }

  async get(scope: BlueprintScope, id: string): Promise<BlueprintResponseDto> {
    const found = await this.graph.read.find(Blueprint, id);
    const isHere = found && (found.organization_id === scope.id || found.organization_id === null);
    if (!isHere) throw missing(id);
    return toBlueprintResponse(found);
  }

  async create(scope: BlueprintScope, write: BlueprintWriteDto): Promise<BlueprintResponseDto> {
    return this.graph.transaction(async (tx) => this.insert(tx, scope, write));
  }

  /** Creates within an open transaction, as a seed does. */
  async insert(tx: GraphTransaction, scope: BlueprintScope, write: BlueprintWriteDto): Promise<BlueprintResponseDto> {
    assertNoFaults(blueprintFaults(write));
    const vertex = await namingClash(write, () => tx.insert(Blueprint, toBlueprintProperties(scope, write)));
    if (scope.id !== null) await tx.connect(BelongsTo, ref(Blueprint, vertex.id), scope.id);
    this.announce(tx, 'created', vertex);
    return toBlueprintResponse(vertex);
  }

  async replace(
    scope: BlueprintScope,
    id: string,
    write: BlueprintWriteDto,
    expected: Expectation,
  ): Promise<BlueprintResponseDto> {
    return this.graph.transaction(async (tx) => {
      const current = await lock(tx, scope, id, expected);
      return this.store(tx, scope, current, write);
    });
  }

  async patch(
    scope: BlueprintScope,
    id: string,
    patch: PatchDocument,
    expected: Expectation,
  ): Promise<BlueprintResponseDto> {
    return this.graph.transaction(async (tx) => {
      const current = await lock(tx, scope, id, expected);
      const document = applyPatch(patch, toDocument(toBlueprintResponse(current)));
      const write = await validateDocument(BlueprintWriteDto, writableDocument(document));
      return this.store(tx, scope, current, write);
    });
  }

  /** Its attributes stay, unseen; with `purge` a job removes them, whose progress is the answer. */
  async delete(
    scope: BlueprintScope,
    id: string,
    expected: Expectation,
    purge: boolean,
  ): Promise<BlueprintPurgeDto | undefined> {
    return this.graph.transaction(async (tx) => {
      const current = await lock(tx, scope, id, expected, true);
      await tx.remove(Blueprint, id);
      this.announce(tx, 'deleted', current, { purge });
      return purge ? this.purges.request(tx, current) : undefined;
    });
  }

  private async store(
    tx: GraphTransaction,
    scope: BlueprintScope,
    current: BlueprintVertex,
    write: BlueprintWriteDto,
  ): Promise<BlueprintResponseDto> {
    assertNoFaults([...fixedFaults(current, write), ...blueprintFaults(write)]);
    const set = toBlueprintProperties(scope, write);
    const result = await namingClash(write, () => tx.patch(Blueprint, current.id, { set }));
    if (!result) throw missing(current.id);
    const { before, after, changed } = result;
    if (!changed) return toBlueprintResponse(after);
    if (before.enabled !== after.enabled) this.announce(tx, after.enabled ? 'enabled' : 'disabled', after);
    const fields = differing(before, after);
    if (fields.some((name) => name !== 'enabled')) this.announce(tx, 'updated', after, { changed: fields });
    return toBlueprintResponse(after);
  }

  private announce(tx: GraphTransaction, what: keyof typeof ACTIONS, vertex: BlueprintVertex, more: JsonObject = {}) {
    const { id, organization_id, slug, kind, type, edge } = vertex;
    const subject = { organization_id, id, slug, kind, type, edge };
    tx.emit(`blueprint.${what}`, { ...subject, ...more });
    this.audit.record(tx, {
      action: `blueprint.${ACTIONS[what]}`,
      organizationId: organization_id ?? undefined,
      resourceKind: 'blueprint',
      resourceId: id,
      detail: { slug, kind, type, edge, ...more },
    });
  }
}

const ACTIONS = {
  created: 'create',
  updated: 'update',
  deleted: 'delete',
  enabled: 'enable',
  disabled: 'disable',
} as const;

function inForceIn(scope: BlueprintScope) {
  const everywhere = { organization_id: null };
  return scope.id === null ? everywhere : { or: [{ organization_id: scope.id }, everywhere] };
}

async function lock(
  tx: GraphTransaction,
  scope: BlueprintScope,
  id: string,
  expected: Expectation,
  forRemoval = false,
): Promise<BlueprintVertex> {
  const locked = await tx.lock(Blueprint, id, { forRemoval });
  // One for all organizations is not a single organization's to change.
  if (!locked || locked.organization_id !== scope.id) throw missing(id);
  assertExpected('blueprint', expected, locked.version);
  return locked;
}

function fixedFaults(current: BlueprintVertex, write: BlueprintWriteDto): FieldError[] {
  return FIXED.filter((name) => (write[name] ?? null) !== current[name]).map((name) => ({
    pointer: `/${name}`,
    code: 'fixed',
    message: 'cannot be changed: make another blueprint',
  }));
}

function assertNoFaults(faults: readonly FieldError[]): void {
  if (faults.length > 0) throw invalid(faults, 'The blueprint is not valid.');
}

async function namingClash<Result>(write: BlueprintWriteDto, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!isDomainError(error) || error.code !== 'already_exists') throw error;
    throw slugTaken('blueprint', write.slug, error);
  }
}

const COMPARED = ['slug', 'name', 'description', 'enabled', 'priority', 'filter', 'json_schema'] as const;

function differing(before: BlueprintVertex, after: BlueprintVertex): string[] {
  return COMPARED.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
}

function missing(id: string): Error {
  return notFound(`The blueprint "${id}"`);
}
