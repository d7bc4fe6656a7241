import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { col, encode, equal, Graph, out, type Sql, tableOf } from '#libs/graph';
import { CanAccess } from '../grant/grant.edge.js';
import { grantables } from '../grant/grant-kinds.js';
import { isGrantAlive } from '../grant/grant-sql.js';
import { Grants, HasRole, InheritsFrom, MemberOf } from '../model/identity.edge.js';
import { Permission, ServiceAccount, User } from '../model/identity.vertex.js';
import { actionsFor, type PlaceReference, placeQuery, principalColumns } from './question.js';

/** Somebody who holds the permission; the first row says besides whether place and permission are there at all. */
export interface HolderRow {
  readonly kind: string;
  readonly id: string;
  readonly slug: string | null;
  readonly name: string;
  readonly is_admin: boolean;
}

export interface HolderPage {
  readonly isPlace: boolean;
  readonly isPermission: boolean;
  readonly rows: readonly HolderRow[];
  readonly total: number | undefined;
}

interface AnswerRow extends Partial<HolderRow> {
  readonly is_place: boolean;
  readonly is_permission: boolean;
  readonly total: string | null;
}

export interface HolderRequest {
  readonly after?: { readonly name: string; readonly id: string };
  readonly descending: boolean;
  readonly limit: number;
  readonly count: boolean;
}

/** Who holds a permission in a place: users and service accounts that are active, by one statement. */
@Injectable()
export class WhoCanReadModel {
  constructor(private readonly graph: Graph) {}

  /**
   * By name, then by id. From the permission backwards: the roles that give it, who holds them there or was granted the
   * resource, and all who are in those groups. Administrators hold everything.
   */
  async list(
    permission: string,
    place: PlaceReference | undefined,
    { after, descending, limit, count }: HolderRequest,
    now: Date,
  ): Promise<HolderPage> {
    const kinds = grantables(this.graph.model);
    const [behind, direction] = descending ? [sql`<`, sql`desc`] : [sql`>`, sql`asc`];
    const rows = await this.graph.read.run<AnswerRow>(sql`
      with recursive place as materialized (
        ${placeQuery(place, kinds)}
      ), wanted as materialized (
        select p.id as gid from ${tableOf(Permission)} p where ${equal(col(Permission, 'name', 'p'), encode(permission))}
      ), giving (gid) as (
        select e.start_id from ${tableOf(Grants)} e where ${among('e.end_id', sql`select gid from wanted`)}
        union
        select edge.start_id from giving g cross join lateral (${startsOf(InheritsFrom, 'g.gid')}) edge
      ), holder (gid) as (
        select found.gid from (
          select e.start_id as gid from ${tableOf(HasRole)} e
          where ${among('e.end_id', sql`select gid from giving`)} and (${col(HasRole, 'organization_id', 'e')} is null
            or ${equal(col(HasRole, 'organization_id', 'e'), sql`(select organization_key from place)`)})
          union all
          select e.start_id from ${tableOf(CanAccess)} e
          where ${equal(sql.ref('e.end_id'), sql`(select gid from place)`)} and ${isGrantAlive('e', now)}
            and ${out(col(CanAccess, 'actions', 'e'))}::jsonb ?| ${actionsFor(place, permission, kinds)}::text[]
        ) found
        union
        select edge.start_id from holder h cross join lateral (${startsOf(MemberOf, 'h.gid')}) edge
      ), person as materialized (
        ${holders(User, 'user')} union all ${holders(ServiceAccount, 'service_account')}
      ), page as (
        select person.kind, person.id, person.slug, person.name, person.is_admin from person
        where ${after ? sql`(name, id) ${behind} (${after.name}, ${after.id})` : sql`true`}
        order by name ${direction}, id ${direction} limit ${limit}
      )
      select ${place ? sql`exists (select from place)` : sql`true`} as is_place, exists (select from wanted) as is_permission,
        ${count ? sql`(select count(*)::text from person)` : sql`null::text`} as total, page.*
      from (select) one left join page on true order by page.name ${direction}, page.id ${direction}`);
    const [first] = rows;
    return {
      isPlace: first?.is_place ?? false,
      isPermission: first?.is_permission ?? false,
      total: first?.total ? Number(first.total) : undefined,
      rows: rows.flatMap(({ kind, id, slug = null, name, is_admin = false }) =>
        kind && id && name !== undefined ? [{ kind, id, slug, name, is_admin }] : [],
      ),
    };
  }
}

function startsOf(edge: typeof MemberOf | typeof InheritsFrom, end: string): Sql {
  return sql`select e.start_id from ${tableOf(edge)} e where ${equal(sql.ref('e.end_id'), sql.ref(end))} offset 0`;
}

// A set goes on as an array: the planner's guess at the size of a recursive query is a hundredfold too high.
function among(column: string, set: Sql): Sql {
  return sql`${sql.ref(column)} operator(ag_catalog.=) any(array(${set}))`;
}

function holders(definition: typeof User | typeof ServiceAccount, kind: 'user' | 'service_account'): Sql {
  const flagged = (property: 'is_active' | 'is_admin') =>
    equal(
      definition.label === User.label ? col(User, property, 'v') : col(ServiceAccount, property, 'v'),
      encode(true),
    );
  const isKnown = sql`exists (select from wanted)`;
  return sql`select ${principalColumns(kind)} from ${tableOf(definition)} v
    where ${flagged('is_active')} and ${isKnown}
      and (${among('v.id', sql`select gid from holder`)} or ${flagged('is_admin')})`;
}
