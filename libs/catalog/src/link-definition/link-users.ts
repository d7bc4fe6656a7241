import type { JsonObject } from '#libs/common';
import type { GraphTransaction, VertexOf } from '#libs/graph';
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
  if (cascade) return changeLinks(tx, organizationId, slug, ({ [slug]: _removed, ...links }) => links);
  const projects = await tx.count(Project, withLink(organizationId, slug));
  if (projects > 0) throw inUse('link definition', slug, { projects });
}

/** Has the links of projects go by the definition's new slug, in the transaction that renames it. */
export async function renameLinks(tx: GraphTransaction, before: JsonObject, after: JsonObject): Promise<void> {
  const [old, now] = [String(before['slug']), String(after['slug'])];
  await changeLinks(tx, String(after['organization_id']), old, ({ [old]: address = '', ...links }) => ({
    ...links,
    [now]: address,
  }));
}

type Links = NonNullable<VertexOf<typeof Project>['links']>;

function withLink(organizationId: string, slug: string) {
  return { organization_id: organizationId, at: [{ path: ['links', slug], exists: true }] } as const;
}

// Project by project under its lock, so that a link that a client is just adding to it is not lost.
async function changeLinks(
  tx: GraphTransaction,
  organizationId: string,
  slug: string,
  change: (links: Links) => Links,
): Promise<void> {
  const where = withLink(organizationId, slug);
  for (;;) {
    const { items } = await tx.list(Project, { where, limit: BATCH });
    for (const { id } of items) {
      const project = await tx.lock(Project, id);
      if (!project?.links || !Object.hasOwn(project.links, slug)) continue;
      await tx.patch(Project, id, { set: { links: change(project.links) } });
      tx.emit('project.updated', { organization_id: organizationId, id, changed: ['links'] });
    }
    if (items.length < BATCH) return;
  }
}
