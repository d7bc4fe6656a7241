import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import {
  anyOf,
  col,
  encode,
  encodeList,
  equal,
  Graph,
  type GraphReader,
  type GraphTransaction,
  idOf,
  namedCol,
  type Sql,
  tableOf,
  textOf,
  type VertexDefinition,
} from '#libs/graph';
import { Grants, HasRole, InheritsFrom } from '../model/identity.edge.js';
import { Permission, Role } from '../model/identity.vertex.js';

/** What a role grants by itself and inherits from: names and slugs, sorted. */
export interface RoleGrants {
  readonly permissions: string[];
  readonly inherits: string[];
}

// Any number will do as long as every process takes the same one.
const HIERARCHY_LOCK = 4_624_724;

@Injectable()
export class RolesRepository {
  constructor(private readonly graph: Graph) {}

  /** By role id, in one statement for any number of roles. */
  async grantsOf(roleIds: readonly string[], tx?: GraphTransaction): Promise<ReadonlyMap<string, RoleGrants>> {
    const reader: GraphReader = tx ?? this.graph.read;
    const of = (edge: typeof Grants | typeof InheritsFrom, target: VertexDefinition, key: string) => sql`
      select ${textOf(idOf('r'))} as role, ${sql.lit(edge.label)} as kind, ${textOf(namedCol(target, key, 't'))} as name
      from ${tableOf(Role)} r
      join ${tableOf(edge)} e on ${equal(sql.ref('e.start_id'), sql.ref('r.id'))}
      join ${tableOf(target)} t on ${equal(sql.ref('t.id'), sql.ref('e.end_id'))}
      where ${anyOf(idOf('r'), encodeList(roleIds))}`;
    const rows = await reader.run<{ role: string; kind: string; name: string }>(
      sql`${of(Grants, Permission, 'name')} union all ${of(InheritsFrom, Role, 'slug')} order by 3`,
    );
    const grants = new Map(roleIds.map((id): [string, RoleGrants] => [id, { permissions: [], inherits: [] }]));
    for (const { role, kind, name } of rows) {
      grants.get(role)?.[kind === Grants.label ? 'permissions' : 'inherits'].push(name);
    }
    return grants;
  }

  /** Ids by key; a missing one is missing from the map. */
  async findPermissions(tx: GraphTransaction, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return idsBy(tx, Permission, col(Permission, 'name', 'v'), names);
  }

  async findRoles(tx: GraphTransaction, slugs: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return idsBy(tx, Role, col(Role, 'slug', 'v'), slugs);
  }

  /** Lets one change of the inheritance happen at a time: two that are harmless alone could make a circle. */
  async lockHierarchy(tx: GraphTransaction): Promise<void> {
    await sql`select pg_advisory_xact_lock(${HIERARCHY_LOCK})`.execute(tx.transaction.kysely);
  }

  /** Whether a role inherits from itself. */
  async isCircular(tx: GraphTransaction, roleId: string): Promise<boolean> {
    const rows = await tx.run<{ found: boolean }>(sql`
      with recursive start (gid) as (
        select r.id from ${tableOf(Role)} r where ${equal(idOf('r'), encode(roleId))}
      ), above (gid) as (
        select e.end_id from start s join ${tableOf(InheritsFrom)} e
          on ${equal(sql.ref('e.start_id'), sql.ref('s.gid'))}
        union
        select e.end_id from above a join ${tableOf(InheritsFrom)} e
          on ${equal(sql.ref('e.start_id'), sql.ref('a.gid'))}
      )
      select true as found from above a join start s on ${equal(sql.ref('a.gid'), sql.ref('s.gid'))}`);
    return rows.length > 0;
  }

  /** How many hold a role, and how many roles inherit from it. */
  async countUsers(tx: GraphTransaction, roleId: string): Promise<{ holders: number; roles: number }> {
    const [holders, roles] = [
      await tx.countEdges(HasRole, { to: roleId }),
      await tx.countEdges(InheritsFrom, { to: roleId }),
    ];
    return { holders, roles };
  }
}

async function idsBy(
  tx: GraphTransaction,
  definition: VertexDefinition,
  key: Sql,
  values: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (values.length === 0) return new Map();
  const rows = await tx.run<{ key: string; id: string }>(sql`
    select ${textOf(key)} as key, ${textOf(idOf('v'))} as id from ${tableOf(definition)} v
    where ${anyOf(key, encodeList(values))}`);
  return new Map(rows.map((row) => [row.key, row.id]));
}
