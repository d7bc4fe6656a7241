import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Paged, PageQueryDto, RequirePermission } from '#libs/http';
import { ON_PROJECT } from '../shared/granted-resources.js';
import { InOrganization, type OrganizationScope } from '../shared/organization-scope.js';
import { ChangePageDto } from './history.dto.js';
import { HISTORY_LIST, ProjectHistoryService } from './project-history.service.js';

@ApiTags('Projects')
@Controller('organizations/:org/projects/:id/history')
export class ProjectHistoryController {
  constructor(private readonly history: ProjectHistoryService) {}

  /**
   * Lists what became of a project and its edges, newest first, with what each change touched.
   *
   * @remarks Changes of the project itself and of every edge it has or had, with their authors. They are recorded with
   * the write and appear here seconds later at most, as long as analytics are available (503 otherwise).
   */
  @Get()
  @RequirePermission('project:read', ON_PROJECT)
  @Paged(HISTORY_LIST)
  listProjectHistory(
    @InOrganization() scope: OrganizationScope,
    @Param('id') id: string,
    @Query() query: PageQueryDto,
  ): Promise<ChangePageDto> {
    return this.history.list(scope, id, query);
  }
}
