import { Inject, Injectable, Optional } from '@nestjs/common';
import { Graph } from '#libs/graph';
import { type JobContext, OnJob } from '#libs/queue';
import { Organization } from '../model/organization.vertex.js';
import { CATALOG_AUDIT, type CatalogAudit } from '../shared/catalog-audit.js';
import { OrganizationContents } from './organization-contents.repository.js';
import { OrganizationDeletionsRepository } from './organization-deletions.repository.js';
import { deleteOrganization } from './organization-deletions.service.js';

// A project has some ten edges, each with its row of history: about two thousand rows in one short transaction.
const CHUNK = 200;

/**
 * Deletes what an organization owns and then the organization, a chunk in each transaction, together with its history,
 * its events and the progress. Killed at any moment it goes on from the last chunk that was committed; two runs of one
 * deletion take turns.
 */
@Injectable()
export class OrganizationDeletionHandler {
  private readonly contents: OrganizationContents;

  constructor(
    private readonly graph: Graph,
    @Optional() @Inject(CATALOG_AUDIT) audit?: CatalogAudit,
  ) {
    this.contents = new OrganizationContents(graph.model, audit);
  }

  @OnJob(deleteOrganization)
  async run({ deletion_id: id }: { deletion_id: string }, context: JobContext): Promise<void> {
    try {
      await this.start(id);
      while (await this.step(id)) {
        context.signal.throwIfAborted();
        await context.progress(await this.progressOf(id));
      }
    } catch (error) {
      if (context.attempt >= deleteOrganization.retry.attempts) await this.fail(id);
      throw error;
    }
  }

  private async start(id: string): Promise<void> {
    await this.graph.transaction(async (tx) => {
      const rows = new OrganizationDeletionsRepository(tx);
      const deletion = await rows.lock(id);
      if (!deletion || deletion.state === 'done') return;
      await rows.start(id, await this.contents.countAll(tx, deletion.organization_id));
    });
  }

  /** Removes one chunk, at the end the organization; returns whether anything is left to do. */
  private async step(id: string): Promise<boolean> {
    return this.graph.transaction(async (tx) => {
      const rows = new OrganizationDeletionsRepository(tx);
      const deletion = await rows.lock(id);
      if (!deletion || deletion.state === 'done') return false;
      const { organization_id } = deletion;
      const removed = await this.contents.removeSome(tx, organization_id, CHUNK);
      if (removed !== undefined) {
        await rows.advance(id, removed);
        return true;
      }
      // Requests that were let in before the organization was hidden may still be adding to it. Whatever they add must
      // hold this row; once we have it, the next statement sees all of it, and nothing more can come.
      const organization = await tx.lock(Organization, organization_id, { forRemoval: true });
      if ((await this.contents.countAll(tx, organization_id)) > 0) return true;
      if (organization) {
        await tx.remove(Organization, organization_id);
        tx.emit('organization.deleted', { id: organization_id, slug: deletion.slug });
      }
      await rows.finish(id);
      return false;
    });
  }

  private async progressOf(id: string) {
    const deletion = await new OrganizationDeletionsRepository(this.graph.read).find(id);
    return { done: deletion?.done ?? 0, total: deletion?.total ?? 0 };
  }

  private async fail(id: string): Promise<void> {
    await this.graph.transaction((tx) => new OrganizationDeletionsRepository(tx).fail(id));
  }
}
