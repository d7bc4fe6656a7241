import { Module } from '@nestjs/common';
import { OrganizationScoringPoliciesController } from './policy/organization-scoring-policies.controller.js';
import { ScoringPoliciesController } from './policy/scoring-policies.controller.js';
import { ScoringPolicies } from './policy/scoring-policies.service.js';
import { RescoreController } from './rescore/rescore.controller.js';
import { Rescores } from './rescore/rescore.service.js';
import { ProjectScoreController } from './score/project-score.controller.js';
import { ProjectScores } from './score/project-score.service.js';
import { ProjectScoreHistory } from './score/project-score-history.service.js';
import { ScoreRollupsController } from './score/score-rollups.controller.js';
import { ScoreRollups } from './score/score-rollups.service.js';
import { ScoringModule } from './scoring.module.js';
import { SimulationsController } from './simulate/simulations.controller.js';
import { Simulations } from './simulate/simulations.service.js';

/** Policies and scores over HTTP. */
@Module({
  imports: [ScoringModule],
  controllers: [
    ScoringPoliciesController,
    OrganizationScoringPoliciesController,
    ProjectScoreController,
    ScoreRollupsController,
    SimulationsController,
    RescoreController,
  ],
  providers: [ScoringPolicies, ProjectScores, ProjectScoreHistory, ScoreRollups, Simulations, Rescores],
})
export class ScoringHttpModule {}
