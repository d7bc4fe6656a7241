import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '#libs/http';
import { InOrganization, type OrganizationScope } from '../shared/organization-scope.js';
import { EffectiveSchemaDto, ProjectSchemaQueryDto } from './schema.dto.js';
import { SchemasService } from './schemas.service.js';

@ApiTags('Blueprints')
@Controller('organizations/:org')
export class SchemasController {
  constructor(private readonly schemas: SchemasService) {}

  /**
   * Tells what attributes a project of some types may have, before there is one.
   *
   * @remarks The blueprints in force, merged by attribute: of those that declare the same one, the one with the lowest
   * priority number wins, of equal ones the first by slug. The answer says where each attribute comes from and which
   * blueprints it shadows.
   */
  @Get('projects/schema')
  @RequirePermission('project:read')
  getProjectSchema(
    @InOrganization() scope: OrganizationScope,
    @Query() query: ProjectSchemaQueryDto,
  ): Promise<EffectiveSchemaDto> {
    return this.schemas.forProject(scope, query);
  }

  /**
   * Tells what attributes a kind of entity may have, or an edge from a project of some types.
   *
   * @remarks For `Organization`, `Team`, `ProjectType`, `Environment`, `Project`, `DEPLOYED_IN` and `DEPENDS_ON`. A
   * project type or environment itself is named by its slug in the respective parameter, because blueprints may be
   * filtered by it. Edges may have properties that no blueprint declares, unless one closes them.
   */
  @Get('schemas/:subject')
  @RequirePermission('blueprint:read')
  getAttributeSchema(
    @InOrganization() scope: OrganizationScope,
    @Param('subject') subject: string,
    @Query() query: ProjectSchemaQueryDto,
  ): Promise<EffectiveSchemaDto> {
    return this.schemas.forSubject(scope, subject, query);
  }
}
