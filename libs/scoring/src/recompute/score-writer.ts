import { Injectable } from '@nestjs/common';
import { Analytics, type ScoreHistoryRow } from '#libs/analytics';
import { Project } from '#libs/catalog';
import { Graph } from '#libs/graph';
import { type ProjectToScore, ScoreDecider, type ScoreRequest } from './score-decider.js';
import { type LastCounted, ScoreHistory } from './score-history.repository.js';
import { type DecidedBatch, ScoreJournal } from './score-journal.repository.js';

/**
 * Computes scores and stores them, history first. A decision is kept in the journal until it is in both, so that whoever
 * comes after a crash finishes just that one.
 */
@Injectable()
export class ScoreWriter {
  private readonly history: ScoreHistory;

  constructor(
    private readonly graph: Graph,
    private readonly decider: ScoreDecider,
    analytics: Analytics,
  ) {
    this.history = new ScoreHistory(analytics);
  }

  /** @throws DomainError `analytics_unavailable`; what is decided is then finished by the next who comes */
  async score(request: ScoreRequest): Promise<void> {
    for (;;) {
      const { pending, batch, missing } = await this.graph.transaction((tx) => this.decider.decide(tx, request));
      await this.finishAll(pending);
      if (pending.length > 0) continue;
      if (batch) await this.store(batch);
      if (missing.length > 0) await this.bury(missing);
      return;
    }
  }

  /** Brings a decided batch into the history and then into the graph; harmless if somebody else does it meanwhile. */
  async store(batch: DecidedBatch): Promise<void> {
    await this.history.insert(batch);
    const scores = new Map(batch.scores.map(({ projectId, score }) => [projectId, score]));
    await this.graph.transaction(async (tx) => {
      const taken = await new ScoreJournal(tx).take(batch.id);
      const values = taken.map((id) => ({ id, value: scores.get(id) ?? null }));
      await tx.derive(Project, 'score', values);
    });
  }

  /** {@link store} of what whoever decided it has left in the journal; nothing where it is no longer there. */
  async finish(batchId: string): Promise<void> {
    const batch = await new ScoreJournal(this.graph.read).read(batchId);
    if (batch.scores.length > 0) await this.store(batch);
  }

  async finishAll(batchIds: readonly string[]): Promise<void> {
    for (const batchId of batchIds) await this.finish(batchId);
  }

  /** Has the history say that projects which are gone count no more. */
  async bury(missing: readonly ProjectToScore[]): Promise<void> {
    const byOrganization = Map.groupBy(missing, ({ organizationId }) => organizationId);
    for (const [organization, projects] of byOrganization) {
      const reasons = new Map(projects.map(({ id, reason }) => [id, reason]));
      const counted = await this.history.counted(organization, [...reasons.keys()]);
      for (const last of counted) await this.buryOne(organization, last, reasons.get(last.project_id) ?? '');
    }
  }

  private async buryOne(organization: string, last: LastCounted, reason: string): Promise<void> {
    // One name for the burial of a project, however many come to it: the history takes it once.
    const batchId = `gone:${last.project_id}`;
    await this.graph.transaction(async (tx) => {
      const journal = new ScoreJournal(tx);
      const timestamp = await journal.takeTurn([organization]);
      if ((await journal.pending([last.project_id])).length > 0) return;
      const { score: previous_score, ...whose } = last;
      const row = { ...whose, organization, timestamp, score: null, previous_score, change_reason: reason };
      const line = JSON.stringify({ ...row, breakdown: '{}' } satisfies ScoreHistoryRow);
      await journal.add({ id: batchId, scores: [{ projectId: last.project_id, score: null, line }] }, null);
    });
    await this.finish(batchId);
  }
}
