import { Injectable } from '@nestjs/common';
import { BelongsTo } from '#libs/catalog';
import { DomainError, isDomainError, notFound } from '#libs/common';
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
import { ScoringPolicy, Targets } from '../model/scoring-policy.vertex.js';
import { PoliciesReadModel, type PolicyRow, type PolicyTarget } from './policies.read-model.js';
import { compileMaps } from './policy-rule.js';
import type { PolicyScope } from './policy-scope.js';
import { resolveTargets } from './policy-targets.js';
import { type ScoringPolicyResponseDto, ScoringPolicyWriteDto } from './scoring-policy.dto.js';

export const POLICY_LIST: ListDefinition = {
  sortable: ['priority', 'name', 'slug', 'weight', 'created_at', 'updated_at'],
  defaultSort: 'priority',
  filterable: {
    slug: { type: 'text' },
    name: { type: 'text' },
    attribute_name: { type: 'text' },
    enabled: { type: 'boolean' },
    weight: { type: 'number' },
  },
};

/** Scoring policies, of one organization or of all. */
@Injectable()
export class ScoringPolicies {
  private readonly rows: PoliciesReadModel;

  constructor(
    private readonly graph: Graph,
    private readonly pages: Pages,
  ) {
    this.rows = new PoliciesReadModel(graph.read);
  }

  async list(scope: PolicyScope, query: PageQueryDto): Promise<Page<ScoringPolicyResponseDto>> {
    const request = this.pages.read(`scoring policies of ${scope.key}`, query, POLICY_LIST);
    const where = toGraphFilter(request.filters);
    const rows = await this.rows.page(scope.key, {
      where,
      order: toGraphOrder(request.sort),
      after: toKeysetPosition(request.after),
      limit: request.limit + 1,
    });
    const inScope = { and: [{ scope: scope.key }, where] };
    const total = request.count ? await this.graph.read.count(ScoringPolicy, inScope) : undefined;
    return this.pages.answer(request, rows, {
      item: toResponse,
      position: ({ policy }) => toCursorPosition(request.sort, toDocument(policy)),
      total,
    });
  }

  async get(scope: PolicyScope, slug: string): Promise<ScoringPolicyResponseDto> {
    return toResponse(await this.findOrFail(this.rows, scope, slug));
  }

  /** The policy with its targets in one transaction: it is never for more projects than it says. */
  async create(scope: PolicyScope, write: ScoringPolicyWriteDto): Promise<ScoringPolicyResponseDto> {
    compileMaps(write);
    return this.graph.transaction(async (tx) => {
      const targets = await resolveTargets(tx, scope, write.project_types);
      const values = { ...toProperties(write), organization_id: scope.organizationId, scope: scope.key };
      const policy = await naming(write.slug, () => tx.insert(ScoringPolicy, values));
      if (scope.organizationId !== null) {
        await tx.connect(BelongsTo, ref(ScoringPolicy, policy.id), scope.organizationId);
      }
      const edges = (targets ?? []).map(({ id }) => ({ from: policy.id, to: id }));
      await tx.connectMany(Targets, edges);
      emit(tx, 'created', policy);
      return toResponse({ policy, targets: targets ?? [] });
    });
  }

  async replace(
    scope: PolicyScope,
    slug: string,
    write: ScoringPolicyWriteDto,
    expected: Expectation,
  ): Promise<ScoringPolicyResponseDto> {
    compileMaps(write);
    return this.graph.transaction(async (tx) => {
      const current = await this.lock(tx, scope, slug, expected);
      return this.store(tx, scope, current, write);
    });
  }

  async patch(
    scope: PolicyScope,
    slug: string,
    patch: PatchDocument,
    expected: Expectation,
  ): Promise<ScoringPolicyResponseDto> {
    return this.graph.transaction(async (tx) => {
      const current = await this.lock(tx, scope, slug, expected);
      const document = applyPatch(patch, toDocument(toResponse(current)));
      const write = await validateDocument(ScoringPolicyWriteDto, writableDocument(document));
      compileMaps(write);
      return this.store(tx, scope, current, write);
    });
  }

  async delete(scope: PolicyScope, slug: string, expected: Expectation): Promise<void> {
    await this.graph.transaction(async (tx) => {
      const { policy } = await this.lock(tx, scope, slug, expected);
      await tx.remove(ScoringPolicy, policy.id);
      emit(tx, 'deleted', policy);
    });
  }

  private async store(
    tx: GraphTransaction,
    scope: PolicyScope,
    { policy, targets }: PolicyRow,
    write: ScoringPolicyWriteDto,
  ): Promise<ScoringPolicyResponseDto> {
    const wished = await resolveTargets(tx, scope, write.project_types);
    const differs = !sameTargets(targets, wished ?? []);
    if (differs) {
      const edges = (wished ?? []).map(({ id }) => ({ to: id }));
      await tx.replaceEdges(Targets, policy.id, edges);
    }
    const result = await naming(write.slug, () =>
      tx.patch(ScoringPolicy, policy.id, { set: toProperties(write), touch: differs }),
    );
    if (!result) throw missing(policy.slug);
    if (result.changed) emit(tx, 'updated', result.after);
    return toResponse({ policy: result.after, targets: wished ?? [] });
  }

  private async lock(
    tx: GraphTransaction,
    scope: PolicyScope,
    slug: string,
    expected: Expectation,
  ): Promise<PolicyRow> {
    const rows = new PoliciesReadModel(tx);
    const { policy } = await this.findOrFail(rows, scope, slug);
    const locked = await tx.lock(ScoringPolicy, policy.id);
    if (!locked || locked.slug !== slug) throw missing(slug);
    assertExpected('scoring policy', expected, locked.version);
    return this.findOrFail(rows, scope, slug);
  }

  private async findOrFail(rows: PoliciesReadModel, scope: PolicyScope, slug: string): Promise<PolicyRow> {
    const row = await rows.find(scope.key, slug);
    if (!row) throw missing(slug);
    return row;
  }
}

function toProperties(write: ScoringPolicyWriteDto) {
  return {
    slug: write.slug,
    name: write.name,
    description: write.description ?? null,
    category: write.category ?? 'attribute',
    attribute_name: write.attribute_name,
    measure: write.measure ?? 'value',
    weight: write.weight,
    enabled: write.enabled ?? true,
    priority: write.priority ?? 0,
    value_score_map: write.value_score_map ?? null,
    range_score_map: write.range_score_map ?? null,
    targeted: Boolean(write.project_types),
  } as const;
}

function toResponse({ policy, targets }: PolicyRow): ScoringPolicyResponseDto {
  const { organization_id, scope: _scope, targeted, value_score_map, range_score_map, ...shown } = policy;
  const nameOf = ({ organization, slug }: PolicyTarget) =>
    organization_id === null ? `${organization}/${slug}` : slug;
  return {
    ...shown,
    value_score_map: value_score_map && { ...value_score_map },
    range_score_map: range_score_map && { ...range_score_map },
    project_types: targeted ? targets.map(nameOf) : null,
  };
}

function sameTargets(left: readonly PolicyTarget[], right: readonly PolicyTarget[]): boolean {
  const ids = new Set(left.map(({ id }) => id));
  return ids.size === right.length && right.every(({ id }) => ids.has(id));
}

function emit(tx: GraphTransaction, what: string, policy: PolicyRow['policy']): void {
  const { organization_id, id, slug } = policy;
  tx.emit(`scoring_policy.${what}`, { organization_id, id, slug });
}

async function naming<Result>(slug: string, write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    if (!isDomainError(error) || error.code !== 'already_exists') throw error;
    const message = `Another scoring policy has the slug "${slug}" already.`;
    throw new DomainError('already_exists', 'conflict', message, {
      errors: [{ pointer: '/slug', code: 'taken', message }],
      cause: error,
    });
  }
}

function missing(slug: string): Error {
  return notFound(`The scoring policy "${slug}"`);
}
