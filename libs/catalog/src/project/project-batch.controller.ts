import { Body, Controller, HttpCode, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { BodyLimit, RequirePermission } from '#libs/http';
import { InOrganization, type OrganizationScope } from '../shared/organization-scope.js';
import { ProjectBatchDto, ProjectBatchQueryDto, ProjectBatchResultDto } from './project-batch.dto.js';
import { ProjectBatchService } from './project-batch.service.js';

const BATCH_BODY_LIMIT = 8 * 1024 * 1024;

@ApiTags('Projects')
@Controller('organizations/:org/projects')
export class ProjectBatchController {
  constructor(private readonly batch: ProjectBatchService) {}

  /**
   * Creates or changes up to 1,000 projects; each item has its own result.
   *
   * @remarks Each item is checked and written for itself and has its result in `items`, in the order of the request;
   * with `atomic=true` one failure refuses them all (422 `batch_failed`). With `mode=upsert` a taken slug means that
   * project, which is made what the item says. The body may have 8 MiB.
   */
  @Post('batch')
  @HttpCode(200)
  @RequirePermission('project:create')
  @BodyLimit(BATCH_BODY_LIMIT)
  writeProjects(
    @InOrganization() scope: OrganizationScope,
    @Body() { items }: ProjectBatchDto,
    @Query() { mode, atomic, on_invalid }: ProjectBatchQueryDto,
  ): Promise<ProjectBatchResultDto> {
    return this.batch.write(scope, items, { mode: mode ?? 'create', atomic: atomic === 'true', onInvalid: on_invalid });
  }
}
