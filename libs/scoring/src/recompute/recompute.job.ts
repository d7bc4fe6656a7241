import { defineJob } from '#libs/queue';

/** As long as the history is away: that may be hours, and what is decided waits. */
const PATIENT = {
  attempts: 5000,
  backoff: { kind: 'exponential', baseMs: 500, maxMs: 30_000, jitter: 0.5 },
  // A score that nobody computes is wrong for good, and the work is the same small one for every project.
  maxDeaths: 1000,
} as const;

/** Computes the score of one project. */
export const recomputeProject = defineJob<{
  organization_id: string;
  project_id: string;
  reason: string;
}>('score-recompute/project', PATIENT);

/** Computes the scores of many projects, a batch at a time. In a queue of its own: thousands of single ones may wait. */
export const recomputeMany = defineJob<{
  /** The run; null where something has changed, and the job joins or begins the run that follows changes. */
  run_id: string | null;
  /** Where it has changed; null for everywhere. */
  organization_id: string | null;
  reason: string;
}>('score-fan-out/many', { ...PATIENT, concurrency: 4 });
