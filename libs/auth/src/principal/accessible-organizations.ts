import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { col, encode, equal, Graph, idOf, tableOf, textOf } from '#libs/graph';
import { HasRole, MemberOf } from '../model/identity.edge.js';
import { ServiceAccount, User } from '../model/identity.vertex.js';
import { currentAuth } from './auth-context.js';

const LABELS = { user: User, service_account: ServiceAccount };

/** Where the caller of the current request may do anything at all. */
@Injectable()
export class AccessibleOrganizations {
  constructor(private readonly graph: Graph) {}

  /** Ids of the organizations in which a role was given; `all` for who holds roles everywhere, or is an administrator. */
  async visible(): Promise<{ ids: readonly string[] | 'all' }> {
    const auth = currentAuth();
    if (!auth) return { ids: [] };
    // On a route without an organization these are the permissions that hold everywhere.
    if (auth.can('organization:read')) return { ids: 'all' };
    const rows = await this.graph.read.run(
      sql<{ id: string }>`
        with recursive member (id) as (
          select p.id from ${tableOf(LABELS[auth.principal.kind])} p where ${equal(idOf('p'), encode(auth.principal.id))}
          union
          select e.end_id from member m join ${tableOf(MemberOf)} e on ${equal(sql.ref('e.start_id'), sql.ref('m.id'))}
        )
        select distinct ${textOf(col(HasRole, 'organization_id', 'r'))} as id
        from member m join ${tableOf(HasRole)} r on ${equal(sql.ref('r.start_id'), sql.ref('m.id'))}
        where ${col(HasRole, 'organization_id', 'r')} is not null`,
      { fixed: true },
    );
    return { ids: rows.map((row) => row.id) };
  }
}
