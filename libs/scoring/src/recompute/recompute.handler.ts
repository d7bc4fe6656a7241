import { Inject, Injectable } from '@nestjs/common';
import { Batch } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';
import { Database } from '#libs/database';
import { enqueue, OnEvent, OnJob } from '#libs/queue';
import { recomputeMany, recomputeProject } from './recompute.job.js';
import type { ProjectToScore } from './score-decider.js';
import { ScoreWriter } from './score-writer.js';

/** An import changes thousands of projects. */
const BULK = { bulk: true };

type ProjectEvent = { organization_id: string; id: string };
type ScopedEvent = { organization_id?: string | null };
type BlueprintEvent = ScopedEvent & { type?: string | null };

/** Has scores computed when what they follow from has changed, once it has rested for a while. */
@Injectable()
export class RecomputeHandler {
  private readonly jobs: Batch<ProjectToScore, undefined>;

  constructor(
    private readonly database: Database,
    writer: ScoreWriter,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    // An import leaves a job for each project; those that run at the same time are one batch.
    const scoreAll = async (projects: readonly ProjectToScore[]) => {
      await writer.score({ projects });
      return projects.map(() => undefined);
    };
    this.jobs = new Batch(scoreAll, { largest: config.scoring.batch, concurrent: 1 });
  }

  @OnJob(recomputeProject)
  async recompute(payload: { organization_id: string; project_id: string; reason: string }): Promise<void> {
    const { organization_id: organizationId, project_id: id, reason } = payload;
    await this.jobs.ask({ id, organizationId, reason });
  }

  @OnEvent('project.created', BULK)
  projectCreated(event: ProjectEvent): Promise<void> {
    return this.project(event, 'project.created');
  }

  @OnEvent('project.updated', BULK)
  projectUpdated(event: ProjectEvent): Promise<void> {
    return this.project(event, 'project.updated');
  }

  @OnEvent('project.archived', BULK)
  projectArchived(event: ProjectEvent): Promise<void> {
    return this.project(event, 'project.archived');
  }

  @OnEvent('project.unarchived', BULK)
  projectUnarchived(event: ProjectEvent): Promise<void> {
    return this.project(event, 'project.unarchived');
  }

  @OnEvent('project.deleted', BULK)
  projectDeleted(event: ProjectEvent): Promise<void> {
    return this.project(event, 'project.deleted');
  }

  @OnEvent('scoring_policy.created')
  policyCreated(event: ScopedEvent): Promise<void> {
    return this.many(event, 'scoring_policy.created');
  }

  @OnEvent('scoring_policy.updated')
  policyUpdated(event: ScopedEvent): Promise<void> {
    return this.many(event, 'scoring_policy.updated');
  }

  @OnEvent('scoring_policy.deleted')
  policyDeleted(event: ScopedEvent): Promise<void> {
    return this.many(event, 'scoring_policy.deleted');
  }

  @OnEvent('blueprint.created')
  blueprintCreated(event: BlueprintEvent): Promise<void> {
    return this.blueprint(event, 'blueprint.created');
  }

  @OnEvent('blueprint.updated')
  blueprintUpdated(event: BlueprintEvent): Promise<void> {
    return this.blueprint(event, 'blueprint.updated');
  }

  @OnEvent('blueprint.deleted')
  blueprintDeleted(event: BlueprintEvent): Promise<void> {
    return this.blueprint(event, 'blueprint.deleted');
  }

  @OnEvent('blueprint.enabled')
  blueprintEnabled(event: BlueprintEvent): Promise<void> {
    return this.blueprint(event, 'blueprint.enabled');
  }

  @OnEvent('blueprint.disabled')
  blueprintDisabled(event: BlueprintEvent): Promise<void> {
    return this.blueprint(event, 'blueprint.disabled');
  }

  /** Blueprints are for types and environments by slug, which may be what has changed. */
  @OnEvent('project_type.updated')
  typeUpdated(event: ScopedEvent): Promise<void> {
    return this.many(event, 'project_type.updated');
  }

  @OnEvent('environment.updated')
  environmentUpdated(event: ScopedEvent): Promise<void> {
    return this.many(event, 'environment.updated');
  }

  private async project({ organization_id, id }: ProjectEvent, reason: string): Promise<void> {
    const payload = { organization_id, project_id: id, reason };
    const debounce = { key: id, seconds: this.config.scoring.debounce };
    await this.database.transaction(async (tx) => {
      enqueue(tx, recomputeProject, payload, { debounce });
    });
  }

  // Those of other kinds of entities declare nothing that scores look at.
  private async blueprint(event: BlueprintEvent, reason: string): Promise<void> {
    if (event.type !== undefined && event.type !== 'Project') return;
    await this.many(event, reason);
  }

  // All of the organization rather than what the policy is for: the one before it may have been for others.
  private async many({ organization_id = null }: ScopedEvent, reason: string): Promise<void> {
    const payload = { run_id: null, organization_id, reason };
    const debounce = { key: organization_id ?? 'all', seconds: this.config.scoring.debounce };
    await this.database.transaction(async (tx) => {
      enqueue(tx, recomputeMany, payload, { debounce });
    });
  }
}
