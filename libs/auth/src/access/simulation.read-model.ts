import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import {
  anyOf,
  col,
  type EdgeDefinition,
  encode,
  encodeList,
  equal,
  Graph,
  idOf,
  namedCol,
  out,
  type Sql,
  tableOf,
  textOf,
} from '#libs/graph';
import { CanAccess, type GrantAction } from '../grant/grant.edge.js';
import { type Grantable, grantables } from '../grant/grant-kinds.js';
import { isGrantAlive } from '../grant/grant-sql.js';
import { Grants, HasRole, InheritsFrom, MemberOf } from '../model/identity.edge.js';
import { Group, Permission, Role, ServiceAccount, User } from '../model/identity.vertex.js';
import { ORGANIZATION, organizationSlug } from '../permission/organization-sql.js';
import type { PrincipalReference } from '../principal/principal-reference.js';
import { type PlaceReference, placeQuery, principalColumns, principalQuery } from './question.js';
import { openings } from './what-can.read-model.js';

/** One change of who may do what. */
export type AccessChange =
  | {
      readonly kind: 'role';
      readonly role: string;
      /** Undefined leaves what the role grants, or inherits from, as it is. */
      readonly permissions?: readonly string[];
      readonly inherits?: readonly string[];
    }
  | {
      readonly kind: 'assignment';
      readonly principal: PrincipalReference;
      readonly role: string;
      readonly place: PlaceReference | undefined;
      readonly isRemoval: boolean;
    }
  | {
      readonly kind: 'membership';
      readonly member: PrincipalReference;
      readonly group: string;
      readonly isRemoval: boolean;
    }
  | {
      readonly kind: 'grant';
      readonly principal: PrincipalReference;
      readonly place: PlaceReference;
      /** None takes the grant away. */
      readonly actions: readonly GrantAction[];
      readonly expiresAt: string | null;
    };

/** A permission that somebody gains or loses, and where. */
export interface DifferenceRow {
  readonly kind: string;
  readonly id: string;
  readonly slug: string | null;
  readonly name: string;
  readonly permission: string;
  readonly organization: string | null;
  readonly resource_kind: string | null;
  readonly resource_id: string | null;
  readonly resource_slug: string | null;
  readonly resource_name: string | null;
}

export interface SimulatedAccess {
  /** What the change names and is not there: `subject`, `target`, `place`, or the name of a permission or role. */
  readonly missing: readonly string[];
  /** Whether groups or roles would contain themselves. */
  readonly isCircular: boolean;
  readonly added: readonly DifferenceRow[];
  readonly removed: readonly DifferenceRow[];
  readonly addedTotal: number;
  readonly removedTotal: number;
}

interface AnswerRow {
  readonly missing: readonly string[];
  readonly is_circular: boolean;
  readonly added: readonly DifferenceRow[] | null;
  readonly removed: readonly DifferenceRow[] | null;
  readonly added_total: string;
  readonly removed_total: string;
}

/**
 * What a change would add to and remove from what people may do, by one statement that changes nothing. It evaluates
 * everybody below the changed edge twice, in the worlds `before` and `after`: the one change is an edge that is left out
 * of the second, or in that alone.
 */
@Injectable()
export class SimulationReadModel {
  constructor(private readonly graph: Graph) {}

  async simulate(change: AccessChange, limit: number, now: Date): Promise<SimulatedAccess> {
    const [row] = await this.graph.read.run<AnswerRow>(statement(change, grantables(this.graph.model), limit, now));
    return {
      missing: row?.missing ?? [],
      isCircular: row?.is_circular ?? false,
      added: row?.added ?? [],
      removed: row?.removed ?? [],
      addedTotal: Number(row?.added_total ?? 0),
      removedTotal: Number(row?.removed_total ?? 0),
    };
  }
}

function statement(change: AccessChange, kinds: readonly Grantable[], limit: number, now: Date): Sql<AnswerRow> {
  const place = change.kind === 'assignment' || change.kind === 'grant' ? change.place : undefined;
  return sql<AnswerRow>`
    with recursive place as materialized (
      ${placeQuery(place, kinds)}
    ), changed as materialized (
      select (select gid from (${subjectOf(change)}) s) as start_id, (${targetOf(change)}) as end_id
    ), new_permission as materialized (
      ${namesIn(Permission, 'name', change.kind === 'role' ? change.permissions : undefined)}
    ), new_parent as materialized (
      ${namesIn(Role, 'slug', change.kind === 'role' ? change.inherits : undefined)}
    ), inheritor (gid) as (
      select start_id from changed where ${sql.lit(change.kind === 'role')}
      union
      select edge.start_id from inheritor i cross join lateral (
        select e.start_id from ${tableOf(InheritsFrom)} e where ${equal(sql.ref('e.end_id'), sql.ref('i.gid'))} offset 0
      ) edge
    ), affected (gid) as (
      select found.gid from (
        select start_id as gid from changed where not ${sql.lit(change.kind === 'role')}
        union all
        select e.start_id from ${tableOf(HasRole)} e where ${among('e.end_id', sql`select gid from inheritor`)}
      ) found where found.gid is not null
      union
      select edge.start_id from affected a cross join lateral (
        select e.start_id from ${tableOf(MemberOf)} e where ${equal(sql.ref('e.end_id'), sql.ref('a.gid'))} offset 0
      ) edge
    ), person as materialized (
      ${people('user')} union all ${people('service_account')}
    ), membership (world, person, gid) as (
      select world, person.gid, person.gid from person, ${WORLDS}
      union
      select m.world, m.person, edge.end_id from membership m
      cross join lateral (${memberships(change)} offset 0) edge
    ), assigned as materialized (
      select distinct m.world, m.person, edge.end_id as role, edge.organization_id
      from membership m cross join lateral (${assignments(change)} offset 0) edge
    ), inherited (world, top, gid) as (
      select distinct world, role, role from assigned
      union
      select i.world, i.top, edge.end_id from inherited i
      cross join lateral (${inheritance(change)} offset 0) edge
    ), given as materialized (
      select distinct i.world, i.top, ${textOf(col(Permission, 'name', 'p'))} as permission
      from inherited i cross join lateral (${permissions(change)} offset 0) edge
      join ${tableOf(Permission)} p on ${equal(sql.ref('p.id'), sql.ref('edge.end_id'))}
    ), power as materialized (
      select distinct a.world, a.person, g.permission, a.organization_id, null::text as resource_kind,
        null::text as resource_id, null::text as resource_slug, null::text as resource_name
      from assigned a join given g on g.world = a.world and ${equal(sql.ref('g.top'), sql.ref('a.role'))}
      ${sql.join(
        kinds.map((kind) => sql`union all ${granted(change, kind, now)}`),
        sql` `,
      )}
    ), gained as materialized (
      ${difference('after', 'before')}
    ), lost as materialized (
      ${difference('before', 'after')}
    )
    select ${missingNames(change)} as missing, ${circularity(change)} as is_circular,
      (select count(*)::text from gained) as added_total, (select count(*)::text from lost) as removed_total,
      ${shown('gained', limit)} as added, ${shown('lost', limit)} as removed`;
}

const WORLDS = sql`(values ('before'), ('after')) as worlds (world)`;

// A set goes on as an array: the planner's guess at the size of a recursive query is a hundredfold too high.
function among(column: string, set: Sql): Sql {
  return sql`${sql.ref(column)} operator(ag_catalog.=) any(array(${set}))`;
}

/** Where the changed edge starts; of a role, the role itself. */
function subjectOf(change: AccessChange): Sql {
  if (change.kind === 'role') return roleNamed(change.role);
  return principalQuery(change.kind === 'membership' ? change.member : change.principal);
}

function targetOf(change: AccessChange): Sql {
  switch (change.kind) {
    case 'role':
      return sql`null::ag_catalog.graphid`;
    case 'assignment':
      return roleNamed(change.role);
    case 'membership':
      return sql`select g.id from ${tableOf(Group)} g where ${equal(col(Group, 'slug', 'g'), encode(change.group))}`;
    case 'grant':
      return sql`select gid from place`;
  }
}

function roleNamed(slug: string): Sql {
  return sql`select r.id as gid from ${tableOf(Role)} r where ${equal(col(Role, 'slug', 'r'), encode(slug))}`;
}

function namesIn(definition: typeof Permission | typeof Role, key: string, names: readonly string[] | undefined): Sql {
  return sql`select v.id as gid, ${textOf(namedCol(definition, key, 'v'))} as name from ${tableOf(definition)} v
    where ${anyOf(namedCol(definition, key, 'v'), encodeList(names ?? []))}`;
}

function people(kind: 'user' | 'service_account'): Sql {
  const definition = kind === 'user' ? User : ServiceAccount;
  // Who is switched off may do nothing, and an administrator everything, before and after.
  return sql`select * from (select ${principalColumns(kind)} from ${tableOf(definition)} v
    where ${among('v.id', sql`select gid from affected`)}) found where is_active and not is_admin`;
}

/** Edges of one row, in the world of that row; `changed` is out of the world after, and `added` in it alone. */
function edges(
  edge: EdgeDefinition,
  from: { readonly alias: string; readonly start: string },
  columns: Sql,
  change?: { readonly isChanged: Sql; readonly added?: Sql },
): Sql {
  const [start, world] = [sql.ref(`${from.alias}.${from.start}`), sql.ref(`${from.alias}.world`)];
  const stored = sql`select e.end_id${columns} from ${tableOf(edge)} e where ${equal(sql.ref('e.start_id'), start)}`;
  if (!change) return stored;
  const kept = sql`${stored} and (${world} = 'before' or not (${change.isChanged}))`;
  return change.added ? sql`(${kept} union all ${change.added})` : kept;
}

const IS_CHANGED = sql`${equal(sql.ref('e.start_id'), sql`(select start_id from changed)`)}
  and ${equal(sql.ref('e.end_id'), sql`(select end_id from changed)`)}`;

function addedEdge(alias: string, start: string, columns: Sql): Sql {
  return sql`select changed.end_id${columns} from changed where ${sql.ref(`${alias}.world`)} = 'after'
    and changed.end_id is not null and ${equal(sql.ref('changed.start_id'), sql.ref(`${alias}.${start}`))}`;
}

function memberships(change: AccessChange): Sql {
  const from = { alias: 'm', start: 'gid' };
  if (change.kind !== 'membership') return edges(MemberOf, from, sql``);
  const added = change.isRemoval ? undefined : addedEdge('m', 'gid', sql``);
  return edges(MemberOf, from, sql``, { isChanged: IS_CHANGED, added });
}

function assignments(change: AccessChange): Sql {
  const from = { alias: 'm', start: 'gid' };
  const columns = sql`, ${textOf(col(HasRole, 'organization_id', 'e'))} as organization_id`;
  if (change.kind !== 'assignment') return edges(HasRole, from, columns);
  const place = sql`(select id from place)`;
  const isChanged = sql`${IS_CHANGED} and ${textOf(col(HasRole, 'organization_id', 'e'))} is not distinct from ${place}`;
  const added = change.isRemoval ? undefined : addedEdge('m', 'gid', sql`, ${place}`);
  return edges(HasRole, from, columns, { isChanged, added });
}

function inheritance(change: AccessChange): Sql {
  const from = { alias: 'i', start: 'gid' };
  if (change.kind !== 'role' || !change.inherits) return edges(InheritsFrom, from, sql``);
  return edges(InheritsFrom, from, sql``, replacedBy('new_parent'));
}

function permissions(change: AccessChange): Sql {
  const from = { alias: 'i', start: 'gid' };
  if (change.kind !== 'role' || !change.permissions) return edges(Grants, from, sql``);
  return edges(Grants, from, sql``, replacedBy('new_permission'));
}

function replacedBy(names: string) {
  return {
    isChanged: equal(sql.ref('e.start_id'), sql`(select start_id from changed)`),
    added: sql`select n.gid from ${sql.id(names)} n, changed where i.world = 'after'
      and ${equal(sql.ref('changed.start_id'), sql.ref('i.gid'))}`,
  };
}

function granted(change: AccessChange, kind: Grantable, now: Date): Sql {
  const { name, definition } = kind;
  const columns = sql`, ${out(col(CanAccess, 'actions', 'e'))} as actions, ${isGrantAlive('e', now)} as is_alive`;
  const from = { alias: 'm', start: 'gid' };
  const isRemoval = change.kind === 'grant' && change.actions.length === 0;
  const stored =
    change.kind === 'grant'
      ? edges(CanAccess, from, columns, {
          isChanged: IS_CHANGED,
          added: isRemoval
            ? undefined
            : addedEdge('m', 'gid', sql`, ${JSON.stringify(change.actions)}::text, ${isFuture(change.expiresAt, now)}`),
        })
      : edges(CanAccess, from, columns);
  return sql`select distinct m.world, m.person, opened.permission, ${textOf(namedCol(definition, 'organization_id', 'v'))},
      ${sql.lit(name)}, ${textOf(idOf('v'))}, ${textOf(namedCol(definition, 'slug', 'v'))},
      ${textOf(namedCol(definition, 'name', 'v'))}
    from membership m cross join lateral (${stored} offset 0) edge
    join ${tableOf(definition)} v on ${equal(sql.ref('v.id'), sql.ref('edge.end_id'))}
    join (${openings(kind)}) opened on edge.actions::jsonb ? opened.action
    where edge.is_alive`;
}

function isFuture(expiresAt: string | null, now: Date): Sql {
  return sql`${expiresAt === null || Date.parse(expiresAt) > now.getTime()}::boolean`;
}

/** What is held in the one world and neither there nor in the other by something wider. */
function difference(world: 'before' | 'after', other: 'before' | 'after'): Sql {
  const wider = sql`w.resource_id is null and (w.organization_id is null or w.organization_id = p.organization_id)`;
  const same = sql`w.organization_id is not distinct from p.organization_id and w.resource_id is not distinct from p.resource_id`;
  const held = (where: 'before' | 'after', condition: Sql) => sql`exists (
    select from power w where w.world = ${sql.lit(where)} and ${equal(sql.ref('w.person'), sql.ref('p.person'))}
      and w.permission = p.permission and ${condition})`;
  return sql`select distinct person.kind, person.id, person.slug, person.name, p.permission,
      p.organization_id, p.resource_kind, p.resource_id, p.resource_slug, p.resource_name
    from power p join person on ${equal(sql.ref('person.gid'), sql.ref('p.person'))}
    where p.world = ${sql.lit(world)} and not ${held(other, sql`(${wider} or (${same}))`)}
      and not ${held(world, sql`${wider} and not (${same})`)}`;
}

function shown(name: string, limit: number): Sql {
  return sql`(select jsonb_agg(to_jsonb(d) order by d.name, d.id, d.permission, d.organization, d.resource_id) from (
    select d.kind, d.id, d.slug, d.name, d.permission, ${organizationSlug('o')} as organization, d.resource_kind,
      d.resource_id, d.resource_slug, d.resource_name
    from ${sql.id(name)} d left join ${ORGANIZATION} o on ${textOf(idOf('o'))} = d.organization_id
    order by d.name, d.id, d.permission, 6, d.resource_id limit ${limit}
  ) d)`;
}

function missingNames(change: AccessChange): Sql {
  const names = change.kind === 'role' ? { new_permission: change.permissions, new_parent: change.inherits } : {};
  const hasPlace = (change.kind === 'assignment' && change.place !== undefined) || change.kind === 'grant';
  const parts = [
    sql`select 'subject' as name from changed where start_id is null`,
    ...(change.kind === 'role' ? [] : [sql`select 'target' from changed where end_id is null`]),
    ...(hasPlace ? [sql`select 'place' where not exists (select from place)`] : []),
    ...Object.entries(names).map(
      ([found, wanted]) => sql`select w.name from unnest(${[...(wanted ?? [])]}::text[]) as w (name)
        where not exists (select from ${sql.id(found)} f where f.name = w.name)`,
    ),
  ];
  return sql`array(${sql.join(parts, sql` union all `)})`;
}

/** Whether the end of the changed edge leads back to where it starts. */
function circularity(change: AccessChange): Sql {
  if (change.kind === 'membership' && !change.isRemoval) {
    return leadsBack(MemberOf, sql`select end_id from changed`);
  }
  if (change.kind === 'role' && change.inherits) return leadsBack(InheritsFrom, sql`select gid from new_parent`);
  return sql`false`;
}

function leadsBack(edge: typeof MemberOf | typeof InheritsFrom, starts: Sql): Sql {
  return sql`(with recursive above (gid) as (
      select found.gid from (${starts}) found (gid)
      union
      select edge.end_id from above a cross join lateral (
        select e.end_id from ${tableOf(edge)} e where ${equal(sql.ref('e.start_id'), sql.ref('a.gid'))} offset 0
      ) edge
    ) select exists (select from above a, changed where ${equal(sql.ref('a.gid'), sql.ref('changed.start_id'))}))`;
}
