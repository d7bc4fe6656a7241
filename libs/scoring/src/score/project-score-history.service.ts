import { Injectable } from '@nestjs/common';
import { Analytics } from '#libs/analytics';
import { Project } from '#libs/catalog';
import { type JsonScalar, notFound } from '#libs/common';
import { Graph } from '#libs/graph';
import { invalidParameters, type ListDefinition, type Page, Pages } from '#libs/http';
import { fromUnits, toUnits } from '../engine/exact.js';
import type { ScoreHistoryItemDto, ScoreHistoryQueryDto, ScoreTrendDto } from './score-history.dto.js';
import { ScoreHistoryReadModel } from './score-history.read-model.js';

export const SCORE_HISTORY_LIST: ListDefinition = { sortable: [], filterable: {} };
const DAY_MS = 86_400_000;

/** What became of the score of a project; of a deleted one too. */
@Injectable()
export class ProjectScoreHistory {
  private readonly rows: ScoreHistoryReadModel;

  constructor(
    private readonly graph: Graph,
    private readonly pages: Pages,
    analytics: Analytics,
  ) {
    this.rows = new ScoreHistoryReadModel(analytics);
  }

  async list(organizationId: string, id: string, query: ScoreHistoryQueryDto): Promise<Page<ScoreHistoryItemDto>> {
    const granularity = query.granularity ?? 'raw';
    const request = this.pages.read(`${granularity} scores of ${id}`, query, SCORE_HISTORY_LIST);
    const before = timeOf(request.after);
    const items = await this.rows.page({
      organizationId,
      projectId: id,
      granularity,
      before,
      limit: request.limit + 1,
    });
    if (items.length === 0) await this.assertThere(organizationId, id);
    return this.pages.answer(request, items, {
      item: (item) => ({ ...item, time: milliseconds(item.time) }),
      position: ({ time }) => [time],
    });
  }

  async trend(organizationId: string, id: string, days: number): Promise<ScoreTrendDto> {
    const since = new Date(Date.now() - days * DAY_MS);
    const found = await this.rows.trend(organizationId, id, since);
    if (!found) await this.assertThere(organizationId, id);
    const { score = null, previous = null, changes = '0' } = found ?? {};
    const delta = score === null || previous === null ? null : difference(score, previous);
    return {
      since: since.toISOString(),
      score,
      previous,
      delta,
      direction: delta === null ? null : directionOf(delta),
      changes: Number(changes),
    };
  }

  // What was deleted keeps its history; only what never was here is not found.
  private async assertThere(organizationId: string, id: string): Promise<void> {
    const found = await this.graph.read.find(Project, { organization_id: organizationId, id });
    if (!found) throw notFound(`The project "${id}"`);
  }
}

function directionOf(delta: number): 'up' | 'down' | 'flat' {
  if (delta === 0) return 'flat';
  return delta > 0 ? 'up' : 'down';
}

function difference(score: number, previous: number): number {
  return fromUnits(toUnits(score) - toUnits(previous));
}

// The column store knows microseconds, which tell two changes apart; the API speaks of milliseconds.
function milliseconds(time: string): string {
  return new Date(time).toISOString();
}

function timeOf(after: readonly JsonScalar[] | undefined): string | undefined {
  if (!after) return undefined;
  const [time] = after;
  if (typeof time === 'string') return time;
  const message = 'The cursor is of an older version of this list; start again without it.';
  throw invalidParameters([{ pointer: '/cursor', message, code: 'malformed_cursor' }]);
}
