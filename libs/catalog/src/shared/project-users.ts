import { DomainError, type JsonObject } from '#libs/common';
import type { EdgeDefinition, GraphTransaction } from '#libs/graph';

/** The edge by which projects use an entity, and what the entity is called. */
export interface Usage {
  readonly edge: EdgeDefinition;
  readonly noun: string;
  /** The field of a project that changes when its use is moved. */
  readonly field: string;
}

/**
 * Frees an entity of the projects that use it, in the transaction that deletes it: moves them to `replacement`, or
 * refuses where there is none.
 * @throws DomainError `in_use` (409) with the count
 */
export async function moveProjects(
  tx: GraphTransaction,
  usage: Usage,
  entity: JsonObject,
  replacement: JsonObject | undefined,
): Promise<void> {
  const from = String(entity['id']);
  if (!replacement) return refuseWhileUsed(tx, usage, entity);
  if (replacement['id'] === from) {
    throw new DomainError('replaced_by_itself', 'invalid', `The ${usage.noun} cannot be replaced with itself.`);
  }
  const moved = await tx.disconnect(usage.edge, { to: from });
  const connections = moved.map((edge) => ({
    from: edge.from,
    to: String(replacement['id']),
    properties: edge.properties,
  }));
  // A project may have both already: then losing the old one is all there is to do.
  await tx.connectMany(usage.edge, connections, { onConflict: 'skip' });
  emitUpdated(tx, entity, usage, moved);
}

/** Takes an entity off the projects that use it. */
export async function releaseProjects(tx: GraphTransaction, usage: Usage, entity: JsonObject): Promise<void> {
  emitUpdated(tx, entity, usage, await tx.disconnect(usage.edge, { to: String(entity['id']) }));
}

/** @throws DomainError `in_use` (409) with the count */
export async function refuseWhileUsed(tx: GraphTransaction, usage: Usage, entity: JsonObject): Promise<void> {
  const projects = await tx.countEdges(usage.edge, { to: String(entity['id']) });
  if (projects === 0) return;
  throw inUse(usage.noun, String(entity['slug']), { projects });
}

export function inUse(noun: string, slug: string, counts: Readonly<Record<string, number>>): DomainError {
  const listed = Object.entries(counts).map(([kind, count]) => `${count} ${kind.replaceAll('_', ' ')}`);
  return new DomainError('in_use', 'conflict', `The ${noun} "${slug}" is in use by ${listed.join(', ')}.`, {
    details: { counts },
  });
}

function emitUpdated(
  tx: GraphTransaction,
  entity: JsonObject,
  usage: Usage,
  edges: readonly { readonly from: string }[],
): void {
  for (const { from } of edges) {
    tx.emit('project.updated', {
      organization_id: String(entity['organization_id']),
      id: from,
      changed: [usage.field],
    });
  }
}
