import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  IfMatch,
  Location,
  Paged,
  PatchBody,
  type PatchDocument,
  Patches,
  RequirePermission,
  VersionedResponse,
} from '#libs/http';
import { OnInvalidQueryDto } from '../shared/entity.dto.js';
import { ON_PROJECT } from '../shared/granted-resources.js';
import { InOrganization, type OrganizationScope } from '../shared/organization-scope.js';
import { ProjectPageDto, ProjectQueryDto, ProjectResponseDto, ProjectWriteDto } from './project.dto.js';
import { PROJECT_LIST } from './project-list.js';
import { ProjectsService } from './projects.service.js';

@ApiTags('Projects')
@Controller('organizations/:org/projects')
export class ProjectsController {
  constructor(private readonly projects: ProjectsService) {}

  /**
   * Lists the projects of an organization.
   *
   * @remarks Archived projects are listed too: `filter[archived][eq]=false` leaves them out. Filters on team, type,
   * environment and tag take slugs; all filters must hold. `q` searches, with the best matches first
   * (`sort=relevance`). Attributes are filtered
   * and sorted by as `attributes.<name>`, such as `filter[attributes.maturity][eq]=graduated`, with values of the type that
   * their blueprint declares (400 otherwise). Paged by keyset.
   */
  @Get()
  @RequirePermission('project:read')
  @Paged(PROJECT_LIST)
  listProjects(@InOrganization() scope: OrganizationScope, @Query() query: ProjectQueryDto): Promise<ProjectPageDto> {
    return this.projects.list(scope, query);
  }

  /**
   * Creates a project.
   *
   * @remarks Team, types, environments, tags and links are named by slug, and each must exist in the organization (422
   * `validation_failed`, with a pointer to each that does not). The slug must be free (409 `already_exists`).
   */
  @Post()
  @RequirePermission('project:create')
  @Location('/api/organizations/{org}/projects/{id}')
  @VersionedResponse({ embedding: true })
  createProject(
    @InOrganization() scope: OrganizationScope,
    @Body() body: ProjectWriteDto,
  ): Promise<ProjectResponseDto> {
    return this.projects.create(scope, body);
  }

  /**
   * Reads a project.
   *
   * @remarks With everything it is joined to: team, types, environments, tags. With `If-None-Match`, an unchanged
   * project is answered 304 without a body.
   */
  @Get(':id')
  @RequirePermission('project:read', ON_PROJECT)
  @VersionedResponse({ embedding: true })
  getProject(@InOrganization() scope: OrganizationScope, @Param('id') id: string): Promise<ProjectResponseDto> {
    return this.projects.get(scope, id);
  }

  /**
   * Replaces a project: what the body leaves out is cleared.
   *
   * @remarks The whole document, as for creating; only what differs is written. After a change of slug the former one
   * still leads here, by the look-up by slug. A stale `If-Match` is refused (412 `version_mismatch`).
   */
  @Put(':id')
  @RequirePermission('project:write', ON_PROJECT)
  @VersionedResponse({ embedding: true })
  replaceProject(
    @InOrganization() scope: OrganizationScope,
    @Param('id') id: string,
    @Body() body: ProjectWriteDto,
    @Query() { on_invalid }: OnInvalidQueryDto,
    @IfMatch() version: number | undefined,
  ): Promise<ProjectResponseDto> {
    return this.projects.replace(scope, id, body, { version }, on_invalid);
  }

  /**
   * Changes parts of a project, by a merge patch or a JSON patch.
   *
   * @remarks In a merge patch, null takes a single environment, link or identifier away and leaves the others. The
   * patched document is checked again as a whole (422 `validation_failed`); `archived_at` and `score` are the server's
   * own (400 `read_only_field`).
   */
  @Patch(':id')
  @RequirePermission('project:write', ON_PROJECT)
  @Patches(ProjectWriteDto)
  @VersionedResponse({ embedding: true })
  updateProject(
    @InOrganization() scope: OrganizationScope,
    @Param('id') id: string,
    @PatchBody() patch: PatchDocument,
    @Query() { on_invalid }: OnInvalidQueryDto,
    @IfMatch() version: number | undefined,
  ): Promise<ProjectResponseDto> {
    return this.projects.patch(scope, id, patch, { version }, on_invalid);
  }

  /**
   * Deletes a project with its edges; its history stays.
   *
   * @remarks Dependencies from and to it end with it. To keep it readable, archive it instead.
   */
  @Delete(':id')
  @HttpCode(204)
  @RequirePermission('project:delete', ON_PROJECT)
  deleteProject(
    @InOrganization() scope: OrganizationScope,
    @Param('id') id: string,
    @IfMatch() version: number | undefined,
  ): Promise<void> {
    return this.projects.delete(scope, id, { version });
  }

  /**
   * Archives a project: it stays readable, and is neither scored nor counted.
   *
   * @remarks Archiving an archived project changes nothing and keeps the day it was archived on.
   */
  @Post(':id/archive')
  @HttpCode(200)
  @RequirePermission('project:write', ON_PROJECT)
  @VersionedResponse({ embedding: true })
  archiveProject(
    @InOrganization() scope: OrganizationScope,
    @Param('id') id: string,
    @IfMatch() version: number | undefined,
  ): Promise<ProjectResponseDto> {
    return this.projects.setArchived(scope, id, true, { version });
  }

  /**
   * Takes a project out of the archive.
   *
   * @remarks A project that is not archived is answered as it is.
   */
  @Post(':id/unarchive')
  @HttpCode(200)
  @RequirePermission('project:write', ON_PROJECT)
  @VersionedResponse({ embedding: true })
  unarchiveProject(
    @InOrganization() scope: OrganizationScope,
    @Param('id') id: string,
    @IfMatch() version: number | undefined,
  ): Promise<ProjectResponseDto> {
    return this.projects.setArchived(scope, id, false, { version });
  }
}
