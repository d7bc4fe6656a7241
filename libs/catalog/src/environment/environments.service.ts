import { Injectable } from '@nestjs/common';
import { Graph } from '#libs/graph';
import { type Expectation, type ListDefinition, Pages } from '#libs/http';
import { BlueprintSchemas } from '../blueprint/blueprint-schemas.js';
import { Environment } from '../model/organization-owned.vertex.js';
import { DeployedIn } from '../model/project.vertex.js';
import { EntityAttributes } from '../shared/entity-attributes.js';
import { entityKind, NAMED_LIST } from '../shared/entity-kind.js';
import { OrganizationEntities } from '../shared/organization-entities.js';
import type { OrganizationScope } from '../shared/organization-scope.js';
import { moveProjects } from '../shared/project-users.js';
import { EnvironmentResponseDto, EnvironmentWriteDto } from './environment.dto.js';

export const ENVIRONMENT_LIST: ListDefinition = {
  ...NAMED_LIST,
  sortable: [...NAMED_LIST.sortable, 'sort_order'],
  defaultSort: 'sort_order',
};

const kind = entityKind<typeof Environment, EnvironmentWriteDto, EnvironmentResponseDto>({
  definition: Environment,
  noun: 'environment',
  collection: 'environments',
  writeDto: EnvironmentWriteDto,
  list: ENVIRONMENT_LIST,
  toProperties: ({ slug, name, description, icon, sort_order, label_color, can_deploy, can_promote }) => ({
    slug,
    name,
    description: description ?? null,
    icon: icon ?? null,
    sort_order: sort_order ?? 0,
    label_color: label_color ?? null,
    can_deploy: can_deploy ?? true,
    can_promote: can_promote ?? false,
  }),
  toResponse: (
    {
      id,
      slug,
      name,
      description,
      icon,
      sort_order,
      label_color,
      can_deploy,
      can_promote,
      created_at,
      updated_at,
      version,
    },
    extension,
  ) => ({
    id,
    slug,
    name,
    description,
    icon,
    sort_order,
    label_color,
    can_deploy,
    can_promote,
    created_at,
    updated_at,
    version,
    ...extension,
  }),
});

@Injectable()
export class EnvironmentsService extends OrganizationEntities<EnvironmentWriteDto, EnvironmentResponseDto> {
  constructor(graph: Graph, pages: Pages, schemas: BlueprintSchemas) {
    super(graph, pages, kind, new EntityAttributes(schemas, 'Environment'));
  }

  /** Refused while projects use it, unless `replaceWith` names the one that takes its place. */
  async delete(scope: OrganizationScope, slug: string, expected: Expectation, replaceWith?: string): Promise<void> {
    await this.remove(scope, slug, expected, async (tx, used) => {
      const successor = await this.replacement(tx, scope, replaceWith);
      await moveProjects(tx, { edge: DeployedIn, noun: 'environment', field: 'environments' }, used, successor);
    });
  }
}
