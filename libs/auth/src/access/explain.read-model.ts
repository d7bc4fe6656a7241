import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import {
  col,
  encode,
  equal,
  Graph,
  graphidText,
  idOf,
  out,
  type Sql,
  tableOf,
  textOf,
  type VertexDefinition,
} from '#libs/graph';
import { CanAccess } from '../grant/grant.edge.js';
import { grantables } from '../grant/grant-kinds.js';
import { actionsOf } from '../grant/grant-sql.js';
import { Grants, HasRole, InheritsFrom, MemberOf } from '../model/identity.edge.js';
import { Group, Permission, Role } from '../model/identity.vertex.js';
import { ORGANIZATION, organizationSlug } from '../permission/organization-sql.js';
import type { PrincipalReference } from '../principal/principal-reference.js';
import type { AccessFacts, Node } from './access-facts.js';
import { type PlaceReference, placeQuery, principalQuery } from './question.js';

interface FactRow {
  readonly fact: string;
  readonly a: string;
  readonly b: string | null;
  readonly c: string | null;
  readonly d: string | null;
  readonly e: string | null;
}

/** How many roles and groups are thought of that would give what is lacking. */
const SUGGESTIONS = 10;

/** Everything that decides whether a principal holds a permission in a place, and what is near to it: one statement. */
@Injectable()
export class ExplainReadModel {
  constructor(private readonly graph: Graph) {}

  async facts(
    principal: PrincipalReference,
    permission: string,
    place: PlaceReference | undefined,
  ): Promise<AccessFacts> {
    const kinds = grantables(this.graph.model);
    const rows = await this.graph.read.run<FactRow>(sql`
      with recursive place as materialized (
        ${placeQuery(place, kinds)}
      ), principal as materialized (
        ${principalQuery(principal)}
      ), wanted as materialized (
        select p.id as gid from ${tableOf(Permission)} p where ${equal(col(Permission, 'name', 'p'), encode(permission))}
      ), member (gid) as (
        select gid from principal
        union
        select edge.end_id from member m cross join lateral (${endsOf(MemberOf, 'm.gid')}) edge
      ), assigned as materialized (
        select e.start_id, e.end_id, ${col(HasRole, 'organization_id', 'e')} as organization_key
        from ${tableOf(HasRole)} e where ${among('e.start_id', sql`select gid from member`)}
      ), role (gid) as (
        select end_id from assigned
        union
        select edge.end_id from role r cross join lateral (${endsOf(InheritsFrom, 'r.gid')}) edge
      ), granting as materialized (
        select e.start_id as gid from ${tableOf(Grants)} e where ${among('e.end_id', sql`select gid from wanted`)}
      ), giving (gid) as (
        select gid from granting
        union
        select edge.start_id from giving g cross join lateral (
          select e.start_id from ${tableOf(InheritsFrom)} e where ${equal(sql.ref('e.end_id'), sql.ref('g.gid'))} offset 0
        ) edge
      ), holding as materialized (
        select e.start_id, e.end_id from ${tableOf(HasRole)} e
        where ${among('e.end_id', sql`select gid from giving`)} and (${col(HasRole, 'organization_id', 'e')} is null
          or ${equal(col(HasRole, 'organization_id', 'e'), sql`(select organization_key from place)`)})
      )
      ${facts('place', [sql`kind`, sql`id`, sql`slug`, sql`name`, sql`organization`], sql`place`)}
      union all ${facts(
        'principal',
        [
          graphidText(sql.ref('gid')),
          sql`id`,
          sql`slug`,
          sql`name`,
          sql`case when not is_active then 'inactive' when is_admin then 'admin' end`,
        ],
        sql`principal`,
      )}
      union all ${facts('wanted', [graphidText(sql.ref('gid'))], sql`wanted`)}
      union all ${nodes('group', Group, sql`select gid from member`)}
      union all ${nodes('role', Role, sql`select gid from role`)}
      union all ${facts('member', ends('e'), sql`${tableOf(MemberOf)} e where ${among('e.start_id', sql`select gid from member`)}`)}
      union all ${facts(
        'assigned',
        [...ends('e'), organizationSlug('o')],
        sql`assigned e left join ${ORGANIZATION} o on ${equal(idOf('o'), sql.ref('e.organization_key'))}
          where e.organization_key is null or o.id is not null`,
      )}
      union all ${facts('inherits', ends('e'), sql`${tableOf(InheritsFrom)} e where ${among('e.start_id', sql`select gid from role`)}`)}
      union all ${facts('granting', [graphidText(sql.ref('gid'))], sql`granting`)}
      union all ${facts('giving', [graphidText(sql.ref('gid'))], sql`giving`)}
      union all ${facts(
        'access',
        [
          graphidText(sql.ref('e.start_id')),
          out(col(CanAccess, 'actions', 'e')),
          textOf(col(CanAccess, 'expires_at', 'e')),
        ],
        sql`${tableOf(CanAccess)} e where ${among('e.start_id', sql`select gid from member`)}
          and ${equal(sql.ref('e.end_id'), sql`(select gid from place)`)}`,
      )}
      union all ${facts('suggested-role', [sql`slug`, sql`name`], suggestedRoles())}
      union all ${facts('suggested-group', [sql`slug`, sql`name`], suggestedGroups())}`);
    return toFacts(rows);
  }
}

function endsOf(edge: typeof MemberOf | typeof InheritsFrom, start: string): Sql {
  return sql`select e.end_id from ${tableOf(edge)} e where ${equal(sql.ref('e.start_id'), sql.ref(start))} offset 0`;
}

// Sets go on as arrays: the planner takes them for ten rows, and a recursive query for a hundred times too many.
function among(column: string, set: Sql): Sql {
  return sql`${sql.ref(column)} operator(ag_catalog.=) any(array(${set}))`;
}

function ends(alias: string): Sql[] {
  return [graphidText(sql.ref(`${alias}.start_id`)), graphidText(sql.ref(`${alias}.end_id`))];
}

function facts(name: string, columns: readonly Sql[], from: Sql): Sql {
  const padded = Array.from({ length: 5 }, (_, index) => columns[index] ?? sql`null::text`);
  const named = padded.map((column, index) => sql`${column} as ${sql.id('abcde'.charAt(index))}`);
  return sql`select ${sql.lit(name)} as fact, ${sql.join(named)} from ${from}`;
}

function nodes(name: string, definition: typeof Group | typeof Role, set: Sql): Sql {
  return facts(
    name,
    [graphidText(sql.ref('v.id')), ...named(definition)],
    sql`${tableOf(definition)} v where ${among('v.id', set)}`,
  );
}

function named(definition: VertexDefinition & (typeof Group | typeof Role)): Sql[] {
  return definition.label === Group.label
    ? [textOf(col(Group, 'slug', 'v')), textOf(col(Group, 'name', 'v'))]
    : [textOf(col(Role, 'slug', 'v')), textOf(col(Role, 'name', 'v'))];
}

// The least of them first: whoever needs one permission is not to be made an administrator.
function suggestedRoles(): Sql {
  return sql`(select ${textOf(col(Role, 'slug', 'v'))} as slug, ${textOf(col(Role, 'name', 'v'))} as name
    from ${tableOf(Role)} v where ${among('v.id', sql`select gid from giving`)}
    order by (${textOf(col(Role, 'priority', 'v'))})::int, 1 limit ${SUGGESTIONS}) suggested`;
}

function suggestedGroups(): Sql {
  return sql`(select ${textOf(col(Group, 'slug', 'v'))} as slug, ${textOf(col(Group, 'name', 'v'))} as name
    from ${tableOf(Group)} v where ${among('v.id', sql`select start_id from holding`)}
      and not (${among('v.id', sql`select gid from member`)})
    order by 1 limit ${SUGGESTIONS}) suggested`;
}

function toFacts(rows: readonly FactRow[]): AccessFacts {
  const of = (fact: string) => rows.filter((row) => row.fact === fact);
  const [place] = of('place');
  const [principal] = of('principal');
  const toNode = ({ a, b, c }: FactRow): [string, Node] => [a, { slug: b ?? '', name: c ?? '' }];
  const toNamed = ({ a, b }: FactRow): Node => ({ slug: a, name: b ?? '' });
  const pairs = (fact: string) => of(fact).map(({ a, b }): [string, string] => [a, b ?? '']);
  return {
    place: place && {
      kind: place.a,
      id: place.b ?? '',
      slug: place.c ?? '',
      name: place.d,
      organization: place.e ?? '',
    },
    principal: principal && {
      gid: principal.a,
      id: principal.b ?? '',
      slug: principal.c,
      name: principal.d ?? '',
      isActive: principal.e !== 'inactive',
      isAdmin: principal.e === 'admin',
    },
    isPermission: of('wanted').length > 0,
    groups: new Map(of('group').map(toNode)),
    roles: new Map(of('role').map(toNode)),
    memberships: pairs('member'),
    inheritance: pairs('inherits'),
    assignments: of('assigned').map(({ a, b, c }) => ({ holder: a, role: b ?? '', organization: c })),
    granting: new Set(of('granting').map(({ a }) => a)),
    giving: new Set(of('giving').map(({ a }) => a)),
    grants: of('access').map(({ a, b, c }) => ({ holder: a, actions: actionsOf(b), expiresAt: c })),
    suggestedRoles: of('suggested-role').map(toNamed),
    suggestedGroups: of('suggested-group').map(toNamed),
  };
}
