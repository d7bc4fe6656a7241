import { Inject, Injectable } from '@nestjs/common';
import {
  Analytics,
  type EntityChange,
  type EntityChangePosition,
  EntityChangesReadModel,
  type ReadableChanges,
} from '#libs/analytics';
import { Graph } from '#libs/graph';
import { invalidParameters, type ListDefinition, Pages } from '#libs/http';
import { readChangeHorizon } from './change-horizon.read-model.js';
import {
  CHANGE_VISIBILITY,
  type ChangeVisibility,
  FOLLOWED_LABELS,
  isVertexLabel,
  readableLabels,
  type VisibleOrganization,
} from './change-visibility.js';
import { type ChangeFeedDto, type ChangeFeedQueryDto, toFeedItem } from './changes.dto.js';
import { toPosition } from './project-history.service.js';

export const CHANGES_LIST: ListDefinition = { sortable: [], filterable: {} };

const BEGINNING = new Date(0).toISOString();

/** What becomes of everything that the caller may read, oldest first; to be followed from where one stopped. */
@Injectable()
export class ChangesService {
  private readonly changes: EntityChangesReadModel;

  constructor(
    private readonly graph: Graph,
    private readonly pages: Pages,
    @Inject(CHANGE_VISIBILITY) private readonly visibility: ChangeVisibility,
    analytics: Analytics,
  ) {
    this.changes = new EntityChangesReadModel(analytics);
  }

  async list(query: ChangeFeedQueryDto): Promise<ChangeFeedDto> {
    const labels = readLabels(query.label);
    // A position is one in time, whatever is shown of it: who is given more rights goes on from where they are.
    const request = this.pages.read('changes', query, CHANGES_LIST);
    const after = toPosition(request.after) ?? since(query.since);
    const organizations = await this.visibility.organizations(query.organization);
    const slugs = new Map(organizations.map(({ id, slug }) => [id, slug]));
    const rows = await this.changes.readForward({
      readable: byLabels(organizations, labels),
      after,
      before: await readChangeHorizon(this.graph.read),
      limit: request.limit + 1,
    });
    const shown = rows.slice(0, request.limit);
    const position = this.pages.cursor(
      request,
      positionOf(shown.at(-1)) ?? [after.time, after.version, after.changeId],
    );
    return {
      items: shown.map((change) => toFeedItem(change, slugs.get(change.organization_id) ?? '')),
      next_cursor: rows.length > shown.length ? position : null,
      position,
    };
  }
}

function since(time: string | undefined): EntityChangePosition {
  return { time: time === undefined ? BEGINNING : new Date(time).toISOString(), version: 0, changeId: '' };
}

function positionOf(change: EntityChange | undefined): [string, number, string] | undefined {
  return change && [change.time, change.version, change.change_id];
}

/** @throws DomainError `invalid_parameters` (400) */
function readLabels(text: string | undefined): ReadonlySet<string> {
  const labels = text === undefined ? FOLLOWED_LABELS : text.split(',');
  const unknown = labels.find((label) => !FOLLOWED_LABELS.includes(label));
  if (unknown === undefined) return new Set(labels);
  const message = `"${unknown}" is not followed; only ${FOLLOWED_LABELS.join(', ')}`;
  throw invalidParameters([{ pointer: '/label', message, code: 'label' }]);
}

// Most organizations are read by the same roles: one condition for all of them that show the same labels.
function byLabels(organizations: readonly VisibleOrganization[], asked: ReadonlySet<string>): ReadableChanges[] {
  const found = new Map<string, { organizationIds: string[]; labels: string[]; membersOf: string[] }>();
  for (const organization of organizations) {
    const readable = readableLabels(organization);
    const labels = readable.filter((label) => asked.has(label));
    const membersOf = asked.has('BELONGS_TO') ? readable.filter(isVertexLabel) : [];
    if (labels.length + membersOf.length === 0) continue;
    const key = [...labels, '', ...membersOf].join(' ');
    const group = found.get(key) ?? { organizationIds: [], labels, membersOf };
    group.organizationIds.push(organization.id);
    found.set(key, group);
  }
  return [...found.values()];
}
