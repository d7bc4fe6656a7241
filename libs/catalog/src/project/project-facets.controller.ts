import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Filtered, RequirePermission } from '#libs/http';
import { InOrganization, type OrganizationScope } from '../shared/organization-scope.js';
import { ProjectFacetsDto, ProjectFacetsQueryDto } from './project-facets.dto.js';
import { ProjectFacetsService } from './project-facets.service.js';
import { PROJECT_LIST } from './project-list.js';

@ApiTags('Projects')
@Controller('organizations/:org/projects/facets')
export class ProjectFacetsController {
  constructor(private readonly facets: ProjectFacetsService) {}

  /**
   * Counts the projects that match by team, type, environment, tag or attribute.
   *
   * @remarks Takes the filters and the search of the list, attributes included; all of them hold for every count. A
   * project that has several types, environments, tags or items of a list counts under each.
   */
  @Get()
  @RequirePermission('project:read')
  @Filtered(PROJECT_LIST)
  countProjects(
    @InOrganization() scope: OrganizationScope,
    @Query() query: ProjectFacetsQueryDto,
  ): Promise<ProjectFacetsDto> {
    return this.facets.count(scope, query);
  }
}
