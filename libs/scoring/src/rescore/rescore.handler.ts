import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '#libs/config';
import { Graph } from '#libs/graph';
import { type JobContext, OnJob } from '#libs/queue';
import { recomputeMany } from '../recompute/recompute.job.js';
import { ScoreWriter } from '../recompute/score-writer.js';
import { ScoredProjectsReadModel, type SelectedProject } from '../score/scored-projects.read-model.js';
import { RescoreRuns, type RunRow } from './rescore-runs.repository.js';

interface RunPayload {
  run_id: string | null;
  organization_id: string | null;
  team_id: string | null;
  type_ids: string[] | null;
  project_id: string | null;
  reason: string;
}

/**
 * Scores the projects of a run in batches, in the order of their ids. Killed at any moment it is gone on with from the
 * last batch that was noted; a batch that was scored and not noted is scored again, which changes nothing.
 */
@Injectable()
export class RescoreHandler {
  private readonly runs: RescoreRuns;
  private readonly projects: ScoredProjectsReadModel;

  constructor(
    graph: Graph,
    private readonly writer: ScoreWriter,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.runs = new RescoreRuns(graph.read);
    this.projects = new ScoredProjectsReadModel(graph.read);
  }

  @OnJob(recomputeMany)
  async run(payload: RunPayload, context: JobContext): Promise<void> {
    const id = payload.run_id ?? context.jobId;
    const { organization_id, team_id, type_ids, project_id, reason } = payload;
    if (payload.run_id === null) {
      const selection = { organizationId: organization_id, teamId: team_id, typeIds: type_ids, projectId: project_id };
      await this.runs.add(id, selection, reason);
    }
    const holder = context.jobId;
    const run = await this.runs.lease(id, holder);
    // It has ended, or another job has it; if that one dies, the repair job takes it up.
    if (!run) return;
    if (run.reached === '') await this.runs.setTotal(id, await this.projects.count(run.selection));
    await this.walk(run, holder, context);
  }

  private async walk(run: RunRow, holder: string, context: JobContext): Promise<void> {
    let { done, reached } = run;
    for (;;) {
      context.signal.throwIfAborted();
      const batch = await this.projects.next(run.selection, reached, this.config.scoring.batch);
      const last = batch.at(-1);
      if (!last) break;
      await this.score(run, batch);
      reached = last.id;
      done += batch.length;
      if (!(await this.runs.advance(run.id, holder, reached, batch.length))) return;
      await context.progress({ done, total: Math.max(run.total, done) });
    }
    await this.runs.finish(run.id, holder);
  }

  private async score(run: RunRow, batch: readonly SelectedProject[]): Promise<void> {
    await this.writer.score({
      projects: batch.map((project) => ({ ...project, reason: run.reason })),
      runId: run.id,
    });
  }
}
