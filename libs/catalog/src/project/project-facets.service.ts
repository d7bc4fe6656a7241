import { Injectable, Optional } from '@nestjs/common';
import { Graph } from '#libs/graph';
import { invalidParameters, type ListDefinition, parseFilters } from '#libs/http';
import { asksForAttributes, attributeName, lookedForBy, withAttributes } from '../attribute/attribute-list.js';
import { AttributeUse } from '../attribute/attribute-use.js';
import { BlueprintSchemas } from '../blueprint/blueprint-schemas.js';
import type { OrganizationScope } from '../shared/organization-scope.js';
import type { ProjectFacetsDto, ProjectFacetsQueryDto } from './project-facets.dto.js';
import { type FacetField, ProjectFacetsReadModel } from './project-facets.read-model.js';
import { PROJECT_LIST, readTerms, toProjectFilter } from './project-list.js';

const MAX_FIELDS = 10;
const USUAL_FIELDS = 'team,project_type';
const JOINED = ['team', 'project_type', 'environment', 'tag'] as const;

/** Counts the projects of an organization by what they have in common. */
@Injectable()
export class ProjectFacetsService {
  private readonly rows: ProjectFacetsReadModel;

  constructor(
    graph: Graph,
    private readonly schemas: BlueprintSchemas,
    @Optional() private readonly use?: AttributeUse,
  ) {
    this.rows = new ProjectFacetsReadModel(graph.read);
  }

  async count(scope: OrganizationScope, query: ProjectFacetsQueryDto): Promise<ProjectFacetsDto> {
    const named = [...new Set((query.fields ?? USUAL_FIELDS).split(','))];
    const ownOnly = named.every((name) => isOwn(name)) && !asksForAttributes(query, PROJECT_LIST);
    const list = ownOnly ? PROJECT_LIST : withAttributes(PROJECT_LIST, await this.schemas.attributes(scope.id));
    const names = readFields(named, list);
    const filters = parseFilters(query.filter, list.filterable, list.aliases);
    this.use?.note(lookedForBy(filters));
    const filter = { ...toProjectFilter(filters, list), terms: readTerms(query.q) };
    const { total, facets } = await this.rows.count(
      scope.id,
      filter,
      names.map((name) => toField(name, list)),
    );
    return {
      total,
      facets: facets.map((facet, index) => ({ field: names[index] ?? '', ...facet, values: [...facet.values] })),
    };
  }
}

/** @throws DomainError `invalid_parameters` (400) */
function readFields(named: readonly string[], list: ListDefinition): readonly string[] {
  if (named.length > MAX_FIELDS) throw fieldsFault(`fields names more than ${MAX_FIELDS}`);
  return named.map((name) => {
    const field = list.aliases && Object.hasOwn(list.aliases, name) ? (list.aliases[name] ?? name) : name;
    const type = Object.hasOwn(list.filterable, field) ? list.filterable[field]?.type : undefined;
    if (isOwn(field) || (attributeName(field) !== undefined && type !== undefined && type !== 'opaque')) return field;
    const allowed = Object.keys(list.filterable).filter((one) => isOwn(one) || attributeName(one) !== undefined);
    throw fieldsFault(`projects cannot be counted by "${name}"; only by ${allowed.join(', ')}`);
  });
}

function toField(name: string, list: ListDefinition): FacetField {
  const by = JOINED.find((one) => one === name);
  if (by) return { kind: 'joined', by };
  const attribute = attributeName(name);
  if (attribute === undefined) return { kind: 'archived' };
  return { kind: 'attribute', name: attribute, isList: list.filterable[name]?.type === 'list' };
}

function isOwn(name: string): boolean {
  return name === 'archived' || JOINED.some((one) => one === name);
}

function fieldsFault(message: string) {
  return invalidParameters([{ pointer: '/fields', message, code: 'fields' }]);
}
