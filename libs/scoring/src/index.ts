export { scoringMigrations } from './model/scoring.migration.js';
export { ScoringPolicy, scoringDefinitions, Targets } from './model/scoring-policy.vertex.js';
export { ScoringModule } from './scoring.module.js';
export { ScoringHttpModule } from './scoring-http.module.js';
export { ScoringJobsModule } from './scoring-jobs.module.js';
