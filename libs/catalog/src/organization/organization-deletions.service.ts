import { Injectable } from '@nestjs/common';
import { newId, notFound } from '#libs/common';
import { Graph, type GraphTransaction, type VertexOf } from '#libs/graph';
import { defineJob, enqueue } from '#libs/queue';
import { Organization } from '../model/organization.vertex.js';
import { OrganizationContents } from './organization-contents.repository.js';
import type { OrganizationDeletionDto } from './organization-deletion.dto.js';
import { type DeletionRow, OrganizationDeletionsRepository } from './organization-deletions.repository.js';

/** Tried for about an hour: an engine that is away for less does not leave an organization half deleted. */
export const deleteOrganization = defineJob<{ deletion_id: string }>('catalog/delete-organization', {
  attempts: 25,
  concurrency: 2,
});

/** Asks for deletions of organizations with all they own, and tells how far they are. */
@Injectable()
export class OrganizationDeletions {
  private readonly contents: OrganizationContents;

  constructor(private readonly graph: Graph) {
    this.contents = new OrganizationContents(graph.model);
  }

  /** Hides the locked organization from everybody and queues its deletion, in the same transaction. */
  async request(tx: GraphTransaction, organization: VertexOf<typeof Organization>): Promise<OrganizationDeletionDto> {
    const { id: organization_id, slug } = organization;
    const total = await this.contents.countAll(tx, organization_id);
    const rows = new OrganizationDeletionsRepository(tx);
    const row = await rows.insert({ id: newId(), organization_id, slug, total });
    if (!row) throw new Error('the deletion was not inserted');
    await tx.patch(Organization, organization_id, { set: { deletion_id: row.id } });
    enqueue(tx.transaction, deleteOrganization, { deletion_id: row.id });
    return toDto(row);
  }

  /** @throws DomainError `not_found` */
  async get(id: string): Promise<OrganizationDeletionDto> {
    const row = await new OrganizationDeletionsRepository(this.graph.read).find(id);
    if (!row) throw notFound(`The deletion "${id}"`);
    return toDto(row);
  }
}

function toDto({ requested_at, started_at, finished_at, ...row }: DeletionRow): OrganizationDeletionDto {
  return {
    ...row,
    requested_at: requested_at.toISOString(),
    started_at: started_at?.toISOString() ?? null,
    finished_at: finished_at?.toISOString() ?? null,
  };
}
