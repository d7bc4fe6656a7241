import { Injectable } from '@nestjs/common';
import type { ScoreHistoryRow } from '#libs/analytics';
import { newId } from '#libs/common';
import type { GraphTransaction } from '#libs/graph';
import type { Evaluation } from '../engine/evaluate.js';
import type { ScoredProject } from '../score/project-attributes.js';
import { ScoringInputsReader, scoreOf } from '../score/scoring-inputs.js';
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

export interface Decision {
  /** Batches of others that stand in the way: nothing is decided until they are finished. */
  readonly pending: readonly string[];
  /** The batch that is in the journal now; undefined where no score is another one. */
  readonly batchId: string | undefined;
  /** How many scores are. */
  readonly changed: number;
  /** Projects that are gone. */
  readonly missing: readonly ProjectToScore[];
}

/**
 * Computes scores, and leaves those that are new in the journal. Between reading the inputs and the end of the transaction
 * nobody else decides about the organization.
 */
@Injectable()
export class ScoreDecider {
  constructor(private readonly inputs: ScoringInputsReader) {}

  async decide(tx: GraphTransaction, request: ScoreRequest): Promise<Decision> {
    const journal = new ScoreJournal(tx);
    const now = await journal.takeTurn(request.projects.map(({ organizationId }) => organizationId));
    const pending = await journal.pending(request.projects.map(({ id }) => id));
    if (pending.length > 0) return { pending, batchId: undefined, changed: 0, missing: [] };
    const { decided, missing } = await this.compute(tx, request, now);
    const changed = decided.length;
    if (changed === 0) return { pending: [], batchId: undefined, changed, missing };
    const batchId = newId();
    await journal.add(batchId, request.runId ?? null, decided);
    return { pending: [], batchId, changed, missing };
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
