import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '#libs/config';
import { Graph, type GraphTransaction } from '#libs/graph';
import { type ProjectToScore, ScoreDecider } from '../recompute/score-decider.js';
import type { DecidedBatch } from '../recompute/score-journal.repository.js';
import { ScoredProjectsReadModel, type SelectedProject } from '../score/scored-projects.read-model.js';
import { RescoreRuns, type RunRow } from './rescore-runs.repository.js';

export type RescoreStep =
  /** A batch is decided, and noted with the run. */
  | {
      readonly kind: 'decided';
      readonly batch: DecidedBatch | undefined;
      readonly missing: readonly ProjectToScore[];
      readonly done: number;
      readonly total: number;
    }
  /** Batches of others have to be finished first. */
  | { readonly kind: 'blocked'; readonly pending: readonly string[] }
  /** There is nothing left, unless a change joins the run after `lap`. */
  | { readonly kind: 'through'; readonly lap: number };

/**
 * The steps of a run: each decides about one batch and notes how far the run is, both or neither. A worker that dies takes
 * its locks with it, so that the next one goes on at once, and with the next batch.
 */
@Injectable()
export class RescoreSteps {
  constructor(
    private readonly graph: Graph,
    private readonly decider: ScoreDecider,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** @returns undefined where the run has ended, or another job is on it */
  async next(runId: string, holder: string): Promise<RescoreStep | undefined> {
    return this.graph.transaction(async (tx) => {
      const runs = new RescoreRuns(tx);
      const run = await runs.lock(runId, holder);
      if (!run) return undefined;
      const { batch: selected, wrapped } = await this.batch(tx, run);
      const last = selected.at(-1);
      if (!last) return { kind: 'through', lap: run.lap };
      const projects = selected.map((project) => ({ ...project, reason: run.reason }));
      const { pending, batch, missing } = await this.decider.decide(tx, { projects, runId });
      if (pending.length > 0) return { kind: 'blocked', pending };
      const done = run.done + selected.length;
      const changed = run.changed + (batch?.scores.length ?? 0);
      const total = run.total > 0 ? run.total : run.done + (await new ScoredProjectsReadModel(tx).count(run.selection));
      const step = { reached: last.id, wrapped, done, changed, total: Math.max(total, done) };
      await runs.advance(runId, holder, step);
      return { kind: 'decided', batch, missing, done, total: step.total };
    });
  }

  /** The next projects on the way round: to the last of all, and then from the first to where the way began. */
  private async batch(
    tx: GraphTransaction,
    { selection, reached, origin, wrapped }: RunRow,
  ): Promise<{ batch: readonly SelectedProject[]; wrapped: boolean }> {
    const projects = new ScoredProjectsReadModel(tx);
    const { batch: size } = this.config.scoring;
    if (!wrapped) {
      const batch = await projects.next(selection, reached, size);
      if (batch.length > 0 || origin === '') return { batch, wrapped };
    }
    const batch = await projects.next(selection, wrapped ? reached : '', size);
    return { batch: batch.filter(({ id }) => id <= origin), wrapped: true };
  }
}
