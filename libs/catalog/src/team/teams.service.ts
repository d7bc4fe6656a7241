import { Injectable } from '@nestjs/common';
import { Graph } from '#libs/graph';
import { type Expectation, Pages } from '#libs/http';
import { BlueprintSchemas } from '../blueprint/blueprint-schemas.js';
import { Team } from '../model/organization-owned.vertex.js';
import { OwnedBy } from '../model/project.vertex.js';
import { EntityAttributes } from '../shared/entity-attributes.js';
import { entityKind, NAMED_LIST } from '../shared/entity-kind.js';
import { OrganizationEntities } from '../shared/organization-entities.js';
import type { OrganizationScope } from '../shared/organization-scope.js';
import { moveProjects } from '../shared/project-users.js';
import { TeamResponseDto, TeamWriteDto } from './team.dto.js';

const kind = entityKind<typeof Team, TeamWriteDto, TeamResponseDto>({
  definition: Team,
  noun: 'team',
  collection: 'teams',
  writeDto: TeamWriteDto,
  list: NAMED_LIST,
  toProperties: ({ slug, name, description, icon }) => ({
    slug,
    name,
    description: description ?? null,
    icon: icon ?? null,
  }),
  toResponse: ({ id, slug, name, description, icon, created_at, updated_at, version }, extension) => ({
    id,
    slug,
    name,
    description,
    icon,
    created_at,
    updated_at,
    version,
    ...extension,
  }),
});

@Injectable()
export class TeamsService extends OrganizationEntities<TeamWriteDto, TeamResponseDto> {
  constructor(graph: Graph, pages: Pages, schemas: BlueprintSchemas) {
    super(graph, pages, kind, new EntityAttributes(schemas, 'Team'));
  }

  /** Refused while projects are owned by the team, unless `replaceWith` names the team that takes them over. */
  async delete(scope: OrganizationScope, slug: string, expected: Expectation, replaceWith?: string): Promise<void> {
    await this.remove(scope, slug, expected, async (tx, team) => {
      const successor = await this.replacement(tx, scope, replaceWith);
      await moveProjects(tx, { edge: OwnedBy, noun: 'team', field: 'team' }, team, successor);
    });
  }
}
