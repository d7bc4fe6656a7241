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
  namedCol,
  out,
  type Sql,
  tableOf,
  textOf,
} from '#libs/graph';
import { CanAccess } from '../grant/grant.edge.js';
import { type Grantable, grantables, openedBy } from '../grant/grant-kinds.js';
import { actionsOf, isGrantAlive } from '../grant/grant-sql.js';
import { Grants, HasRole, InheritsFrom, MemberOf } from '../model/identity.edge.js';
import { Group, Permission, Role, ServiceAccount, User } from '../model/identity.vertex.js';
import { type Power, Powers } from './powers.js';

const PRINCIPALS = [User, ServiceAccount, Group];

interface PowerRow {
  readonly organization_id: string | null;
  /** Null in the row that says that the principal is an administrator, and in those of grants. */
  readonly permission: string | null;
  /** Of a grant: kind and id of the resource, the actions as JSON, and when it expires. */
  readonly kind: string | null;
  readonly resource: string | null;
  readonly actions: string | null;
  readonly until: string | null;
}

/** Reads {@link Powers}: one statement for each, through groups in groups and roles in roles. */
@Injectable()
export class PowersReadModel {
  constructor(private readonly graph: Graph) {}

  /** What a user, service account or group may do, by id; in a transaction with what it has changed so far. */
  async of(id: string, tx?: GraphTransaction, now = new Date()): Promise<Powers> {
    const kinds = grantables(this.graph.model);
    const rows = await this.reader(tx).run<PowerRow>(sql`
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
      select null as organization_id, null as permission, null as kind, null as resource, null as actions,
        null as until
      from principal where is_admin
      union all
      select distinct r.organization_id, ${textOf(col(Permission, 'name', 'p'))}, null, null, null, null
      from role r ${granted()}
      ${sql.join(
        kinds.map((kind) => sql`union all ${grantsOn(kind, now)}`),
        sql` `,
      )}`);
    return new Powers(
      rows.flatMap((row) => toPowers(row, kinds)),
      rows.some((row) => row.permission === null && row.kind === null),
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

function grantsOn({ name, definition }: Grantable, now: Date): Sql<unknown> {
  return sql`select ${textOf(namedCol(definition, 'organization_id', 'v'))}, null, ${sql.lit(name)},
      ${textOf(idOf('v'))}, ${out(col(CanAccess, 'actions', 'e'))}, ${textOf(col(CanAccess, 'expires_at', 'e'))}
    from member m join ${tableOf(CanAccess)} e on ${equal(sql.ref('e.start_id'), sql.ref('m.gid'))}
    join ${tableOf(definition)} v on ${equal(sql.ref('v.id'), sql.ref('e.end_id'))}
    where ${isGrantAlive('e', now)}`;
}

function toPowers(row: PowerRow, kinds: readonly Grantable[]): Power[] {
  const { organization_id: organizationId, permission, resource, until } = row;
  if (permission !== null) return [{ organizationId, permission }];
  const kind = kinds.find(({ name }) => name === row.kind);
  if (!kind || resource === null) return [];
  return openedBy(kind, actionsOf(row.actions)).map((opened) => ({
    organizationId,
    permission: opened,
    resource,
    until,
  }));
}
