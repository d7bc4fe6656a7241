import { Body, Controller, Delete, Get, HttpCode, Param, Put, Query } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { JsonValue } from '#libs/common';
import { IfMatch, Paged, PageQueryDto, RequirePermission } from '#libs/http';
import { OnInvalidQueryDto } from '../shared/entity.dto.js';
import { InOrganization, type OrganizationScope } from '../shared/organization-scope.js';
import { DEPENDENCY_LIST, DependenciesService } from './dependencies.service.js';
import { DependencyPageDto, DependencyResponseDto, ImpactQueryDto, ImpactResponseDto } from './dependency.dto.js';

const PROPERTIES = {
  required: false,
  schema: {
    type: 'object',
    additionalProperties: true,
    description: 'The properties of the dependency.',
    example: {},
  },
};

@ApiTags('Dependencies')
@Controller('organizations/:org/projects/:id')
export class DependenciesController {
  constructor(private readonly dependencies: DependenciesService) {}

  /**
   * Lists what a project depends on directly.
   *
   * @remarks One step only, by name; `impact` follows the graph further in the other direction.
   */
  @Get('dependencies')
  @RequirePermission('project:read')
  @Paged(DEPENDENCY_LIST)
  listProjectDependencies(
    @InOrganization() scope: OrganizationScope,
    @Param('id') id: string,
    @Query() query: PageQueryDto,
  ): Promise<DependencyPageDto> {
    return this.dependencies.list(scope, id, 'dependencies', query);
  }

  /**
   * Lists what depends on a project directly.
   *
   * @remarks One step only, by name; `impact` follows further.
   */
  @Get('dependents')
  @RequirePermission('project:read')
  @Paged(DEPENDENCY_LIST)
  listProjectDependents(
    @InOrganization() scope: OrganizationScope,
    @Param('id') id: string,
    @Query() query: PageQueryDto,
  ): Promise<DependencyPageDto> {
    return this.dependencies.list(scope, id, 'dependents', query);
  }

  /**
   * Adds a dependency, or replaces its properties.
   *
   * @remarks The body's properties are those of the dependency itself. Both projects must be of this organization (404)
   * and not one and the same (422 `validation_failed`); cycles are allowed.
   */
  @Put('dependencies/:dependency')
  @RequirePermission('project:write')
  @ApiBody(PROPERTIES)
  putProjectDependency(
    @InOrganization() scope: OrganizationScope,
    @Param('id') id: string,
    @Param('dependency') dependency: string,
    @Body() properties: JsonValue | undefined,
    @IfMatch() version: number | undefined,
    @Query() { on_invalid }: OnInvalidQueryDto,
  ): Promise<DependencyResponseDto> {
    return this.dependencies.put(scope, id, dependency, properties, { version }, on_invalid);
  }

  /**
   * Removes a dependency.
   *
   * @remarks 404 when the project does not depend on that one.
   */
  @Delete('dependencies/:dependency')
  @HttpCode(204)
  @RequirePermission('project:write')
  deleteProjectDependency(
    @InOrganization() scope: OrganizationScope,
    @Param('id') id: string,
    @Param('dependency') dependency: string,
    @IfMatch() version: number | undefined,
  ): Promise<void> {
    return this.dependencies.delete(scope, id, dependency, { version });
  }

  /**
   * Tells what is affected when a project fails: everything that depends on it, directly or through others.
   *
   * @remarks Follows dependents up to `depth` steps, nearest first, each project once with one shortest way to it. At
   * most 5,000 are listed; `truncated` tells when there are more.
   */
  @Get('impact')
  @RequirePermission('project:read')
  getProjectImpact(
    @InOrganization() scope: OrganizationScope,
    @Param('id') id: string,
    @Query() { depth }: ImpactQueryDto,
  ): Promise<ImpactResponseDto> {
    return this.dependencies.impact(scope, id, depth ?? 10);
  }
}
