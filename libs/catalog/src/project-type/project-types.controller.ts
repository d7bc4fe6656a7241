import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  IfMatch,
  IfNoneMatch,
  Location,
  Paged,
  PageQueryDto,
  PatchBody,
  type PatchDocument,
  Patches,
  RequirePermission,
  VersionedResponse,
} from '#libs/http';
import { OnInvalidQueryDto, ReplaceWithQueryDto } from '../shared/entity.dto.js';
import { NAMED_LIST } from '../shared/entity-kind.js';
import { InOrganization, type OrganizationScope } from '../shared/organization-scope.js';
import { PutsAbsent } from '../shared/puts-absent.decorator.js';
import { ProjectTypePageDto, ProjectTypeResponseDto, ProjectTypeWriteDto } from './project-type.dto.js';
import { ProjectTypesService } from './project-types.service.js';

@ApiTags('Project types')
@Controller('organizations/:org/project-types')
export class ProjectTypesController {
  constructor(private readonly types: ProjectTypesService) {}

  /**
   * Lists the project types of an organization.
   *
   * @remarks Sorted by name unless `sort` says otherwise, paged by keyset: nothing is listed twice or missed while
   * others write.
   */
  @Get()
  @RequirePermission('project_type:read')
  @Paged(NAMED_LIST)
  listProjectTypes(
    @InOrganization() scope: OrganizationScope,
    @Query() query: PageQueryDto,
  ): Promise<ProjectTypePageDto> {
    return this.types.list(scope, query);
  }

  /**
   * Creates a project type.
   *
   * @remarks The slug must be free in the organization, else 409 `already_exists`; the answer carries `Location` and
   * `ETag`.
   */
  @Post()
  @RequirePermission('project_type:create')
  @Location('/api/organizations/{org}/project-types/{slug}')
  @VersionedResponse()
  createProjectType(
    @InOrganization() scope: OrganizationScope,
    @Body() body: ProjectTypeWriteDto,
  ): Promise<ProjectTypeResponseDto> {
    return this.types.create(scope, body);
  }

  /**
   * Reads a project type.
   *
   * @remarks With `If-None-Match`, an unchanged project type is answered 304 without a body.
   */
  @Get(':slug')
  @RequirePermission('project_type:read')
  @VersionedResponse()
  getProjectType(
    @InOrganization() scope: OrganizationScope,
    @Param('slug') slug: string,
  ): Promise<ProjectTypeResponseDto> {
    return this.types.get(scope, slug);
  }

  /**
   * Replaces a project type: what the body leaves out is cleared.
   *
   * @remarks The whole document, as for creating. A new slug changes the address and must be free (409
   * `already_exists`); a stale `If-Match` is refused (412 `version_mismatch`).
   */
  @Put(':slug')
  @RequirePermission('project_type:write')
  @PutsAbsent('project_type:create', '/api/organizations/{org}/project-types/{slug}', ProjectTypeResponseDto)
  @VersionedResponse()
  replaceProjectType(
    @InOrganization() scope: OrganizationScope,
    @Param('slug') slug: string,
    @Body() body: ProjectTypeWriteDto,
    @IfMatch() version: number | undefined,
    @IfNoneMatch() absent: boolean,
    @Query() { on_invalid }: OnInvalidQueryDto,
  ): Promise<ProjectTypeResponseDto> {
    return this.types.replace(scope, slug, body, { version, absent }, on_invalid);
  }

  /**
   * Changes parts of a project type, by a merge patch or a JSON patch.
   *
   * @remarks The patched document is checked again as a whole (422 `validation_failed`); the fields that only the
   * server writes cannot be patched (400 `read_only_field`).
   */
  @Patch(':slug')
  @RequirePermission('project_type:write')
  @Patches(ProjectTypeWriteDto)
  @VersionedResponse()
  updateProjectType(
    @InOrganization() scope: OrganizationScope,
    @Param('slug') slug: string,
    @PatchBody() patch: PatchDocument,
    @IfMatch() version: number | undefined,
    @Query() { on_invalid }: OnInvalidQueryDto,
  ): Promise<ProjectTypeResponseDto> {
    return this.types.patch(scope, slug, patch, { version }, on_invalid);
  }

  /**
   * Deletes a project type; its projects get the one named by `replace_with` instead.
   *
   * @remarks While projects use it, it is refused with their count (409 `in_use`), unless `replace_with` names another
   * one of the organization, to which they are moved in the same transaction.
   */
  @Delete(':slug')
  @HttpCode(204)
  @RequirePermission('project_type:delete')
  deleteProjectType(
    @InOrganization() scope: OrganizationScope,
    @Param('slug') slug: string,
    @Query() { replace_with }: ReplaceWithQueryDto,
    @IfMatch() version: number | undefined,
  ): Promise<void> {
    return this.types.delete(scope, slug, { version }, replace_with);
  }
}
