import { Injectable } from '@nestjs/common';
import { recordAudit } from '#libs/auth';
import { Blueprint, Organization, Project, ProjectType, Team } from '#libs/catalog';
import { DomainError, invalid, isId, isJsonObject, type JsonValue, newId, notFound } from '#libs/common';
import { Graph, type GraphTransaction } from '#libs/graph';
import { enqueue } from '#libs/queue';
import { PoliciesReadModel } from '../policy/policies.read-model.js';
import { EVERYWHERE } from '../policy/policy-scope.js';
import { recomputeMany } from '../recompute/recompute.job.js';
import type { Selection } from '../score/scored-projects.read-model.js';
import type { RescoreDto, RescoreRunDto } from './rescore.dto.js';
import '../scoring-problems.js';
import { RescoreRuns, type RunRow } from './rescore-runs.repository.js';

const NARROWING = ['project', 'project_type', 'team', 'policy', 'blueprint'] as const;
type Narrowing = (typeof NARROWING)[number];

/** Has many projects scored anew when somebody asks for it. */
@Injectable()
export class Rescores {
  private readonly runs: RescoreRuns;

  constructor(private readonly graph: Graph) {
    this.runs = new RescoreRuns(graph.read);
  }

  /** @throws DomainError `validation_failed` where it names more than one thing, or one that is not there */
  async start(request: RescoreDto): Promise<RescoreRunDto> {
    return this.graph.transaction(async (tx) => {
      const { organizationId = null, teamId = null, typeIds = null, projectId = null } = await select(tx, request);
      const id = newId();
      const runs = new RescoreRuns(tx);
      await runs.add(id, { organizationId, teamId, typeIds, projectId }, 'rescore');
      enqueue(tx.transaction, recomputeMany, { run_id: id, organization_id: organizationId, reason: 'rescore' });
      recordAudit(tx.transaction, {
        action: 'scoring.rescore',
        outcome: 'success',
        organizationId: organizationId ?? undefined,
        resourceKind: 'ScoreRun',
        resourceId: id,
        detail: { ...request },
      });
      return toResponse(await findOrFail(runs, id));
    });
  }

  async get(id: string): Promise<RescoreRunDto> {
    return toResponse(await findOrFail(this.runs, id));
  }

  /** @throws DomainError `rescore_ended`, `rescore_needed` (409) */
  async cancel(id: string): Promise<RescoreRunDto> {
    return this.graph.transaction(async (tx) => {
      const runs = new RescoreRuns(tx);
      if ((await findOrFail(runs, id)).shared !== null) {
        throw new DomainError(
          'rescore_needed',
          'conflict',
          'This run follows from a change; only it has the new scores.',
        );
      }
      if (!(await runs.cancel(id))) {
        throw new DomainError('rescore_ended', 'conflict', 'This run has ended already.');
      }
      recordAudit(tx.transaction, {
        action: 'scoring.cancel',
        outcome: 'success',
        resourceKind: 'ScoreRun',
        resourceId: id,
      });
      return toResponse(await findOrFail(runs, id));
    });
  }
}

async function select(tx: GraphTransaction, request: RescoreDto): Promise<Selection> {
  const named = NARROWING.filter((name) => request[name] !== undefined);
  const [by, second] = named;
  if (second) throw fault(second, 'one_thing', `Name ${by} or ${second}, not both.`);
  const organizationId = await organizationOf(tx, request.organization);
  const name = by && request[by];
  if (!by || name === undefined) return { organizationId };
  const selection = await narrow(tx, by, name, organizationId);
  if (!selection) throw fault(by, 'unknown_reference', `There is no ${by.replaceAll('_', ' ')} "${name}" there.`);
  return selection;
}

async function narrow(
  tx: GraphTransaction,
  by: Narrowing,
  name: string,
  organizationId: string | undefined,
): Promise<Selection | undefined> {
  switch (by) {
    case 'project': {
      const project = await tx.find(Project, name);
      const fits = project && (organizationId === undefined || project.organization_id === organizationId);
      return fits ? { organizationId: project.organization_id, projectId: project.id } : undefined;
    }
    case 'project_type': {
      const types = await typesBySlug(tx, [name], organizationId);
      return types.length > 0 ? { organizationId, typeIds: types } : undefined;
    }
    case 'team': {
      if (organizationId === undefined) throw fault('organization', 'needed', 'Say in which organization the team is.');
      const team = await tx.find(Team, { organization_id: organizationId, slug: name });
      return team && { organizationId, teamId: team.id };
    }
    case 'policy': {
      const row = await new PoliciesReadModel(tx).find(organizationId ?? EVERYWHERE.key, name);
      return row && { organizationId, typeIds: row.policy.targeted ? row.targets.map(({ id }) => id) : null };
    }
    case 'blueprint':
      return ofBlueprint(tx, name, organizationId);
  }
}

async function ofBlueprint(
  tx: GraphTransaction,
  slug: string,
  organizationId: string | undefined,
): Promise<Selection | undefined> {
  const where = { slug, type: 'Project', organization_id: organizationId ?? null } as const;
  const { items } = await tx.list(Blueprint, { where, limit: 1 });
  const [blueprint] = items;
  if (!blueprint) return undefined;
  const types = projectTypesIn(blueprint.filter);
  return { organizationId, typeIds: types.length > 0 ? await typesBySlug(tx, types, organizationId) : null };
}

function projectTypesIn(filter: JsonValue): string[] {
  const types = isJsonObject(filter) ? filter['project_type'] : undefined;
  return Array.isArray(types) ? types.filter((one) => typeof one === 'string') : [];
}

async function typesBySlug(
  tx: GraphTransaction,
  slugs: readonly string[],
  organizationId: string | undefined,
): Promise<string[]> {
  const within = organizationId === undefined ? {} : { organization_id: organizationId };
  const { items } = await tx.list(ProjectType, { where: { and: [within, { slug: { in: slugs } }] }, limit: 10_000 });
  return items.map(({ id }) => id);
}

async function organizationOf(tx: GraphTransaction, slug: string | undefined): Promise<string | undefined> {
  if (slug === undefined) return undefined;
  const organization = await tx.find(Organization, { slug });
  if (!organization || organization.deletion_id !== null) {
    throw fault('organization', 'unknown_reference', `There is no organization "${slug}".`);
  }
  return organization.id;
}

async function findOrFail(runs: RescoreRuns, id: string): Promise<RunRow> {
  const run = isId(id) ? await runs.find(id) : undefined;
  if (!run) throw notFound('The run');
  return run;
}

function toResponse(run: RunRow): RescoreRunDto {
  const { id, state, reason, done, total, changed, requested_at, started_at, finished_at } = run;
  return {
    id,
    state,
    reason,
    done,
    total,
    changed,
    requested_at: requested_at.toISOString(),
    started_at: started_at?.toISOString() ?? null,
    finished_at: finished_at?.toISOString() ?? null,
  };
}

function fault(field: string, code: string, message: string): Error {
  return invalid([{ pointer: `/${field}`, code, message }]);
}
