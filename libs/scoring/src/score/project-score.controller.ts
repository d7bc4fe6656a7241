import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { InOrganization, ON_PROJECT, type OrganizationScope } from '#libs/catalog';
import { Paged, RequirePermission } from '#libs/http';
import { ProjectScores } from './project-score.service.js';
import { ProjectScoreHistory, SCORE_HISTORY_LIST } from './project-score-history.service.js';
import { ProjectScoreDto, ScorePathDto, ScorePathQueryDto, TrendQueryDto } from './score.dto.js';
import { ScoreHistoryPageDto, ScoreHistoryQueryDto, ScoreTrendDto } from './score-history.dto.js';

@ApiTags('Scoring')
@Controller('organizations/:org/projects/:id/score')
export class ProjectScoreController {
  constructor(
    private readonly scores: ProjectScores,
    private readonly changes: ProjectScoreHistory,
  ) {}

  /**
   * Explains the score of a project.
   *
   * @remarks Policy by policy: whether and why it applies, the value it found, what that is worth and what it adds. The
   * score is the mean of what applies, by weight; 100 with a flag where nothing does.
   */
  @Get()
  @RequirePermission('project:read', ON_PROJECT)
  getProjectScore(@InOrganization() scope: OrganizationScope, @Param('id') id: string): Promise<ProjectScoreDto> {
    return this.scores.explain(scope.id, id);
  }

  /**
   * Lists the changes of the score of a project, newest first.
   *
   * @remarks One by one, or by hour or day with the last, least and greatest score of each. A deleted project’s is kept.
   */
  @Get('history')
  @RequirePermission('project:read', ON_PROJECT)
  @Paged(SCORE_HISTORY_LIST)
  listProjectScores(
    @InOrganization() scope: OrganizationScope,
    @Param('id') id: string,
    @Query() query: ScoreHistoryQueryDto,
  ): Promise<ScoreHistoryPageDto> {
    return this.changes.list(scope.id, id, query);
  }

  /**
   * Tells where the score of a project is going.
   *
   * @remarks The score now against the one that was in force `days` ago, or else the first one since.
   */
  @Get('trend')
  @RequirePermission('project:read', ON_PROJECT)
  getProjectScoreTrend(
    @InOrganization() scope: OrganizationScope,
    @Param('id') id: string,
    @Query() { days }: TrendQueryDto,
  ): Promise<ScoreTrendDto> {
    return this.changes.trend(scope.id, id, days ?? 30);
  }

  /**
   * Finds the cheapest way of a project to a score (100 unless `target` says otherwise).
   *
   * @remarks The fewest attributes that have to change, and to what. Where the score is out of reach, everything that
   * could be done, and where that leads.
   */
  @Get('path')
  @RequirePermission('project:read', ON_PROJECT)
  getProjectScorePath(
    @InOrganization() scope: OrganizationScope,
    @Param('id') id: string,
    @Query() { target }: ScorePathQueryDto,
  ): Promise<ScorePathDto> {
    return this.scores.path(scope.id, id, target ?? 100);
  }
}
