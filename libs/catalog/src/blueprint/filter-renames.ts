import type { GraphTransaction } from '#libs/graph';
import { Blueprint } from '../model/blueprint.vertex.js';
import type { CatalogAudit } from '../shared/catalog-audit.js';
import { filterOf } from './blueprint-record.js';

const PAGE = 500;

/** A project type or environment of an organization that gets another slug. */
export interface RenamedSlug {
  readonly organizationId: string;
  readonly field: 'project_type' | 'environment';
  readonly before: string;
  readonly after: string;
}

/**
 * Has the filters of an organization's blueprints follow a slug that changes, in the transaction that changes it. Those of
 * blueprints for all organizations stay: there a slug means whatever is called so in each of them.
 * @returns whether there was one
 */
export async function renameInFilters(
  tx: GraphTransaction,
  renamed: RenamedSlug,
  audit?: CatalogAudit,
): Promise<boolean> {
  const { organizationId, field, before, after } = renamed;
  let position: Parameters<typeof tx.list>[1]['after'];
  let found = false;
  do {
    const page = await tx.list(Blueprint, { where: { organization_id: organizationId }, after: position, limit: PAGE });
    for (const { id } of page.items.filter(({ filter }) => filterOf(filter)[field].includes(before))) {
      const locked = await tx.lock(Blueprint, id);
      const filter = filterOf(locked?.filter);
      if (!locked || !filter[field].includes(before)) continue;
      const follow = (name: RenamedSlug['field']) =>
        name === field ? [...new Set(filter[name].map((slug) => (slug === before ? after : slug)))] : [...filter[name]];
      const set = { filter: { project_type: follow('project_type'), environment: follow('environment') } };
      await tx.patch(Blueprint, id, { set });
      found = true;
      const { slug, kind, type, edge } = locked;
      const subject = { organization_id: organizationId, id, slug, kind, type, edge };
      tx.emit('blueprint.updated', { ...subject, changed: ['filter'] });
      const detail = { slug, kind, type, edge, changed: ['filter'], renamed: { [field]: { before, after } } };
      audit?.record(tx, {
        action: 'blueprint.update',
        organizationId,
        resourceKind: 'blueprint',
        resourceId: id,
        detail,
      });
    }
    position = page.next;
  } while (position !== undefined);
  return found;
}
