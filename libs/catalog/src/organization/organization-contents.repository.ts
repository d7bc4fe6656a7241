import { sql } from 'kysely';
import {
  type EdgeDefinition,
  encode,
  equal,
  type GraphModel,
  type GraphReader,
  type GraphTransaction,
  idOf,
  namedCol,
  tableOf,
  textOf,
  type VertexDefinition,
} from '#libs/graph';
import { Project } from '../model/project.vertex.js';
import { FormerSlugsRepository } from '../project/former-slugs.repository.js';
import type { CatalogAudit } from '../shared/catalog-audit.js';

const STARTS_AT_ONCE = 200;

/**
 * What an organization owns, and which edges name it, as the graph's model tells: so labels of other features and of
 * plugins are among them without the catalogue knowing any.
 */
export class OrganizationContents {
  private readonly owned: readonly VertexDefinition[];
  private readonly naming: readonly EdgeDefinition[];

  /** @param audit is told of everything that names an organization and goes with it: roles that were given there */
  constructor(
    private readonly model: GraphModel,
    private readonly audit?: CatalogAudit,
  ) {
    const owned = model.vertices.filter((definition) => definition.tenancy === 'property');
    // Projects first: they hold most of the edges, so what they are joined to has few left when its turn comes.
    this.owned = owned.sort((a, b) => Number(b.label === Project.label) - Number(a.label === Project.label));
    this.naming = model.edges.filter((edge) => Object.hasOwn(edge.properties, 'organization_id'));
  }

  /** How many of each kind it owns, by their plural (`project_types`); kinds of which there are none are left out. */
  async countOwned(reader: GraphReader, organizationId: string): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    // By label rather than over BELONGS_TO: each count is a range of that label's own index.
    for (const definition of this.owned) {
      const count = await reader.count<VertexDefinition>(definition, { organization_id: organizationId });
      if (count > 0) counts[`${nounOf(definition)}s`] = count;
    }
    return counts;
  }

  /** How many vertices and edges must go before the organization itself can. */
  async countAll(reader: GraphReader, organizationId: string): Promise<number> {
    let count = 0;
    for (const owned of Object.values(await this.countOwned(reader, organizationId))) count += owned;
    for (const edge of this.naming) count += await countNaming(reader, edge, organizationId);
    return count;
  }

  /**
   * Removes at most `limit` owned vertices with all their edges, or the edges that name the organization from about as
   * many vertices, with the events of what was removed. Returns how many, undefined where nothing is left.
   */
  async removeSome(tx: GraphTransaction, organizationId: string, limit: number): Promise<number | undefined> {
    for (const edge of this.naming) {
      const removed = await this.removeNaming(tx, edge, organizationId, limit);
      if (removed !== undefined) return removed;
    }
    for (const definition of this.owned) {
      const ids = await ownedIds(tx, definition, organizationId, limit);
      if (ids.length > 0) return removeOwned(tx, definition, organizationId, ids);
    }
    return undefined;
  }

  /** Removes every edge that names the organization: the roles that were given in it. */
  async removeAllNaming(tx: GraphTransaction, organizationId: string): Promise<void> {
    for (const edge of this.naming) {
      let removed: number | undefined;
      do removed = await this.removeNaming(tx, edge, organizationId, STARTS_AT_ONCE);
      while (removed !== undefined);
    }
  }

  private async removeNaming(
    tx: GraphTransaction,
    edge: EdgeDefinition,
    organizationId: string,
    limit: number,
  ): Promise<number | undefined> {
    const starts = edge.from.length > 0 ? edge.from : this.model.vertices;
    for (const definition of starts) {
      const ids = await namingIds(tx, edge, definition, organizationId, limit);
      if (ids.length === 0) continue;
      const removed = await tx.disconnect(edge, { from: ids, properties: { organization_id: organizationId } });
      for (const { from, to } of removed) {
        this.audit?.record(tx, {
          action: 'organization.assignment.remove',
          organizationId,
          resourceKind: definition.label,
          resourceId: from,
          detail: { edge: edge.label, to, reason: 'organization_deleted' },
        });
      }
      return removed.length;
    }
    return undefined;
  }
}

async function removeOwned(
  tx: GraphTransaction,
  definition: VertexDefinition,
  organizationId: string,
  ids: readonly string[],
): Promise<number> {
  if (definition.label === Project.label) await new FormerSlugsRepository(tx).forget(...ids);
  const { vertices } = await tx.removeMany(definition, ids);
  for (const { id, slug } of vertices.map((vertex): Record<string, unknown> => vertex)) {
    tx.emit(`${nounOf(definition)}.deleted`, {
      organization_id: organizationId,
      id: String(id),
      ...(typeof slug === 'string' ? { slug } : {}),
    });
  }
  return vertices.length;
}

async function ownedIds(
  tx: GraphTransaction,
  definition: VertexDefinition,
  organizationId: string,
  limit: number,
): Promise<string[]> {
  const rows = await tx.run<{ id: string }>(sql`
    select ${textOf(idOf('v'))} as id from ${tableOf(definition)} v
    where ${equal(namedCol(definition, 'organization_id', 'v'), encode(organizationId))} limit ${limit}`);
  return rows.map(({ id }) => id);
}

async function namingIds(
  tx: GraphTransaction,
  edge: EdgeDefinition,
  start: VertexDefinition,
  organizationId: string,
  limit: number,
): Promise<string[]> {
  const rows = await tx.run<{ id: string }>(sql`
    select distinct ${textOf(idOf('v'))} as id
    from ${tableOf(edge)} e join ${tableOf(start)} v on ${equal(sql.ref('v.id'), sql.ref('e.start_id'))}
    where ${equal(namedCol(edge, 'organization_id', 'e'), encode(organizationId))} limit ${limit}`);
  return rows.map(({ id }) => id);
}

async function countNaming(reader: GraphReader, edge: EdgeDefinition, organizationId: string): Promise<number> {
  const [row] = await reader.run<{ count: string }>(sql`
    select count(*)::text as count from ${tableOf(edge)} e
    where ${equal(namedCol(edge, 'organization_id', 'e'), encode(organizationId))}`);
  return Number(row?.count ?? 0);
}

/** As errors and events name a kind: `ProjectType` is `project_type`. */
function nounOf({ label }: VertexDefinition): string {
  return label.replace(/(?<=[a-z0-9])[A-Z]/g, '_$&').toLowerCase();
}
