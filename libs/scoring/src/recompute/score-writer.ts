import { Injectable } from '@nestjs/common';
import { Analytics, type ScoreHistoryRow } from '#libs/analytics';
import { Project } from '#libs/catalog';
import { newId } from '#libs/common';
import { Graph, type GraphTransaction } from '#libs/graph';
import type { Evaluation } from '../engine/evaluate.js';
import { RescoreRuns } from '../rescore/rescore-runs.repository.js';
import type { ScoredProject } from '../score/project-attributes.js';
import { ScoringInputsReader, scoreOf } from '../score/scoring-inputs.js';
import { type LastCounted, ScoreHistory } from './score-history.repository.js';
import { type DecidedScore, ScoreJournal } from './score-journal.repository.js';

export interface ProjectToScore {
  readonly id: string;
  readonly organizationId: string;
  /** What made it necessary; it stands in the history. */
  readonly reason: string;
}

export interface ScoreRequest {
  readonly projects: readonly ProjectToScore[];
  /** The run that it is a part of. */
  readonly runId?: string;
  /** Writes to the history although the score is what the graph has: for where the history lacks it. */
  readonly force?: boolean;
}

interface Decision {
  /** Batches of others that stand in the way, and have to be finished first. */
  readonly pending: readonly string[];
  readonly batchId: string | undefined;
  readonly missing: readonly ProjectToScore[];
}

/**
 * Computes scores and stores them, history first. Between reading the inputs and the decision nobody else decides about
 * the organization; the decision is kept in the journal, so that whoever comes after a crash finishes just that one.
 */
@Injectable()
export class ScoreWriter {
  private readonly history: ScoreHistory;

  constructor(
    private readonly graph: Graph,
    private readonly inputs: ScoringInputsReader,
    analytics: Analytics,
  ) {
    this.history = new ScoreHistory(analytics);
  }

  /** @throws DomainError `analytics_unavailable`; what is decided is then finished by the next who comes */
  async score(request: ScoreRequest): Promise<void> {
    for (;;) {
      const { pending, batchId, missing } = await this.decide(request);
      for (const batch of pending) await this.finish(batch);
      if (pending.length > 0) continue;
      if (batchId !== undefined) await this.finish(batchId);
      if (missing.length > 0) await this.bury(missing);
      return;
    }
  }

  /** Brings a decided batch into the history and then into the graph; harmless if somebody else does it meanwhile. */
  async finish(batchId: string): Promise<void> {
    const rows = await new ScoreJournal(this.graph.read).read(batchId);
    if (rows.length === 0) return;
    await this.history.insert(batchId, rows);
    await this.graph.transaction(async (tx) => {
      const { runId, decided } = await new ScoreJournal(tx).take(batchId);
      const values = decided.map(({ projectId, history }) => ({ id: projectId, value: history.score }));
      await tx.derive(Project, 'score', values);
      if (runId !== null) await new RescoreRuns(tx).countChanged(runId, decided.length);
    });
  }

  private async decide(request: ScoreRequest): Promise<Decision> {
    return this.graph.transaction(async (tx) => {
      const journal = new ScoreJournal(tx);
      const now = await journal.takeTurn(request.projects.map(({ organizationId }) => organizationId));
      const pending = await journal.pending(request.projects.map(({ id }) => id));
      if (pending.length > 0) return { pending, batchId: undefined, missing: [] };
      const { decided, missing } = await this.compute(tx, request, now);
      if (decided.length === 0) return { pending: [], batchId: undefined, missing };
      const batchId = newId();
      await journal.add(batchId, request.runId ?? null, decided);
      return { pending: [], batchId, missing };
    });
  }

  private async compute(
    tx: GraphTransaction,
    { projects, force }: ScoreRequest,
    now: string,
  ): Promise<{ decided: DecidedScore[]; missing: ProjectToScore[] }> {
    const asked = new Map(projects.map((project) => [project.id, project]));
    const inputs = await this.inputs.read(tx, [...asked.keys()]);
    const today = new Date(now);
    const decided: DecidedScore[] = [];
    for (const project of inputs.projects) {
      const evaluation = project.archived ? undefined : scoreOf(inputs, project, today);
      const score = evaluation?.score ?? null;
      const reason = asked.get(project.id)?.reason ?? '';
      asked.delete(project.id);
      if (score === project.score && !force) continue;
      const history = toHistory(project, evaluation, { now, reason });
      decided.push({ projectId: project.id, history });
    }
    return { decided, missing: [...asked.values()] };
  }

  /** Has the history say that projects which are gone count no more. */
  private async bury(missing: readonly ProjectToScore[]): Promise<void> {
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
      const history = { ...whose, organization, timestamp, score: null, previous_score, change_reason: reason };
      await journal.add(batchId, null, [{ projectId: last.project_id, history: { ...history, breakdown: '{}' } }]);
    });
    await this.finish(batchId);
  }
}

function toHistory(
  project: ScoredProject,
  evaluation: Evaluation | undefined,
  { now, reason }: { now: string; reason: string },
): ScoreHistoryRow {
  const parts = (evaluation?.results ?? []).filter(({ applies }) => applies);
  return {
    organization: project.organizationId,
    team: project.teamId,
    project_types: project.typeIds,
    project_id: project.id,
    project_slug: project.slug,
    timestamp: now,
    score: evaluation?.score ?? null,
    previous_score: project.score,
    change_reason: reason,
    breakdown: JSON.stringify(Object.fromEntries(parts.map(({ rule, score }) => [rule.slug, [score, rule.weight]]))),
  };
}
