import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { col, encode, equal, Graph, type GraphTransaction, idOf, tableOf, textOf, type VertexRef } from '#libs/graph';
import { HasRole } from '../model/identity.edge.js';
import { Role } from '../model/identity.vertex.js';
import { isOrganizationThere, ORGANIZATION, organizationSlug, organizationSlugValue } from './organization-sql.js';

/** A role by slug, and the slug of the organization in which it is held; null for everywhere. */
export interface AssignedRole {
  readonly role: string;
  readonly organization: string | null;
}

/** The HAS_ROLE edges of users, service accounts and groups. */
@Injectable()
export class RoleAssignments {
  constructor(private readonly graph: Graph) {}

  /** What a principal was given itself, by role and place, from behind `after`. */
  async listOf(
    { definition, id }: VertexRef,
    page: { readonly after?: { role: string; organization: string }; readonly limit: number },
  ): Promise<AssignedRole[]> {
    const { role, organization } = page.after ?? { role: '', organization: '' };
    return this.graph.read.run<AssignedRole>(sql`
      select role, organization from (
        select ${textOf(col(Role, 'slug', 'r'))} collate "C" as role,
          ${organizationSlug('o')} collate "C" as organization
        from ${tableOf(definition)} p
        join ${tableOf(HasRole)} e on ${equal(sql.ref('e.start_id'), sql.ref('p.id'))}
        join ${tableOf(Role)} r on ${equal(sql.ref('r.id'), sql.ref('e.end_id'))}
        left join ${ORGANIZATION} o on ${equal(idOf('o'), col(HasRole, 'organization_id', 'e'))}
        where ${equal(idOf('p'), encode(id))}
      ) assigned
      where ${page.after ? sql`(role, coalesce(organization, '')) > (${role}, ${organization})` : sql`true`}
      order by role, coalesce(organization, '') limit ${page.limit}`);
  }

  /** Takes a role in exactly this place; false where it was not held there. */
  async remove(
    tx: GraphTransaction,
    principal: VertexRef,
    roleId: string,
    organizationId: string | null,
  ): Promise<boolean> {
    const selection = { from: principal, to: roleId, properties: { organization_id: organizationId } };
    return (await tx.disconnect(HasRole, selection)).length > 0;
  }

  /** The id of an organization by its slug, kept from being deleted until the transaction ends; one that is already being deleted is none. */
  async findOrganization(tx: GraphTransaction, slug: string): Promise<string | undefined> {
    const [row] = await tx.run<{ id: string }>(sql`
      select ${textOf(idOf('o'))} as id from ${ORGANIZATION} o
      where ${equal(organizationSlugValue('o'), encode(slug))} and ${isOrganizationThere('o')} for key share`);
    return row?.id;
  }
}
