import { Inject, Injectable } from '@nestjs/common';
import { sleep } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';
import { Graph } from '#libs/graph';
import { type JobContext, OnJob } from '#libs/queue';
import { recomputeMany } from '../recompute/recompute.job.js';
import { ScoreJournal } from '../recompute/score-journal.repository.js';
import { ScoreWriter } from '../recompute/score-writer.js';
import { RescoreRuns, WAIT_SECONDS } from './rescore-runs.repository.js';
import { RescoreSteps } from './rescore-steps.js';

// Well within the lease of a run (RescoreRuns), or another job would take it.
const LONGEST_REST_MS = 1000;

/**
 * Scores the projects of a run in batches, in the order of their ids, and rests between them. Killed at any moment it is
 * gone on with after the last batch that was decided.
 */
@Injectable()
export class RescoreHandler {
  constructor(
    private readonly graph: Graph,
    private readonly steps: RescoreSteps,
    private readonly writer: ScoreWriter,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @OnJob(recomputeMany)
  async run(
    payload: { run_id: string | null; organization_id: string | null; reason: string },
    context: JobContext,
  ): Promise<void> {
    const id = payload.run_id ?? (await this.join(context.jobId, payload.organization_id, payload.reason));
    const runs = new RescoreRuns(this.graph.read);
    // It has ended, or another job has it; if that one dies, the repair job takes it up.
    if (!(await runs.hold(id, context.jobId))) return;
    try {
      await this.walk(id, context);
    } catch (error) {
      // It is still this job's, which will try again: or there would be a job more each time that somebody looks.
      await runs.hold(id, context.jobId, WAIT_SECONDS).catch(() => false);
      throw error;
    }
  }

  private async walk(id: string, context: JobContext): Promise<void> {
    await this.finishDecided(id);
    // One step after the other: two at once would be sooner through, and leave other requests no processor.
    for (;;) {
      context.signal.throwIfAborted();
      const begun = performance.now();
      const step = await this.steps.next(id, context.jobId);
      if (!step) return;
      if (step.kind === 'blocked') await this.writer.finishAll(step.pending);
      else if (step.kind === 'decided') {
        if (step.batch) await this.writer.store(step.batch);
        if (step.missing.length > 0) await this.writer.bury(step.missing);
        await context.progress({ done: step.done, total: step.total });
        if (step.done < step.total) await this.rest(performance.now() - begun, context.signal);
      } else if (await new RescoreRuns(this.graph.read).end(id, step.lap)) return;
    }
  }

  /** So that requests of the same moment find a free processor now and then, however long the run is. */
  private rest(workedMs: number, signal: AbortSignal): Promise<void> {
    const { share } = this.config.scoring;
    return sleep(Math.min(LONGEST_REST_MS, workedMs * (100 / share - 1)), signal);
  }

  private join(jobId: string, organizationId: string | null, reason: string): Promise<string> {
    return this.graph.transaction((tx) => new RescoreRuns(tx).join(jobId, organizationId, reason));
  }

  /** Brings to an end what the one before left in the journal; throws while the history is away. */
  private async finishDecided(id: string): Promise<void> {
    await this.writer.finishAll(await new ScoreJournal(this.graph.read).ofRun(id));
  }
}
