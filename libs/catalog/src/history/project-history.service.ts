import { Injectable } from '@nestjs/common';
import { Analytics, type EntityChange, type EntityChangePosition, EntityChangesReadModel } from '#libs/analytics';
import { type JsonScalar, notFound } from '#libs/common';
import { Graph } from '#libs/graph';
import { invalidParameters, type ListDefinition, type Page, type PageQueryDto, Pages } from '#libs/http';
import { Project } from '../model/project.vertex.js';
import type { OrganizationScope } from '../shared/organization-scope.js';
import { fieldChanges, stateOf } from './field-changes.js';
import type { ChangeResponseDto } from './history.dto.js';

export const HISTORY_LIST: ListDefinition = { sortable: [], filterable: {} };

/** What became of a project and its edges, newest first; of a deleted one too. */
@Injectable()
export class ProjectHistoryService {
  private readonly changes: EntityChangesReadModel;

  constructor(
    private readonly graph: Graph,
    private readonly pages: Pages,
    analytics: Analytics,
  ) {
    this.changes = new EntityChangesReadModel(analytics);
  }

  async list(scope: OrganizationScope, id: string, query: PageQueryDto): Promise<Page<ChangeResponseDto>> {
    const request = this.pages.read(`history of ${id}`, query, HISTORY_LIST);
    const { items } = await this.changes.readHistory({
      organizationId: scope.id,
      entityId: id,
      includeEdges: true,
      limit: request.limit + 1,
      after: toPosition(request.after),
    });
    // What was deleted keeps its history; only what never was here is not found.
    if (items.length === 0 && !(await this.graph.read.find(Project, { organization_id: scope.id, id }))) {
      throw notFound(`The project "${id}"`);
    }
    return this.pages.answer(request, items, {
      item: (change) => toResponse(id, change),
      position: ({ time, version, change_id }) => [time, version, change_id],
    });
  }
}

export function toPosition(after: readonly JsonScalar[] | undefined): EntityChangePosition | undefined {
  if (!after) return undefined;
  const [time, version, changeId] = after;
  if (typeof time === 'string' && typeof version === 'number' && typeof changeId === 'string') {
    return { time, version, changeId };
  }
  const message = 'The cursor is of an older version of this list; start again without it.';
  throw invalidParameters([{ pointer: '/cursor', message, code: 'malformed_cursor' }]);
}

function toResponse(projectId: string, change: EntityChange): ChangeResponseDto {
  const isEdge = change.entity_kind === 'edge';
  return {
    id: change.change_id,
    time: change.time,
    actor: { kind: change.actor_kind, id: change.actor_id, name: change.actor_name },
    label: change.label,
    operation: change.operation,
    version: change.version,
    other_id: isEdge ? (change.from_id === projectId ? change.to_id : change.from_id) : null,
    request_id: change.request_id,
    fields: fieldChanges(stateOf(change.before), stateOf(change.after)),
  };
}
