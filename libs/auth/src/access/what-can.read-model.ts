import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { col, equal, Graph, idOf, namedCol, out, type Sql, tableOf, textOf } from '#libs/graph';
import { CanAccess, GRANT_ACTIONS } from '../grant/grant.edge.js';
import { type Grantable, grantables, openedBy } from '../grant/grant-kinds.js';
import { isGrantAlive } from '../grant/grant-sql.js';
import { Grants, HasRole, InheritsFrom, MemberOf } from '../model/identity.edge.js';
import { Permission } from '../model/identity.vertex.js';
import { isOrganizationThere, ORGANIZATION, organizationSlug } from '../permission/organization-sql.js';
import type { PrincipalReference } from '../principal/principal-reference.js';
import { principalQuery } from './question.js';

/** A permission with where it is held: everywhere (no organization), in one, or on one resource of it. */
export interface HeldRow {
  readonly permission: string;
  readonly organization: string | null;
  readonly resource_kind: string | null;
  readonly resource_id: string | null;
  readonly resource_slug: string | null;
  readonly resource_name: string | null;
}

export interface HeldPage {
  readonly isPrincipal: boolean;
  readonly rows: readonly HeldRow[];
  readonly total: number | undefined;
}

interface AnswerRow extends HeldRow {
  readonly is_principal: boolean;
  readonly total: string | null;
}

export interface HeldRequest {
  readonly after?: { readonly permission: string; readonly organization: string; readonly resource: string };
  readonly descending: boolean;
  readonly limit: number;
  readonly count: boolean;
}

/** What a principal may do, and where: by one statement. */
@Injectable()
export class WhatCanReadModel {
  constructor(private readonly graph: Graph) {}

  /** By permission, organization and resource. An administrator holds each permission everywhere. */
  async list(
    principal: PrincipalReference,
    { after, descending, limit, count }: HeldRequest,
    now: Date,
  ): Promise<HeldPage> {
    const kinds = grantables(this.graph.model);
    const [behind, direction] = descending ? [sql`<`, sql`desc`] : [sql`>`, sql`asc`];
    const position = sql`(permission, coalesce(organization, ''), coalesce(resource_id, ''))`;
    const rows = await this.graph.read.run<AnswerRow>(sql`
      with recursive principal as materialized (
        ${principalQuery(principal)}
      ), member (gid) as (
        select gid from principal where is_active and not is_admin
        union
        select edge.end_id from member m cross join lateral (${endsOf(MemberOf, 'm.gid')}) edge
      ), role (gid, organization_id) as (
        select e.end_id, ${textOf(col(HasRole, 'organization_id', 'e'))} from ${tableOf(HasRole)} e
        where ${among('e.start_id', sql`select gid from member`)}
        union
        select edge.end_id, r.organization_id from role r cross join lateral (${endsOf(InheritsFrom, 'r.gid')}) edge
      ), held as materialized (
        select distinct ${textOf(col(Permission, 'name', 'p'))} collate "C" as permission,
          ${organizationSlug('o')} collate "C" as organization, ${NO_RESOURCE}
        from role r join ${tableOf(Grants)} e on ${equal(sql.ref('e.start_id'), sql.ref('r.gid'))}
        join ${tableOf(Permission)} p on ${equal(sql.ref('p.id'), sql.ref('e.end_id'))}
        left join ${ORGANIZATION} o on ${textOf(idOf('o'))} = r.organization_id and ${isOrganizationThere('o')}
        where r.organization_id is null or o.id is not null
        union all
        select ${textOf(col(Permission, 'name', 'p'))} collate "C", null, ${NO_RESOURCE}
        from principal, ${tableOf(Permission)} p where is_active and is_admin
        ${sql.join(
          kinds.map((kind) => sql`union all ${grantedOn(kind, now)}`),
          sql` `,
        )}
      ), page as (
        select * from held
        where ${after ? sql`${position} ${behind} (${after.permission}, ${after.organization}, ${after.resource})` : sql`true`}
        order by permission ${direction}, coalesce(organization, '') ${direction}, coalesce(resource_id, '') ${direction}
        limit ${limit}
      )
      select exists (select from principal) as is_principal,
        ${count ? sql`(select count(*)::text from held)` : sql`null::text`} as total, page.*
      from (select) one left join page on true
      order by permission ${direction}, coalesce(organization, '') ${direction}, coalesce(resource_id, '') ${direction}`);
    const [first] = rows;
    return {
      isPrincipal: first?.is_principal ?? false,
      total: first?.total ? Number(first.total) : undefined,
      // Without anything to show there is one row of nulls.
      rows: rows.filter(({ permission }) => permission !== null),
    };
  }
}

const NO_RESOURCE = sql`null::text as resource_kind, null::text as resource_id, null::text as resource_slug,
  null::text as resource_name`;

function endsOf(edge: typeof MemberOf | typeof InheritsFrom, start: string): Sql {
  return sql`select e.end_id from ${tableOf(edge)} e where ${equal(sql.ref('e.start_id'), sql.ref(start))} offset 0`;
}

function among(column: string, set: Sql): Sql {
  return sql`${sql.ref(column)} operator(ag_catalog.=) any(array(${set}))`;
}

function grantedOn(kind: Grantable, now: Date): Sql {
  const { name, definition } = kind;
  return sql`select distinct opened.permission collate "C", ${organizationSlug('o')} collate "C", ${sql.lit(name)},
      ${textOf(idOf('v'))} collate "C", ${textOf(namedCol(definition, 'slug', 'v'))}, ${textOf(namedCol(definition, 'name', 'v'))}
    from ${tableOf(CanAccess)} e join ${tableOf(definition)} v on ${equal(sql.ref('v.id'), sql.ref('e.end_id'))}
    join ${ORGANIZATION} o on ${equal(idOf('o'), namedCol(definition, 'organization_id', 'v'))} and ${isOrganizationThere('o')}
    join (${openings(kind)}) opened on ${out(col(CanAccess, 'actions', 'e'))}::jsonb ? opened.action
    where ${among('e.start_id', sql`select gid from member`)} and ${isGrantAlive('e', now)}`;
}

/** What each action opens on a kind of resource, as rows `action`, `permission`. */
export function openings(kind: Grantable): Sql {
  const pairs = GRANT_ACTIONS.flatMap((action) =>
    openedBy(kind, [action]).map((permission) => ({ action, permission })),
  );
  const actions = pairs.map(({ action }) => action);
  const permissions = pairs.map(({ permission }) => permission);
  return sql`select * from unnest(${actions}::text[], ${permissions}::text[]) as opening (action, permission)`;
}
