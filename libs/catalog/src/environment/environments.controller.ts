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
import { InOrganization, type OrganizationScope } from '../shared/organization-scope.js';
import { PutsAbsent } from '../shared/puts-absent.decorator.js';
import { EnvironmentPageDto, EnvironmentResponseDto, EnvironmentWriteDto } from './environment.dto.js';
import { ENVIRONMENT_LIST, EnvironmentsService } from './environments.service.js';

@ApiTags('Environments')
@Controller('organizations/:org/environments')
export class EnvironmentsController {
  constructor(private readonly environments: EnvironmentsService) {}

  /**
   * Lists the environments of an organization.
   *
   * @remarks In the order of their `sort_order` unless `sort` says otherwise, paged by keyset: nothing is listed twice
   * or missed while others write.
   */
  @Get()
  @RequirePermission('environment:read')
  @Paged(ENVIRONMENT_LIST)
  listEnvironments(
    @InOrganization() scope: OrganizationScope,
    @Query() query: PageQueryDto,
  ): Promise<EnvironmentPageDto> {
    return this.environments.list(scope, query);
  }

  /**
   * Creates an environment.
   *
   * @remarks The slug must be free in the organization, else 409 `already_exists`; the answer carries `Location` and
   * `ETag`.
   */
  @Post()
  @RequirePermission('environment:create')
  @Location('/api/organizations/{org}/environments/{slug}')
  @VersionedResponse()
  createEnvironment(
    @InOrganization() scope: OrganizationScope,
    @Body() body: EnvironmentWriteDto,
  ): Promise<EnvironmentResponseDto> {
    return this.environments.create(scope, body);
  }

  /**
   * Reads an environment.
   *
   * @remarks With `If-None-Match`, an unchanged environment is answered 304 without a body.
   */
  @Get(':slug')
  @RequirePermission('environment:read')
  @VersionedResponse()
  getEnvironment(
    @InOrganization() scope: OrganizationScope,
    @Param('slug') slug: string,
  ): Promise<EnvironmentResponseDto> {
    return this.environments.get(scope, slug);
  }

  /**
   * Replaces an environment: what the body leaves out is cleared.
   *
   * @remarks The whole document, as for creating. A new slug changes the address and must be free (409
   * `already_exists`); a stale `If-Match` is refused (412 `version_mismatch`).
   */
  @Put(':slug')
  @RequirePermission('environment:write')
  @PutsAbsent('environment:create', '/api/organizations/{org}/environments/{slug}', EnvironmentResponseDto)
  @VersionedResponse()
  replaceEnvironment(
    @InOrganization() scope: OrganizationScope,
    @Param('slug') slug: string,
    @Body() body: EnvironmentWriteDto,
    @IfMatch() version: number | undefined,
    @IfNoneMatch() absent: boolean,
    @Query() { on_invalid }: OnInvalidQueryDto,
  ): Promise<EnvironmentResponseDto> {
    return this.environments.replace(scope, slug, body, { version, absent }, on_invalid);
  }

  /**
   * Changes parts of an environment, by a merge patch or a JSON patch.
   *
   * @remarks The patched document is checked again as a whole (422 `validation_failed`); the fields that only the
   * server writes cannot be patched (400 `read_only_field`).
   */
  @Patch(':slug')
  @RequirePermission('environment:write')
  @Patches(EnvironmentWriteDto)
  @VersionedResponse()
  updateEnvironment(
    @InOrganization() scope: OrganizationScope,
    @Param('slug') slug: string,
    @PatchBody() patch: PatchDocument,
    @IfMatch() version: number | undefined,
    @Query() { on_invalid }: OnInvalidQueryDto,
  ): Promise<EnvironmentResponseDto> {
    return this.environments.patch(scope, slug, patch, { version }, on_invalid);
  }

  /**
   * Deletes an environment; its projects get the one named by `replace_with` instead.
   *
   * @remarks While projects use it, it is refused with their count (409 `in_use`), unless `replace_with` names another
   * one of the organization, to which they are moved in the same transaction.
   */
  @Delete(':slug')
  @HttpCode(204)
  @RequirePermission('environment:delete')
  deleteEnvironment(
    @InOrganization() scope: OrganizationScope,
    @Param('slug') slug: string,
    @Query() { replace_with }: ReplaceWithQueryDto,
    @IfMatch() version: number | undefined,
  ): Promise<void> {
    return this.environments.delete(scope, slug, { version }, replace_with);
  }
}
