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
import { ReplaceWithQueryDto } from '../shared/entity.dto.js';
import { InOrganization, type OrganizationScope } from '../shared/organization-scope.js';
import { PutsAbsent } from '../shared/puts-absent.decorator.js';
import { EnvironmentPageDto, EnvironmentResponseDto, EnvironmentWriteDto } from './environment.dto.js';
import { ENVIRONMENT_LIST, EnvironmentsService } from './environments.service.js';

@ApiTags('Environments')
@Controller('organizations/:org/environments')
export class EnvironmentsController {
  constructor(private readonly environments: EnvironmentsService) {}

  /** Lists the environments of an organization. */
  @Get()
  @RequirePermission('environment:read')
  @Paged(ENVIRONMENT_LIST)
  listEnvironments(
    @InOrganization() scope: OrganizationScope,
    @Query() query: PageQueryDto,
  ): Promise<EnvironmentPageDto> {
    return this.environments.list(scope, query);
  }

  /** Creates an environment. */
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

  /** Reads an environment. */
  @Get(':slug')
  @RequirePermission('environment:read')
  @VersionedResponse()
  getEnvironment(
    @InOrganization() scope: OrganizationScope,
    @Param('slug') slug: string,
  ): Promise<EnvironmentResponseDto> {
    return this.environments.get(scope, slug);
  }

  /** Replaces an environment: what the body leaves out is cleared. */
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
  ): Promise<EnvironmentResponseDto> {
    return this.environments.replace(scope, slug, body, { version, absent });
  }

  /** Changes parts of an environment, by a merge patch or a JSON patch. */
  @Patch(':slug')
  @RequirePermission('environment:write')
  @Patches(EnvironmentWriteDto)
  @VersionedResponse()
  updateEnvironment(
    @InOrganization() scope: OrganizationScope,
    @Param('slug') slug: string,
    @PatchBody() patch: PatchDocument,
    @IfMatch() version: number | undefined,
  ): Promise<EnvironmentResponseDto> {
    return this.environments.patch(scope, slug, patch, { version });
  }

  /** Deletes an environment; its projects get the one named by `replace_with` instead. */
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
