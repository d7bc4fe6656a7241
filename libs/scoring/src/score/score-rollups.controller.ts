import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { InOrganization, type OrganizationScope } from '#libs/catalog';
import { Paged, RequirePermission } from '#libs/http';
import { DistributionDto, DistributionQueryDto, RollupPageDto, RollupQueryDto } from './rollup.dto.js';
import { ROLLUP_LIST, ScoreRollups } from './score-rollups.service.js';

@ApiTags('Scoring')
@Controller()
export class ScoreRollupsController {
  constructor(private readonly rollups: ScoreRollups) {}

  /**
   * Takes the scores of an organization’s projects together, by team or by project type.
   *
   * @remarks Of what is in the catalogue now; archived projects are not counted, and one without a score has no part in
   * the mean.
   */
  @Get('organizations/:org/scores/rollup')
  @RequirePermission('project:read')
  @Paged(ROLLUP_LIST)
  getOrganizationScoreRollup(
    @InOrganization() scope: OrganizationScope,
    @Query() query: RollupQueryDto,
  ): Promise<RollupPageDto> {
    return this.rollups.rollup(scope.id, query);
  }

  /**
   * Shows how the scores of an organization’s projects are spread.
   *
   * @remarks Of all of them, or of those of a team or a type.
   */
  @Get('organizations/:org/scores/distribution')
  @RequirePermission('project:read')
  getOrganizationScoreDistribution(
    @InOrganization() scope: OrganizationScope,
    @Query() query: DistributionQueryDto,
  ): Promise<DistributionDto> {
    return this.rollups.distribution(scope.id, query);
  }

  /**
   * Takes the scores of all projects together, by organization, team or project type.
   *
   * @remarks Over all organizations: the permission must hold everywhere.
   */
  @Get('scores/rollup')
  @RequirePermission('project:read')
  @Paged(ROLLUP_LIST)
  getScoreRollup(@Query() query: RollupQueryDto): Promise<RollupPageDto> {
    return this.rollups.rollup(undefined, query);
  }

  /**
   * Shows how the scores of all projects are spread.
   *
   * @remarks Over all organizations: the permission must hold everywhere.
   */
  @Get('scores/distribution')
  @RequirePermission('project:read')
  getScoreDistribution(@Query() query: DistributionQueryDto): Promise<DistributionDto> {
    return this.rollups.distribution(undefined, query);
  }
}
