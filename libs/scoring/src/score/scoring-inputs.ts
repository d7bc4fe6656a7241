import { Injectable } from '@nestjs/common';
import { BlueprintSchemas } from '#libs/catalog';
import { type Evaluation, evaluate, type Rule, type Subject } from '../engine/evaluate.js';
import { PoliciesReadModel } from '../policy/policies.read-model.js';
import { toRule } from '../policy/policy-rule.js';
import { EVERYWHERE } from '../policy/policy-scope.js';
import type { StatementRunner } from '../shared/statement-runner.js';
import { type ScoredProject, toSubject } from './project-attributes.js';
import { ScoredProjectsReadModel } from './scored-projects.read-model.js';

/** Rules by the id of the organization, and under `all` those for every one. */
export type RulesByScope = ReadonlyMap<string, readonly Rule[]>;

/** Everything that the scores of some projects follow from, as of one moment. */
export interface ScoringInputs {
  readonly projects: Iterable<ScoredProject>;
  readonly rules: RulesByScope;
  subject(project: ScoredProject): Subject;
}

/** Reads what scores are computed from: three statements, however many projects. */
@Injectable()
export class ScoringInputsReader {
  constructor(private readonly schemas: BlueprintSchemas) {}

  /** @param statements a transaction, where no other connection may be used */
  async read(statements: StatementRunner, ids: readonly string[]): Promise<ScoringInputs> {
    const projects = await new ScoredProjectsReadModel(statements).byIds(ids);
    const rules = await this.rules(statements, projects.organizationIds);
    const blueprints = await this.schemas.current(statements);
    return {
      projects,
      rules,
      subject: (project) => {
        const { organizationId, typeSlugs, environments } = project;
        const place = { types: typeSlugs, environments };
        return toSubject(project, blueprints.forProject(organizationId, place).properties);
      },
    };
  }

  /** The policies of these organizations and those for all. */
  async rules(statements: StatementRunner, organizationIds: readonly string[]): Promise<RulesByScope> {
    const rows = await new PoliciesReadModel(statements).ofScopes([EVERYWHERE.key, ...organizationIds]);
    const found = new Map<string, Rule[]>();
    for (const row of rows) {
      const rules = found.get(row.policy.scope) ?? [];
      rules.push(toRule(row));
      found.set(row.policy.scope, rules);
    }
    return found;
  }
}

/** The policies that concern an organization: its own, and those for all. */
export function rulesFor(rules: RulesByScope, organizationId: string): readonly Rule[] {
  return [...(rules.get(EVERYWHERE.key) ?? []), ...(rules.get(organizationId) ?? [])];
}

/** The score of one of the projects that were read. */
export function scoreOf(inputs: ScoringInputs, project: ScoredProject, today: Date): Evaluation {
  return evaluate(rulesFor(inputs.rules, project.organizationId), inputs.subject(project), today);
}
