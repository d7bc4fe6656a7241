import { Body, Controller, Delete, Get, HttpCode, Param, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type GuardedResource, Paged, PageQueryDto, RequirePermission } from '#libs/http';
import { GrantPageDto, GrantWriteDto } from './grant.dto.js';
import { GRANT_LIST, GrantsService } from './grants.service.js';

const ON_TEAM: { readonly resource: GuardedResource } = { resource: { label: 'Team', param: 'slug', by: 'slug' } };

@ApiTags('Teams')
@Controller('organizations/:org/teams/:slug/grants')
export class TeamGrantsController {
  constructor(private readonly grants: GrantsService) {}

  /**
   * Lists who was granted access to a team by itself.
   *
   * @remarks By name; expired ones too, until they are cleared away. Who may use it by a role is not among them: ask
   * `GET /api/permissions/who-can` for all.
   */
  @Get()
  @RequirePermission('team:grant', ON_TEAM)
  @Paged(GRANT_LIST)
  listTeamGrants(@Param('slug') slug: string, @Query() query: PageQueryDto): Promise<GrantPageDto> {
    return this.grants.list('team', slug, query);
  }

  /**
   * Grants access to a team, or changes what was granted.
   *
   * @remarks Exactly these actions, whatever was granted before. They open the team itself, not its projects. It counts from the next
   * request on. Nobody grants or changes what they do not hold on the team themselves, nor for longer than they do
   * (403 `beyond_own_powers`).
   */
  @Put(':principal')
  @HttpCode(204)
  @RequirePermission('team:grant', ON_TEAM)
  putTeamGrant(
    @Param('slug') slug: string,
    @Param('principal') principal: string,
    @Body() body: GrantWriteDto,
  ): Promise<void> {
    return this.grants.put('team', slug, principal, body);
  }

  /**
   * Takes away what was granted on a team.
   *
   * @remarks From the next request on. Not what the caller does not hold on the team themselves (403
   * `beyond_own_powers`); what roles give stays.
   */
  @Delete(':principal')
  @HttpCode(204)
  @RequirePermission('team:grant', ON_TEAM)
  deleteTeamGrant(@Param('slug') slug: string, @Param('principal') principal: string): Promise<void> {
    return this.grants.delete('team', slug, principal);
  }
}
