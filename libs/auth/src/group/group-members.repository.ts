import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import {
  encode,
  equal,
  Graph,
  type GraphTransaction,
  idOf,
  namedCol,
  type Sql,
  tableOf,
  textOf,
  type VertexDefinition,
} from '#libs/graph';
import { MemberOf } from '../model/identity.edge.js';
import { Group, ServiceAccount, User } from '../model/identity.vertex.js';
import type { GroupMemberResponseDto } from './group.dto.js';

interface MemberPage {
  readonly after?: { readonly name: string; readonly id: string };
  readonly descending: boolean;
  readonly limit: number;
}

// Any number will do as long as every process takes the same one.
const HIERARCHY_LOCK = 4_624_725;

/** The MEMBER_OF edges that end at groups. */
@Injectable()
export class GroupMembersRepository {
  constructor(private readonly graph: Graph) {}

  /** By name, then by id. */
  async list(groupId: string, { after, descending, limit }: MemberPage): Promise<GroupMemberResponseDto[]> {
    const kinds = [
      members(groupId, 'user', User, 'display_name'),
      members(groupId, 'service_account', ServiceAccount, 'name', 'slug'),
      members(groupId, 'group', Group, 'name', 'slug'),
    ];
    const [behind, direction] = descending ? [sql`<`, sql`desc`] : [sql`>`, sql`asc`];
    return this.graph.read.run<GroupMemberResponseDto>(sql`
      select kind, id, name, slug from (${sql.join(kinds, sql` union all `)}) member
      where ${after ? sql`(name, id) ${behind} (${after.name}, ${after.id})` : sql`true`}
      order by name ${direction}, id ${direction} limit ${limit}`);
  }

  /** Lets one change of the nesting happen at a time, until the transaction ends. */
  async lockHierarchy(tx: GraphTransaction): Promise<void> {
    await sql`select pg_advisory_xact_lock(${HIERARCHY_LOCK})`.execute(tx.transaction.kysely);
  }

  /** Whether a group is in itself. */
  async isCircular(tx: GraphTransaction, groupId: string): Promise<boolean> {
    const rows = await tx.run(sql`
      with recursive start (gid) as (
        select g.id from ${tableOf(Group)} g where ${equal(idOf('g'), encode(groupId))}
      ), around (gid) as (
        select e.end_id from start s join ${tableOf(MemberOf)} e
          on ${equal(sql.ref('e.start_id'), sql.ref('s.gid'))}
        union
        select e.end_id from around a join ${tableOf(MemberOf)} e
          on ${equal(sql.ref('e.start_id'), sql.ref('a.gid'))}
      )
      select 1 from around a join start s on ${equal(sql.ref('a.gid'), sql.ref('s.gid'))}`);
    return rows.length > 0;
  }
}

function members(groupId: string, kind: string, definition: VertexDefinition, name: string, slug?: string): Sql {
  return sql`select ${sql.lit(kind)} as kind, ${textOf(idOf('v'))} collate "C" as id,
      ${textOf(namedCol(definition, name, 'v'))} collate "C" as name,
      ${slug ? textOf(namedCol(definition, slug, 'v')) : sql`null::text`} as slug
    from ${tableOf(Group)} g
    join ${tableOf(MemberOf)} e on ${equal(sql.ref('e.end_id'), sql.ref('g.id'))}
    join ${tableOf(definition)} v on ${equal(sql.ref('v.id'), sql.ref('e.start_id'))}
    where ${equal(idOf('g'), encode(groupId))}`;
}
