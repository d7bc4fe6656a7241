import type { JsonObject } from '#libs/common';
import type { GraphTransaction } from '#libs/graph';
import { Project } from '../model/project.vertex.js';
import { inUse } from '../shared/project-users.js';

const BATCH = 500;

/**
 * Frees a link definition of the projects that have such a link, in the transaction that deletes it.
 * @throws DomainError `in_use` (409) with the count, unless `cascade` says to remove the links
 */
export async function releaseLinks(tx: GraphTransaction, definition: JsonObject, cascade: boolean): Promise<void> {
  const organizationId = String(definition['organization_id']);
  const slug = String(definition['slug']);
  const where = { organization_id: organizationId, at: [{ path: ['links', slug], exists: true }] } as const;
  if (!cascade) {
    const projects = await tx.count(Project, where);
    if (projects > 0) throw inUse('link definition', slug, { projects });
    return;
  }
  for (;;) {
    const { items } = await tx.list(Project, { where, limit: BATCH });
    for (const project of items) {
      const { [slug]: _removed, ...links } = project.links ?? {};
      await tx.patch(Project, project.id, { set: { links } });
      tx.emit('project.updated', { organization_id: organizationId, id: project.id, changed: ['links'] });
    }
    if (items.length < BATCH) return;
  }
}
