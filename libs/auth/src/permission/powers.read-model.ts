import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import {
  col,
  encode,
  equal,
  Graph,
  type GraphReader,
  type GraphTransaction,
  idOf,
  type Sql,
  tableOf,
  textOf,
} from '#libs/graph';
import { Grants, HasRole, InheritsFrom, MemberOf } from '../model/identity.edge.js';
import { Group, Permission, Role, ServiceAccount, User } from '../model/identity.vertex.js';
import { type Power, Powers } from './powers.js';

const PRINCIPALS = [User, ServiceAccount, Group];

interface PowerRow {
  readonly organization_id: string | null;
  readonly permission: string;
}

/** Reads {@link Powers}: one statement for each, through groups in groups and roles in roles. */
@Injectable()
export class PowersReadModel {
  constructor(private readonly graph: Graph) {}

  /** What a user, service account or group may do, by id; in a transaction with what it has changed so far. */
  async of(id: string, tx?: GraphTransaction): Promise<Powers> {
    const reader = this.reader(tx);
    const rows = await reader.run<PowerRow & { readonly is_admin: boolean }>(sql`
      with recursive principal (gid, is_admin) as (
        ${sql.join(
          PRINCIPALS.map((definition) => startingAt(definition, id)),
          sql` union all `,
        )}
      ), member (gid) as (
        select gid from principal
        union
        select e.end_id from member m join ${tableOf(MemberOf)} e on ${equal(sql.ref('e.start_id'), sql.ref('m.gid'))}
      ), role (gid, organization_id) as (
        select e.end_id, ${textOf(col(HasRole, 'organization_id', 'e'))}
        from member m join ${tableOf(HasRole)} e on ${equal(sql.ref('e.start_id'), sql.ref('m.gid'))}
        union
        select e.end_id, r.organization_id
        from role r join ${tableOf(InheritsFrom)} e on ${equal(sql.ref('e.start_id'), sql.ref('r.gid'))}
      )
      select null as organization_id, null as permission, true as is_admin from principal where is_admin
      union all
      select distinct r.organization_id, ${textOf(col(Permission, 'name', 'p'))}, false
      from role r ${granted()}`);
    return new Powers(
      rows.filter((row) => !row.is_admin).map(toPower),
      rows.some((row) => row.is_admin),
    );
  }

  /** What holding a role in an organization (or everywhere: null) gives. */
  async ofRole(roleId: string, organizationId: string | null, tx?: GraphTransaction): Promise<Powers> {
    const rows = await this.reader(tx).run<{ readonly permission: string }>(sql`
      with recursive role (gid) as (
        select r.id from ${tableOf(Role)} r where ${equal(idOf('r'), encode(roleId))}
        union
        select e.end_id from role r join ${tableOf(InheritsFrom)} e
          on ${equal(sql.ref('e.start_id'), sql.ref('r.gid'))}
      )
      select distinct ${textOf(col(Permission, 'name', 'p'))} as permission from role r ${granted()}`);
    return new Powers(rows.map(({ permission }) => ({ organizationId, permission })));
  }

  private reader(tx: GraphTransaction | undefined): GraphReader {
    return tx ?? this.graph.read;
  }
}

function startingAt(definition: (typeof PRINCIPALS)[number], id: string): Sql<unknown> {
  const isAdmin = definition === Group ? sql`false` : sql`coalesce(${flag('is_admin')}, false)`;
  return sql`select v.id, ${isAdmin} from ${tableOf(definition)} v where ${equal(idOf('v'), encode(id))}`;
}

function flag(property: 'is_admin'): Sql<unknown> {
  return equal(col(User, property, 'v'), encode(true));
}

function granted(): Sql<unknown> {
  return sql`join ${tableOf(Grants)} g on ${equal(sql.ref('g.start_id'), sql.ref('r.gid'))}
    join ${tableOf(Permission)} p on ${equal(sql.ref('p.id'), sql.ref('g.end_id'))}`;
}

function toPower({ organization_id, permission }: PowerRow): Power {
  return { organizationId: organization_id, permission };
}
