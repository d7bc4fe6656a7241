import { Body, Controller, Delete, HttpCode, Param, Patch, Put, Query } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { JsonValue } from '#libs/common';
import { IfMatch, PatchBody, type PatchDocument, RequirePermission, VersionedResponse } from '#libs/http';
import { OnInvalidQueryDto } from '../shared/entity.dto.js';
import { ON_PROJECT } from '../shared/granted-resources.js';
import { InOrganization, type OrganizationScope } from '../shared/organization-scope.js';
import { ProjectResponseDto } from './project.dto.js';
import { ProjectEnvironmentsService } from './project-environments.service.js';

const PROPERTIES = {
  schema: {
    type: 'object',
    additionalProperties: true,
    description: 'The properties of the deployment.',
    example: { url: 'https://api.example.org' },
  },
};

@ApiTags('Projects')
@Controller('organizations/:org/projects/:id/environments')
export class ProjectEnvironmentsController {
  constructor(private readonly environments: ProjectEnvironmentsService) {}

  /**
   * Deploys a project in an environment, or replaces the properties of its deployment there.
   *
   * @remarks The environment must exist in the organization (404). The version counted and answered is the project's,
   * and so is the one that `If-Match` names.
   */
  @Put(':environment')
  @RequirePermission('project:write', ON_PROJECT)
  @ApiBody(PROPERTIES)
  @VersionedResponse({ embedding: true })
  putProjectEnvironment(
    @InOrganization() scope: OrganizationScope,
    @Param('id') id: string,
    @Param('environment') environment: string,
    @Body() properties: JsonValue | undefined,
    @IfMatch() version: number | undefined,
    @Query() { on_invalid }: OnInvalidQueryDto,
  ): Promise<ProjectResponseDto> {
    return this.environments.put(scope, id, environment, properties, { version }, on_invalid);
  }

  /**
   * Changes properties of a deployment, by a merge patch or a JSON patch.
   *
   * @remarks The project must be deployed there already (404). The version counted and answered is the project's, and
   * so is the one that `If-Match` names.
   */
  @Patch(':environment')
  @RequirePermission('project:write', ON_PROJECT)
  @ApiBody(PROPERTIES)
  @VersionedResponse({ embedding: true })
  updateProjectEnvironment(
    @InOrganization() scope: OrganizationScope,
    @Param('id') id: string,
    @Param('environment') environment: string,
    @PatchBody() patch: PatchDocument,
    @IfMatch() version: number | undefined,
    @Query() { on_invalid }: OnInvalidQueryDto,
  ): Promise<ProjectResponseDto> {
    return this.environments.patch(scope, id, environment, patch, { version }, on_invalid);
  }

  /**
   * Takes a project out of an environment.
   *
   * @remarks The deployment ends with its properties; 404 when the project is not deployed there. `If-Match` names the
   * project's version.
   */
  @Delete(':environment')
  @HttpCode(204)
  @RequirePermission('project:write', ON_PROJECT)
  deleteProjectEnvironment(
    @InOrganization() scope: OrganizationScope,
    @Param('id') id: string,
    @Param('environment') environment: string,
    @IfMatch() version: number | undefined,
  ): Promise<void> {
    return this.environments.delete(scope, id, environment, { version });
  }
}
