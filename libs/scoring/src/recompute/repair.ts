import { Inject, Injectable } from '@nestjs/common';
import { Analytics } from '#libs/analytics';
import { Organization } from '#libs/catalog';
import { createLogger, errorMessage } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';
import { Graph } from '#libs/graph';
import { enqueue, OnEvent, OnSchedule } from '#libs/queue';
import { PoliciesReadModel } from '../policy/policies.read-model.js';
import { switchOff } from '../policy/policy-targets.js';
import { RescoreRuns } from '../rescore/rescore-runs.repository.js';
import { ScoredProjectsReadModel } from '../score/scored-projects.read-model.js';
import { recomputeMany } from './recompute.job.js';
import { ScoreHistory } from './score-history.repository.js';
import { ScoreJournal } from './score-journal.repository.js';
import { ScoreWriter } from './score-writer.js';

const ABANDONED_SECONDS = 30;
const REPAIR_SECONDS = 15;
const KEEP_RUNS_DAYS = 30;
const logger = createLogger('scoring');

/** Finishes what others left undone, and looks once a day whether history and graph say the same. */
@Injectable()
export class ScoreRepair {
  private readonly history: ScoreHistory;

  constructor(
    private readonly graph: Graph,
    private readonly writer: ScoreWriter,
    analytics: Analytics,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.history = new ScoreHistory(analytics);
  }

  /** Brings decided scores, whose worker died or could not reach the history, into history and graph. */
  @OnSchedule('score-repair', { everySeconds: REPAIR_SECONDS, attempts: 1 })
  async repair(): Promise<void> {
    await this.resume();
    for (const batchId of await new ScoreJournal(this.graph.read).abandoned(ABANDONED_SECONDS)) {
      try {
        await this.writer.finish(batchId);
      } catch (error) {
        // The next round tries again; as long as the history is away, so would every other batch fail.
        logger.debug({ reason: errorMessage(error) }, 'decided scores could not be finished yet');
        return;
      }
    }
  }

  /** Hands runs whose job is gone to a new job. */
  async resume(): Promise<void> {
    for (const { id, reason } of await new RescoreRuns(this.graph.read).orphaned()) {
      await this.graph.transaction(async (tx) => {
        enqueue(tx.transaction, recomputeMany, { run_id: id, organization_id: null, reason }, { key: id });
        await new RescoreRuns(tx).adopt(id);
      });
    }
  }

  /** A project type went with its organization: what was for it alone is switched off. */
  @OnEvent('project_type.deleted')
  async typeDeleted(): Promise<void> {
    const ids = await new PoliciesReadModel(this.graph.read).untargeted();
    for (const id of ids.sort()) await this.graph.transaction((tx) => switchOff(tx, id));
  }

  /** Scores everything: dates are a day older, and whatever was missed is found. */
  @OnSchedule('score-daily', { cron: '0 5 0 * * *', timezone: 'UTC' })
  async daily(): Promise<void> {
    const everything = { run_id: null, organization_id: null, reason: 'daily' };
    await this.graph.transaction(async (tx) => {
      enqueue(tx.transaction, recomputeMany, everything, { key: 'daily' });
    });
    await new RescoreRuns(this.graph.read).forget(KEEP_RUNS_DAYS);
    await this.reconcile();
  }

  /** Writes the scores of projects of which history and graph do not say the same; returns how many there were. */
  async reconcile(): Promise<number> {
    let repaired = 0;
    let after: { values: never[]; id: string } | undefined;
    for (;;) {
      const page = await this.graph.read.list(Organization, { after, limit: 100 });
      for (const { id } of page.items) repaired += await this.reconcileOrganization(id);
      const last = page.items.at(-1);
      if (!last || page.items.length < 100) return repaired;
      after = { values: [], id: last.id };
    }
  }

  private async reconcileOrganization(organizationId: string): Promise<number> {
    const known = new Map<string, number | null>();
    for (let after = ''; ; ) {
      const page = await this.history.latest(organizationId, after, 10_000);
      for (const { projectId, score } of page) known.set(projectId, score);
      const last = page.at(-1);
      if (!last || page.length < 10_000) break;
      after = last.projectId;
    }
    const projects = new ScoredProjectsReadModel(this.graph.read);
    let repaired = 0;
    for (let after = ''; ; ) {
      const page = await projects.nextScores(organizationId, after, this.config.scoring.batch);
      const differing = page.filter(({ id, score }) => score !== (known.get(id) ?? null)).map(({ id }) => id);
      for (const { id } of page) known.delete(id);
      repaired += await this.rewrite(organizationId, differing);
      const last = page.at(-1);
      if (!last || page.length < this.config.scoring.batch) break;
      after = last.id;
    }
    // What is left is in the history and not in the graph.
    const gone = [...known].filter(([, score]) => score !== null).map(([id]) => id);
    return repaired + (await this.rewrite(organizationId, gone));
  }

  private async rewrite(organizationId: string, projectIds: readonly string[]): Promise<number> {
    if (projectIds.length === 0) return 0;
    const projects = projectIds.map((id) => ({ id, organizationId, reason: 'repair' }));
    await this.writer.score({ projects, force: true });
    return projectIds.length;
  }
}
