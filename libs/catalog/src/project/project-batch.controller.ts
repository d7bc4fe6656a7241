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

  /** Creates or changes up to 1,000 projects; each item has its own result. */
  @Post('batch')
  @HttpCode(200)
  @RequirePermission('project:create')
  @BodyLimit(BATCH_BODY_LIMIT)
  writeProjects(
    @InOrganization() scope: OrganizationScope,
    @Body() { items }: ProjectBatchDto,
    @Query() { mode, atomic }: ProjectBatchQueryDto,
  ): Promise<ProjectBatchResultDto> {
    return this.batch.write(scope, items, { mode: mode ?? 'create', atomic: atomic === 'true' });
  }
}
