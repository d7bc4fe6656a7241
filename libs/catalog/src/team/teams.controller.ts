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
import { ON_TEAM } from '../shared/granted-resources.js';
import { InOrganization, type OrganizationScope } from '../shared/organization-scope.js';
import { PutsAbsent } from '../shared/puts-absent.decorator.js';
import { MovesProjects } from './moves-projects.decorator.js';
import { TeamPageDto, TeamResponseDto, TeamWriteDto } from './team.dto.js';
import { TeamsService } from './teams.service.js';

@ApiTags('Teams')
@Controller('organizations/:org/teams')
export class TeamsController {
  constructor(private readonly teams: TeamsService) {}

  /**
   * Lists the teams of an organization.
   *
   * @remarks Sorted by name unless `sort` says otherwise, paged by keyset: nothing is listed twice or missed while
   * others write.
   */
  @Get()
  @RequirePermission('team:read')
  @Paged(NAMED_LIST)
  listTeams(@InOrganization() scope: OrganizationScope, @Query() query: PageQueryDto): Promise<TeamPageDto> {
    return this.teams.list(scope, query);
  }

  /**
   * Creates a team.
   *
   * @remarks The slug must be free in the organization, else 409 `already_exists`; the answer carries `Location` and
   * `ETag`.
   */
  @Post()
  @RequirePermission('team:create')
  @Location('/api/organizations/{org}/teams/{slug}')
  @VersionedResponse()
  createTeam(@InOrganization() scope: OrganizationScope, @Body() body: TeamWriteDto): Promise<TeamResponseDto> {
    return this.teams.create(scope, body);
  }

  /**
   * Reads a team.
   *
   * @remarks With `If-None-Match`, an unchanged team is answered 304 without a body.
   */
  @Get(':slug')
  @RequirePermission('team:read', ON_TEAM)
  @VersionedResponse()
  getTeam(@InOrganization() scope: OrganizationScope, @Param('slug') slug: string): Promise<TeamResponseDto> {
    return this.teams.get(scope, slug);
  }

  /**
   * Replaces a team: what the body leaves out is cleared.
   *
   * @remarks The whole document, as for creating. A new slug changes the address and must be free (409
   * `already_exists`); a stale `If-Match` is refused (412 `version_mismatch`).
   */
  @Put(':slug')
  @RequirePermission('team:write', ON_TEAM)
  @PutsAbsent('team:create', '/api/organizations/{org}/teams/{slug}', TeamResponseDto)
  @VersionedResponse()
  replaceTeam(
    @InOrganization() scope: OrganizationScope,
    @Param('slug') slug: string,
    @Body() body: TeamWriteDto,
    @IfMatch() version: number | undefined,
    @IfNoneMatch() absent: boolean,
    @Query() { on_invalid }: OnInvalidQueryDto,
  ): Promise<TeamResponseDto> {
    return this.teams.replace(scope, slug, body, { version, absent }, on_invalid);
  }

  /**
   * Changes parts of a team, by a merge patch or a JSON patch.
   *
   * @remarks The patched document is checked again as a whole (422 `validation_failed`); the fields that only the
   * server writes cannot be patched (400 `read_only_field`).
   */
  @Patch(':slug')
  @RequirePermission('team:write', ON_TEAM)
  @Patches(TeamWriteDto)
  @VersionedResponse()
  updateTeam(
    @InOrganization() scope: OrganizationScope,
    @Param('slug') slug: string,
    @PatchBody() patch: PatchDocument,
    @IfMatch() version: number | undefined,
    @Query() { on_invalid }: OnInvalidQueryDto,
  ): Promise<TeamResponseDto> {
    return this.teams.patch(scope, slug, patch, { version }, on_invalid);
  }

  /**
   * Deletes a team; its projects go to the team named by `replace_with`.
   *
   * @remarks A team that owns projects is not deleted (409 `in_use`, with their count), unless `replace_with` names
   * another team of the organization, which takes them over in the same transaction.
   */
  @Delete(':slug')
  @HttpCode(204)
  @RequirePermission('team:delete', ON_TEAM)
  @MovesProjects()
  deleteTeam(
    @InOrganization() scope: OrganizationScope,
    @Param('slug') slug: string,
    @Query() { replace_with }: ReplaceWithQueryDto,
    @IfMatch() version: number | undefined,
  ): Promise<void> {
    return this.teams.delete(scope, slug, { version }, replace_with);
  }
}
