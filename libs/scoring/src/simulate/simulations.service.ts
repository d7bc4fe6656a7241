import { Injectable } from '@nestjs/common';
import { type FieldError, invalid, isDomainError } from '#libs/common';
import { Graph } from '#libs/graph';
import { validateDocument } from '#libs/http';
import { evaluate, type Rule } from '../engine/evaluate.js';
import { compileMaps } from '../policy/policy-rule.js';
import type { PolicyScope } from '../policy/policy-scope.js';
import { resolveTargets } from '../policy/policy-targets.js';
import { ScoringPolicyWriteDto } from '../policy/scoring-policy.dto.js';
import { ScoredProjectsReadModel } from '../score/scored-projects.read-model.js';
import { rulesFor, type ScoringInputs, ScoringInputsReader } from '../score/scoring-inputs.js';
import type { SimulationDto, SimulationResultDto } from './simulate.dto.js';
import { Simulation } from './simulation.js';

/** Projects that are computed without a pause: others wait for their answers meanwhile. */
const AT_ONCE = 100;

/** What a set of policies would make of the scores: the engine that scores, without the writing. */
@Injectable()
export class Simulations {
  private readonly projects: ScoredProjectsReadModel;

  constructor(
    private readonly graph: Graph,
    private readonly inputs: ScoringInputsReader,
  ) {
    this.projects = new ScoredProjectsReadModel(graph.read);
  }

  /** @throws DomainError `validation_failed` with pointers into the policies */
  async run(scope: PolicyScope, request: SimulationDto): Promise<SimulationResultDto> {
    const { policies, threshold, list = 'changing', limit = 100, buckets = 10 } = request;
    if (list === 'dropping' && threshold === undefined) {
      throw invalid([{ pointer: '/threshold', code: 'needed', message: 'Say below which score.' }]);
    }
    const proposed = await this.rules(scope, policies);
    const simulation = new Simulation({ threshold, list, limit, buckets });
    const today = new Date();
    const selection = { organizationId: scope.organizationId };
    for (let after = ''; ; ) {
      const page = await this.projects.next(selection, after, AT_ONCE);
      const last = page.at(-1);
      if (!last) return simulation.result();
      const ids = page.map(({ id }) => id);
      this.compare(await this.inputs.read(this.graph.read, ids), { scope, proposed, today }, simulation);
      after = last.id;
    }
  }

  private compare(
    inputs: ScoringInputs,
    { scope, proposed, today }: { scope: PolicyScope; proposed: readonly Rule[]; today: Date },
    simulation: Simulation,
  ): void {
    const rules = new Map(inputs.rules).set(scope.key, proposed);
    for (const project of inputs.projects) {
      if (project.archived) continue;
      const subject = inputs.subject(project);
      const { id, slug, organizationId: organization_id } = project;
      const before = evaluate(rulesFor(inputs.rules, organization_id), subject, today).score;
      const after = evaluate(rulesFor(rules, organization_id), subject, today).score;
      simulation.add({ id, slug, organization_id, before, after });
    }
  }

  private async rules(scope: PolicyScope, policies: readonly Record<string, unknown>[]): Promise<Rule[]> {
    const rules: Rule[] = [];
    const faults: FieldError[] = [];
    for (const [index, policy] of policies.entries()) {
      try {
        rules.push(await this.rule(scope, policy, index));
      } catch (error) {
        if (!isDomainError(error) || !error.errors) throw error;
        faults.push(...error.errors.map((fault) => ({ ...fault, pointer: `/policies/${index}${fault.pointer}` })));
      }
    }
    faults.push(...doubles(policies));
    if (faults.length > 0) throw invalid(faults);
    return rules;
  }

  private async rule(scope: PolicyScope, policy: Record<string, unknown>, index: number): Promise<Rule> {
    const write = await validateDocument(ScoringPolicyWriteDto, policy);
    const targets = await resolveTargets(this.graph.read, scope, write.project_types);
    return {
      id: `proposed-${index}`,
      slug: write.slug,
      name: write.name,
      enabled: write.enabled ?? true,
      weight: write.weight,
      attribute: write.attribute_name,
      measure: write.measure ?? 'value',
      map: compileMaps(write),
      targets: targets?.map(({ id }) => id),
    };
  }
}

function doubles(policies: readonly Record<string, unknown>[]): FieldError[] {
  const slugs = policies.map(({ slug }) => slug);
  return slugs.flatMap((slug, index) => {
    if (typeof slug !== 'string' || slugs.indexOf(slug) === index) return [];
    const message = `Another policy of the set has the slug "${slug}" already.`;
    return [{ pointer: `/policies/${index}/slug`, code: 'taken', message }];
  });
}
