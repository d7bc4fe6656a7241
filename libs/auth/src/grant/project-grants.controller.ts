import { Body, Controller, Delete, Get, HttpCode, Param, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type GuardedResource, Paged, PageQueryDto, RequirePermission } from '#libs/http';
import { GrantPageDto, GrantWriteDto } from './grant.dto.js';
import { GRANT_LIST, GrantsService } from './grants.service.js';

const ON_PROJECT: { readonly resource: GuardedResource } = { resource: { label: 'Project', param: 'id' } };

@ApiTags('Projects')
@Controller('organizations/:org/projects/:id/grants')
export class ProjectGrantsController {
  constructor(private readonly grants: GrantsService) {}

  /**
   * Lists who was granted access to a project by itself.
   *
   * @remarks By name; expired ones too, until they are cleared away. Who may use it by a role is not among them: ask
   * `GET /api/permissions/who-can` for all.
   */
  @Get()
  @RequirePermission('project:grant', ON_PROJECT)
  @Paged(GRANT_LIST)
  listProjectGrants(@Param('id') id: string, @Query() query: PageQueryDto): Promise<GrantPageDto> {
    return this.grants.list('project', id, query);
  }

  /**
   * Grants access to a project, or changes what was granted.
   *
   * @remarks Exactly these actions, whatever was granted before. They open the project’s own routes and nothing else. It counts from the next
   * request on. Nobody grants or changes what they do not hold on the project themselves, nor for longer than they do
   * (403 `beyond_own_powers`).
   */
  @Put(':principal')
  @HttpCode(204)
  @RequirePermission('project:grant', ON_PROJECT)
  putProjectGrant(
    @Param('id') id: string,
    @Param('principal') principal: string,
    @Body() body: GrantWriteDto,
  ): Promise<void> {
    return this.grants.put('project', id, principal, body);
  }

  /**
   * Takes away what was granted on a project.
   *
   * @remarks From the next request on. Not what the caller does not hold on the project themselves (403
   * `beyond_own_powers`); what roles give stays.
   */
  @Delete(':principal')
  @HttpCode(204)
  @RequirePermission('project:grant', ON_PROJECT)
  deleteProjectGrant(@Param('id') id: string, @Param('principal') principal: string): Promise<void> {
    return this.grants.delete('project', id, principal);
  }
}
