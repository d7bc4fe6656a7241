import { Injectable } from '@nestjs/common';
import type { JsonScalar } from '#libs/common';
import { Graph } from '#libs/graph';
import { invalidParameters, type ListDefinition, type Page, Pages } from '#libs/http';
import type { DistributionDto, DistributionQueryDto, RollupItemDto, RollupQueryDto } from './rollup.dto.js';
import { RollupReadModel } from './rollup.read-model.js';

export const ROLLUP_LIST: ListDefinition = { sortable: [], filterable: {} };

/** Scores of many projects together, of one organization or of all. */
@Injectable()
export class ScoreRollups {
  private readonly rows: RollupReadModel;

  constructor(
    graph: Graph,
    private readonly pages: Pages,
  ) {
    this.rows = new RollupReadModel(graph.read);
  }

  async rollup(organizationId: string | undefined, query: RollupQueryDto): Promise<Page<RollupItemDto>> {
    const by = query.by ?? 'team';
    const request = this.pages.read(`scores by ${by} of ${organizationId ?? 'all'}`, query, ROLLUP_LIST);
    const after = toPosition(request.after);
    const items = await this.rows.page({ by, organizationId, after, limit: request.limit + 1 });
    return this.pages.answer(request, items, {
      item: (item) => item,
      position: ({ organization, slug }) => [organization, slug],
    });
  }

  async distribution(organizationId: string | undefined, query: DistributionQueryDto): Promise<DistributionDto> {
    const { buckets = 10, team, project_type: projectType } = query;
    const found = await this.rows.distribution({ organizationId, team, projectType, buckets });
    return { ...found, buckets: [...found.buckets] };
  }
}

function toPosition(after: readonly JsonScalar[] | undefined) {
  if (!after) return undefined;
  const [organization, slug] = after;
  if (typeof organization === 'string' && typeof slug === 'string') return { organization, slug };
  const message = 'The cursor is of an older version of this list; start again without it.';
  throw invalidParameters([{ pointer: '/cursor', message, code: 'malformed_cursor' }]);
}
