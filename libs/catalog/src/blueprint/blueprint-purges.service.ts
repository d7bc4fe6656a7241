import { Injectable } from '@nestjs/common';
import { newId, notFound } from '#libs/common';
import { Graph, type GraphTransaction } from '#libs/graph';
import { defineJob, enqueue } from '#libs/queue';
import type { BlueprintScope, BlueprintVertex } from './blueprint.mapper.js';
import type { BlueprintPurgeDto } from './blueprint-purge.dto.js';
import { BlueprintPurgesRepository, type PurgeRow } from './blueprint-purges.repository.js';
import { subjectOf } from './blueprint-rules.js';
import { declaredProperties } from './effective-schema.js';
import { EstateReadModel } from './estate.read-model.js';

/** Tried for about an hour, as the deletion of an organization is. */
export const purgeBlueprint = defineJob<{ purge_id: string }>('catalog/purge-blueprint', {
  attempts: 25,
  concurrency: 1,
});

/** Asks for the removal of the attributes of deleted blueprints, and tells how far it is. */
@Injectable()
export class BlueprintPurges {
  constructor(private readonly graph: Graph) {}

  /** Queues the removal in the transaction that deletes the blueprint. */
  async request(tx: GraphTransaction, blueprint: BlueprintVertex): Promise<BlueprintPurgeDto> {
    const { organization_id, slug, json_schema } = blueprint;
    const subject = subjectOf(blueprint);
    const row = await new BlueprintPurgesRepository(tx).insert({
      id: newId(),
      organization_id,
      slug,
      subject,
      attributes: declaredProperties(json_schema).map(([name]) => name),
      total: await new EstateReadModel(tx, subject, organization_id).count(),
    });
    if (!row) throw new Error('the purge was not inserted');
    enqueue(tx.transaction, purgeBlueprint, { purge_id: row.id });
    return toDto(row);
  }

  /** @throws DomainError `not_found` */
  async get(scope: BlueprintScope, id: string): Promise<BlueprintPurgeDto> {
    const row = await new BlueprintPurgesRepository(this.graph.read).find(id);
    if (!row || row.organization_id !== scope.id) throw notFound(`The purge "${id}"`);
    return toDto(row);
  }
}

function toDto({ position: _position, requested_at, finished_at, ...row }: PurgeRow): BlueprintPurgeDto {
  return {
    ...row,
    requested_at: requested_at.toISOString(),
    finished_at: finished_at?.toISOString() ?? null,
  };
}
