import { Injectable } from '@nestjs/common';
import { isId, notFound } from '#libs/common';
import { Graph } from '#libs/graph';
import { cheapestPath } from '../engine/cheapest.js';
import { contribution, type Evaluation, type RuleResult } from '../engine/evaluate.js';
import { isPresent } from '../engine/measure.js';
import type { ScoredProject } from './project-attributes.js';
import type { PolicyScoreDto, ProjectScoreDto, ScorePathDto } from './score.dto.js';
import { ScoringInputsReader, scoreOf } from './scoring-inputs.js';

/** The score of one project, explained. */
@Injectable()
export class ProjectScores {
  constructor(
    private readonly graph: Graph,
    private readonly inputs: ScoringInputsReader,
  ) {}

  async explain(organizationId: string, id: string): Promise<ProjectScoreDto> {
    const { project, evaluation } = await this.evaluate(organizationId, id);
    const { archived } = project;
    return {
      project_id: project.id,
      score: project.score,
      current: archived ? null : evaluation.score,
      unfloored_total: archived ? null : evaluation.unfloored,
      flag: archived ? 'archived' : (evaluation.flag ?? null),
      total_weight: evaluation.totalWeight,
      policies: evaluation.results.map((result) => toPolicyScore(result, evaluation.totalWeight)),
      missing: missingOf(evaluation),
    };
  }

  async path(organizationId: string, id: string, target: number): Promise<ScorePathDto> {
    const { evaluation } = await this.evaluate(organizationId, id);
    const { reachable, reached, steps } = cheapestPath(evaluation, target);
    return {
      target,
      current: evaluation.score,
      reachable,
      reached,
      steps: steps.map(({ attribute, measure, value, wanted, policies, gain }) => ({
        attribute_name: attribute,
        measure,
        value: value ?? null,
        wanted: [...wanted],
        policies: [...policies],
        gain,
      })),
    };
  }

  private async evaluate(
    organizationId: string,
    id: string,
  ): Promise<{ project: ScoredProject; evaluation: Evaluation }> {
    const inputs = isId(id) ? await this.inputs.read(this.graph.read, [id]) : undefined;
    const [project] = inputs?.projects ?? [];
    if (!inputs || project?.organizationId !== organizationId) throw notFound(`The project "${id}"`);
    return { project, evaluation: scoreOf(inputs, project, new Date()) };
  }
}

function toPolicyScore(result: RuleResult, totalWeight: number): PolicyScoreDto {
  const { rule, applies, outcome, value, measured, matched, score } = result;
  return {
    slug: rule.slug,
    name: rule.name,
    attribute_name: rule.attribute,
    measure: rule.measure,
    applies,
    outcome,
    value: value ?? null,
    measured: measured ?? null,
    matched: matched ?? null,
    score: score ?? null,
    weight: rule.weight,
    contribution: contribution(result, totalWeight),
  };
}

function missingOf({ results }: Evaluation): string[] {
  const without = results.filter(({ applies, value }) => applies && !isPresent(value));
  return [...new Set(without.map(({ rule }) => rule.attribute))].sort();
}
