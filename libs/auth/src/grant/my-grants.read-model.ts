import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { col, encode, equal, Graph, idOf, namedCol, out, type Sql, tableOf, textOf } from '#libs/graph';
import { MemberOf } from '../model/identity.edge.js';
import { ORGANIZATION, organizationSlug } from '../permission/organization-sql.js';
import { PRINCIPAL_KINDS, type PrincipalKind } from '../principal/principal-reference.js';
import { CanAccess } from './grant.edge.js';
import { type Grantable, grantables } from './grant-kinds.js';
import { isGrantAlive } from './grant-sql.js';

/** A resource with who it was granted to; `actions` is JSON, `total` is there where it was asked for. */
export interface MyGrantRow {
  readonly resource_kind: string;
  readonly resource_id: string;
  readonly resource_slug: string;
  readonly resource_name: string;
  readonly organization: string;
  readonly kind: string;
  readonly id: string;
  readonly slug: string | null;
  readonly name: string;
  readonly actions: string;
  readonly expires_at: string | null;
  readonly total: string | null;
}

interface MyGrantsPage {
  readonly after?: { readonly name: string; readonly resource: string; readonly principal: string };
  readonly descending: boolean;
  readonly limit: number;
  readonly count: boolean;
}

@Injectable()
export class MyGrantsReadModel {
  constructor(private readonly graph: Graph) {}

  /** By name of the resource, its id, and the id of who it was granted to; in one statement, whatever the page. */
  async list(
    principal: { readonly kind: 'user' | 'service_account'; readonly id: string },
    now: Date,
    { after, descending, limit, count }: MyGrantsPage,
  ): Promise<MyGrantRow[]> {
    const kinds = grantables(this.graph.model);
    const start = PRINCIPAL_KINDS.find(({ name }) => name === principal.kind);
    if (!start || kinds.length === 0) return [];
    const [behind, direction] = descending ? [sql`<`, sql`desc`] : [sql`>`, sql`asc`];
    const position = sql`(resource_name, resource_id, id)`;
    return this.graph.read.run<MyGrantRow>(sql`
      with recursive member (gid) as (
        select p.id from ${tableOf(start.definition)} p where ${equal(idOf('p'), encode(principal.id))}
        union
        select e.end_id from member m join ${tableOf(MemberOf)} e on ${equal(sql.ref('e.start_id'), sql.ref('m.gid'))}
      ), holder as materialized (
        ${sql.join(PRINCIPAL_KINDS.map(holders), sql` union all `)}
      ), granted as materialized (
        ${sql.join(
          kinds.map((kind) => grantedOn(kind, now)),
          sql` union all `,
        )}
      )
      select granted.*, ${count ? sql`(select count(*)::text from granted)` : sql`null::text`} as total from granted
      where ${after ? sql`${position} ${behind} (${after.name}, ${after.resource}, ${after.principal})` : sql`true`}
      order by resource_name ${direction}, resource_id ${direction}, id ${direction} limit ${limit}`);
  }
}

function holders({ name, definition, title, by }: PrincipalKind): Sql {
  return sql`select v.id as gid, ${sql.lit(name)} as kind, ${textOf(idOf('v'))} collate "C" as id,
      ${by === 'slug' ? textOf(namedCol(definition, 'slug', 'v')) : sql`null::text`} as slug,
      ${textOf(namedCol(definition, title, 'v'))} as name
    from member m join ${tableOf(definition)} v on ${equal(sql.ref('v.id'), sql.ref('m.gid'))}`;
}

function grantedOn({ name, definition }: Grantable, now: Date): Sql {
  return sql`select ${sql.lit(name)} as resource_kind, ${textOf(idOf('v'))} collate "C" as resource_id,
      ${textOf(namedCol(definition, 'slug', 'v'))} as resource_slug,
      ${textOf(namedCol(definition, 'name', 'v'))} collate "C" as resource_name, ${organizationSlug('o')} as organization,
      h.kind, h.id, h.slug, h.name, ${out(col(CanAccess, 'actions', 'e'))} as actions,
      ${textOf(col(CanAccess, 'expires_at', 'e'))} as expires_at
    from holder h join ${tableOf(CanAccess)} e on ${equal(sql.ref('e.start_id'), sql.ref('h.gid'))}
    join ${tableOf(definition)} v on ${equal(sql.ref('v.id'), sql.ref('e.end_id'))}
    join ${ORGANIZATION} o on ${equal(idOf('o'), namedCol(definition, 'organization_id', 'v'))}
    where ${isGrantAlive('e', now)}`;
}
