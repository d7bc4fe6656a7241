import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  IfMatch,
  Location,
  Paged,
  PageQueryDto,
  PatchBody,
  type PatchDocument,
  Patches,
  RequirePermission,
  VersionedResponse,
} from '#libs/http';
import { InOrganization, type OrganizationScope } from '../shared/organization-scope.js';
import { ProjectPageDto, ProjectResponseDto, ProjectWriteDto } from './project.dto.js';
import { PROJECT_LIST } from './project-list.js';
import { ProjectsService } from './projects.service.js';

@ApiTags('Projects')
@Controller('organizations/:org/projects')
export class ProjectsController {
  constructor(private readonly projects: ProjectsService) {}

  /** Lists the projects of an organization. */
  @Get()
  @RequirePermission('project:read')
  @Paged(PROJECT_LIST)
  listProjects(@InOrganization() scope: OrganizationScope, @Query() query: PageQueryDto): Promise<ProjectPageDto> {
    return this.projects.list(scope, query);
  }

  /** Creates a project. */
  @Post()
  @RequirePermission('project:create')
  @Location('/api/organizations/{org}/projects/{id}')
  @VersionedResponse()
  createProject(
    @InOrganization() scope: OrganizationScope,
    @Body() body: ProjectWriteDto,
  ): Promise<ProjectResponseDto> {
    return this.projects.create(scope, body);
  }

  /** Reads a project. */
  @Get(':id')
  @RequirePermission('project:read')
  @VersionedResponse()
  getProject(@InOrganization() scope: OrganizationScope, @Param('id') id: string): Promise<ProjectResponseDto> {
    return this.projects.get(scope, id);
  }

  /** Replaces a project: what the body leaves out is cleared. */
  @Put(':id')
  @RequirePermission('project:write')
  @VersionedResponse()
  replaceProject(
    @InOrganization() scope: OrganizationScope,
    @Param('id') id: string,
    @Body() body: ProjectWriteDto,
    @IfMatch() version: number | undefined,
  ): Promise<ProjectResponseDto> {
    return this.projects.replace(scope, id, body, { version });
  }

  /** Changes parts of a project, by a merge patch or a JSON patch. */
  @Patch(':id')
  @RequirePermission('project:write')
  @Patches(ProjectWriteDto)
  @VersionedResponse()
  updateProject(
    @InOrganization() scope: OrganizationScope,
    @Param('id') id: string,
    @PatchBody() patch: PatchDocument,
    @IfMatch() version: number | undefined,
  ): Promise<ProjectResponseDto> {
    return this.projects.patch(scope, id, patch, { version });
  }

  /** Deletes a project with its edges; its history stays. */
  @Delete(':id')
  @HttpCode(204)
  @RequirePermission('project:delete')
  deleteProject(
    @InOrganization() scope: OrganizationScope,
    @Param('id') id: string,
    @IfMatch() version: number | undefined,
  ): Promise<void> {
    return this.projects.delete(scope, id, { version });
  }

  /** Archives a project: it stays readable, and is neither scored nor counted. */
  @Post(':id/archive')
  @HttpCode(200)
  @RequirePermission('project:write')
  @VersionedResponse()
  archiveProject(
    @InOrganization() scope: OrganizationScope,
    @Param('id') id: string,
    @IfMatch() version: number | undefined,
  ): Promise<ProjectResponseDto> {
    return this.projects.setArchived(scope, id, true, { version });
  }

  /** Takes a project out of the archive. */
  @Post(':id/unarchive')
  @HttpCode(200)
  @RequirePermission('project:write')
  @VersionedResponse()
  unarchiveProject(
    @InOrganization() scope: OrganizationScope,
    @Param('id') id: string,
    @IfMatch() version: number | undefined,
  ): Promise<ProjectResponseDto> {
    return this.projects.setArchived(scope, id, false, { version });
  }
}
