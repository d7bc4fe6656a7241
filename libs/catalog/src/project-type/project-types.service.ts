import { Inject, Injectable, Optional } from '@nestjs/common';
import { Graph } from '#libs/graph';
import { type Expectation, Pages } from '#libs/http';
import { BlueprintSchemas } from '../blueprint/blueprint-schemas.js';
import { ProjectType } from '../model/organization-owned.vertex.js';
import { HasType } from '../model/project.vertex.js';
import { EntityAttributes } from '../shared/entity-attributes.js';
import { entityKind, NAMED_LIST } from '../shared/entity-kind.js';
import { OrganizationEntities } from '../shared/organization-entities.js';
import type { OrganizationScope } from '../shared/organization-scope.js';
import { moveProjects } from '../shared/project-users.js';
import { ProjectTypeResponseDto, ProjectTypeWriteDto } from './project-type.dto.js';
import { PROJECT_TYPE_USERS, type ProjectTypeUsers } from './project-type-users.js';

const kind = entityKind<typeof ProjectType, ProjectTypeWriteDto, ProjectTypeResponseDto>({
  definition: ProjectType,
  noun: 'project_type',
  collection: 'project_types',
  writeDto: ProjectTypeWriteDto,
  list: NAMED_LIST,
  toProperties: ({ slug, name, description, icon, deployable, releasable }) => ({
    slug,
    name,
    description: description ?? null,
    icon: icon ?? null,
    deployable: deployable ?? true,
    releasable: releasable ?? true,
  }),
  toResponse: (
    { id, slug, name, description, icon, deployable, releasable, created_at, updated_at, version },
    extension,
  ) => ({ id, slug, name, description, icon, deployable, releasable, created_at, updated_at, version, ...extension }),
});

@Injectable()
export class ProjectTypesService extends OrganizationEntities<ProjectTypeWriteDto, ProjectTypeResponseDto> {
  constructor(
    graph: Graph,
    pages: Pages,
    schemas: BlueprintSchemas,
    @Optional() @Inject(PROJECT_TYPE_USERS) private readonly users?: ProjectTypeUsers,
  ) {
    super(graph, pages, kind, new EntityAttributes(schemas, 'ProjectType'));
  }

  /** Refused while projects use it, unless `replaceWith` names the one that takes its place. */
  async delete(scope: OrganizationScope, slug: string, expected: Expectation, replaceWith?: string): Promise<void> {
    await this.remove(scope, slug, expected, async (tx, used) => {
      const successor = await this.replacement(tx, scope, replaceWith);
      await moveProjects(tx, { edge: HasType, noun: 'project type', field: 'project_types' }, used, successor);
      await this.users?.release(tx, String(used['id']));
    });
  }
}
