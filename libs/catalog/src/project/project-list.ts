import type { Filter } from '#libs/graph';
import { type ListDefinition, type ListRequest, toGraphFilter } from '#libs/http';
import type { Project } from '../model/project.vertex.js';
import type { JoinedFilter, ProjectFilter } from './project.read-model.js';

/** What projects can be sorted and filtered by. */
export const PROJECT_LIST: ListDefinition = {
  sortable: ['name', 'slug', 'created_at', 'updated_at', 'score', 'archived_at'],
  defaultSort: 'name',
  filterable: {
    slug: { type: 'text' },
    name: { type: 'text' },
    description: { type: 'text' },
    score: { type: 'number' },
    created_at: { type: 'datetime' },
    updated_at: { type: 'datetime' },
    archived_at: { type: 'datetime' },
    archived: { type: 'boolean' },
    team: { type: 'reference' },
    project_type: { type: 'reference' },
    environment: { type: 'reference' },
    tag: { type: 'reference' },
  },
};

type RequestFilter = ListRequest['filters'][number];
const JOINED: readonly JoinedFilter['by'][] = ['team', 'project_type', 'environment', 'tag'];

/** Parts the filters of a request into those on the project itself and those on what it is joined to. */
export function toProjectFilter(filters: ListRequest['filters']): ProjectFilter {
  const joined: JoinedFilter[] = [];
  const own: RequestFilter[] = [];
  for (const filter of filters) {
    const by = JOINED.find((name) => name === filter.field);
    if (by) joined.push(toJoined(by, filter));
    else own.push(filter.field === 'archived' ? toArchived(filter) : filter);
  }
  if (own.length === 0) return { joined };
  const where: Filter<typeof Project> = toGraphFilter(own);
  return { own: where, joined };
}

function toJoined(by: JoinedFilter['by'], { op, value }: RequestFilter): JoinedFilter {
  const slugs = (Array.isArray(value) ? value : [value]).map(String);
  switch (op) {
    case 'exists':
      return { by, negated: value === false };
    case 'ne':
    case 'nin':
      return { by, slugs, negated: true };
    default:
      return { by, slugs };
  }
}

function toArchived({ op, value }: RequestFilter): RequestFilter {
  const archived = op === 'exists' ? value === true : (value === true) === (op === 'eq');
  return { field: 'archived_at', op: 'exists', value: archived };
}
