import { isJsonObject, type JsonScalar } from '#libs/common';
import { type Filter, MAX_SEARCH_TERMS, type PathFilter, searchTerms } from '#libs/graph';
import {
  invalidParameters,
  type ListDefinition,
  type ListRequest,
  toCursorPosition,
  toGraphFilter,
  toGraphOrder,
} from '#libs/http';
import { attributeName } from '../attribute/attribute-list.js';
import type { Project } from '../model/project.vertex.js';
import type { ProjectRow } from './project.read-model.js';
import type { JoinedFilter, ProjectFilter } from './project-condition.read-model.js';
import { INSTANT, type ProjectPageRequest, RELEVANCE } from './project-page.read-model.js';

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

/** A search has one more order, which is its usual one. */
export const PROJECT_SEARCH: ListDefinition = {
  ...PROJECT_LIST,
  sortable: [...PROJECT_LIST.sortable, RELEVANCE],
  defaultSort: `${RELEVANCE},name`,
};

type RequestFilter = ListRequest['filters'][number];
const JOINED: readonly JoinedFilter['by'][] = ['team', 'project_type', 'environment', 'tag'];

/** The words of `q`; none where it says nothing. @throws DomainError `invalid_parameters` (400) for too many */
export function readTerms(q: string | undefined): readonly string[] | undefined {
  const terms = searchTerms(q ?? '');
  if (terms.length <= MAX_SEARCH_TERMS) return terms.length > 0 ? terms : undefined;
  const message = `q has more than ${MAX_SEARCH_TERMS} words`;
  throw invalidParameters([{ pointer: '/q', message, code: 'q' }]);
}

/** The order that a request for projects says. `definition` is the list as it was read with. */
export function toProjectOrder(sort: ListRequest['sort'], definition: ListDefinition): ProjectPageRequest['order'] {
  return toGraphOrder(sort).map(([[field], direction]) => {
    const attribute = attributeName(field);
    if (attribute === undefined) return [[field], direction];
    return [isInstant(definition, field) ? [`${INSTANT}${attribute}`] : ['attributes', attribute], direction];
  });
}

/** The position of a project in the list, for a cursor. */
export function positionOf(sort: ListRequest['sort'], definition: ListDefinition, row: ProjectRow): JsonScalar[] {
  const attributes = isJsonObject(row.properties['attributes']) ? row.properties['attributes'] : {};
  const values = sort.flatMap(({ field }) => {
    const name = attributeName(field);
    const value = name === undefined ? undefined : attributes[name];
    if (value === undefined) return [];
    return [[field, isInstant(definition, field) ? instant(value) : value] as const];
  });
  return toCursorPosition(sort, {
    ...row.properties,
    ...(row.relevance === undefined ? {} : { [RELEVANCE]: row.relevance }),
    ...Object.fromEntries(values),
  });
}

/** Parts the filters of a request into those on the project itself and those on what it is joined to. */
export function toProjectFilter(filters: ListRequest['filters'], definition: ListDefinition): ProjectFilter {
  const joined: JoinedFilter[] = [];
  const own: RequestFilter[] = [];
  const at: PathFilter[] = [];
  for (const filter of filters) {
    const by = JOINED.find((name) => name === filter.field);
    const attribute = attributeName(filter.field);
    if (by) joined.push(toJoined(by, filter));
    else if (attribute !== undefined) at.push(toPathFilter(attribute, filter, isInstant(definition, filter.field)));
    else own.push(filter.field === 'archived' ? toArchived(filter) : filter);
  }
  if (own.length + at.length === 0) return { joined };
  const where: Filter<typeof Project> = { ...toGraphFilter(own), at };
  return { own: where, joined };
}

function isInstant(definition: ListDefinition, field: string): boolean {
  return definition.filterable[field]?.type === 'datetime' && attributeName(field) !== undefined;
}

// Attributes keep their times as they were written: with any offset, with or without fractions.
function toPathFilter(name: string, { op, value }: RequestFilter, instants: boolean): PathFilter {
  const path = ['attributes', name] as const;
  if (!instants || op === 'exists') return { path, [op]: value };
  return { path, instant: true, [op]: Array.isArray(value) ? value.map(instant) : instant(value) };
}

function instant(value: unknown): JsonScalar {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? null : time;
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
