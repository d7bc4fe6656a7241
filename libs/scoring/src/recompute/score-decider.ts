import { Injectable } from '@nestjs/common';
import type { ScoreHistoryRow } from '#libs/analytics';
import { newId } from '#libs/common';
import type { GraphTransaction } from '#libs/graph';
import type { Evaluation } from '../engine/evaluate.js';
import type { ScoredProject } from '../score/project-attributes.js';
import { ScoringInputsReader, scoreOf } from '../score/scoring-inputs.js';
import { type DecidedBatch, type DecidedScore, ScoreJournal } from './score-journal.repository.js';

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
  /** What is in the journal now; undefined where no score is another one. */
  readonly batch: DecidedBatch | undefined;
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
    if (pending.length > 0) return { pending, batch: undefined, missing: [] };
    const { scores, missing } = await this.compute(tx, request, now);
    if (scores.length === 0) return { pending: [], batch: undefined, missing };
    const batch = { id: newId(), scores };
    await journal.add(batch, request.runId ?? null);
    return { pending: [], batch, missing };
  }

  private async compute(
    tx: GraphTransaction,
    { projects, force }: ScoreRequest,
    now: string,
  ): Promise<{ scores: DecidedScore[]; missing: ProjectToScore[] }> {
    const asked = new Map(projects.map((project) => [project.id, project]));
    const inputs = await this.inputs.read(tx, [...asked.keys()]);
    const today = new Date(now);
    const scores: DecidedScore[] = [];
    for (const project of inputs.projects) {
      const evaluation = project.archived ? undefined : scoreOf(inputs, project, today);
      const score = evaluation?.score ?? null;
      const reason = asked.get(project.id)?.reason ?? '';
      asked.delete(project.id);
      if (score === project.score && !force) continue;
      const line = JSON.stringify(toHistory(project, evaluation, { now, reason }));
      scores.push({ projectId: project.id, score, line });
    }
    return { scores, missing: [...asked.values()] };
  }
}

function toHistory(
  project: ScoredProject,
  evaluation: Evaluation | undefined,
  { now, reason }: { now: string; reason: string },
): ScoreHistoryRow {
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
    breakdown: breakdownOf(evaluation),
  };
}

/** `{slug: [score, weight]}` of the policies that apply, written as it is: an object of them all costs more than scoring. */
function breakdownOf(evaluation: Evaluation | undefined): string {
  // An organization's policy may have the slug of one for all; a name stands once in an object, and its own is the later.
  const parts = new Map<string, string>();
  for (const { rule, applies, score } of evaluation?.results ?? []) {
    if (applies) parts.set(rule.slug, `${JSON.stringify(rule.slug)}:[${score},${rule.weight}]`);
  }
  return `{${[...parts.values()].join(',')}}`;
}
