import { DomainError, invalid, type JsonObject } from '#libs/common';
import type { EdgeDefinition, GraphTransaction } from '#libs/graph';
import { Project } from '../model/project.vertex.js';

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
    const message = `The ${usage.noun} cannot be replaced with itself.`;
    throw invalid([{ pointer: '/replace_with', code: 'replaced_by_itself', message }]);
  }
  const moved = await tx.disconnect(usage.edge, { to: from });
  const connections = moved.map((edge) => ({
    from: edge.from,
    to: String(replacement['id']),
    properties: edge.properties,
  }));
  // A project may have both already: then losing the old one is all there is to do.
  await tx.connectMany(usage.edge, connections, { onConflict: 'skip' });
  await changed(tx, entity, usage, moved);
}

/** Takes an entity off the projects that use it. */
export async function releaseProjects(tx: GraphTransaction, usage: Usage, entity: JsonObject): Promise<void> {
  await changed(tx, entity, usage, await tx.disconnect(usage.edge, { to: String(entity['id']) }));
}

/** @throws DomainError `in_use` (409) with the count */
export async function refuseWhileUsed(tx: GraphTransaction, usage: Usage, entity: JsonObject): Promise<void> {
  const projects = await tx.countEdges(usage.edge, { to: String(entity['id']) });
  if (projects === 0) return;
  throw inUse(usage.noun, String(entity['slug']), { projects });
}

export function inUse(noun: string, slug: string, counts: Readonly<Record<string, number>>): DomainError {
  const listed = Object.entries(counts).map(([kind, count]) => `${kind.replaceAll('_', ' ')}: ${count}`);
  return new DomainError('in_use', 'conflict', `The ${noun} "${slug}" is in use (${listed.join(', ')}).`, {
    details: { counts },
  });
}

// A project shows what it is joined to, so its version, which is its ETag, goes up with it.
async function changed(
  tx: GraphTransaction,
  entity: JsonObject,
  usage: Usage,
  edges: readonly { readonly from: string }[],
): Promise<void> {
  for (const from of edges.map((edge) => edge.from).sort()) {
    await tx.patch(Project, from, { touch: true });
    tx.emit('project.updated', {
      organization_id: String(entity['organization_id']),
      id: from,
      changed: [usage.field],
    });
  }
}
