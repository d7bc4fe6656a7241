import { Module } from '@nestjs/common';
import { RecomputeHandler } from './recompute/recompute.handler.js';
import { ScoreRepair } from './recompute/repair.js';
import { ScoreDecider } from './recompute/score-decider.js';
import { ScoreWriter } from './recompute/score-writer.js';
import { RescoreHandler } from './rescore/rescore.handler.js';
import { RescoreSteps } from './rescore/rescore-steps.js';
import { ScoringModule } from './scoring.module.js';

/** Computes scores, for the processes that run jobs. */
@Module({
  imports: [ScoringModule],
  providers: [ScoreDecider, ScoreWriter, RescoreSteps, RecomputeHandler, RescoreHandler, ScoreRepair],
})
export class ScoringJobsModule {}
