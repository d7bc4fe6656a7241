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
  less,
  namedCol,
  out,
  ref,
  type Sql,
  tableOf,
  textOf,
  type VertexRef,
} from '#libs/graph';
import { PRINCIPAL_KINDS, type PrincipalKind, type PrincipalReference } from '../principal/principal-reference.js';
import { CanAccess } from './grant.edge.js';
import type { Grantable } from './grant-kinds.js';

/** A resource that grants are on. */
export interface GrantedResource {
  readonly kind: Grantable;
  readonly id: string;
  readonly organizationId: string;
}

/** A grant as lists show it; `actions` is JSON. */
export interface GrantRow {
  readonly kind: string;
  readonly id: string;
  readonly slug: string | null;
  readonly name: string;
  readonly actions: string;
  readonly granted_by: string;
  readonly granted_at: string;
  readonly expires_at: string | null;
}

/** A grant that was removed because its time was over. */
export interface ExpiredGrant {
  readonly from: string;
  readonly to: string;
  readonly label: string;
  readonly organizationId: string;
  readonly expires_at: string | null;
}

interface GrantPage {
  readonly after?: { readonly name: string; readonly id: string };
  readonly descending: boolean;
  readonly limit: number;
}

/** The CAN_ACCESS edges of resources. */
@Injectable()
export class GrantsRepository {
  constructor(private readonly graph: Graph) {}

  async findResource(
    reader: GraphReader,
    kind: Grantable,
    organizationId: string,
    key: string,
  ): Promise<GrantedResource | undefined> {
    const [row] = await reader.run<{ id: string }>(sql`
      select ${textOf(idOf('v'))} as id from ${tableOf(kind.definition)} v
      where ${equal(namedCol(kind.definition, kind.by, 'v'), encode(key))}
        and ${equal(namedCol(kind.definition, 'organization_id', 'v'), encode(organizationId))}`);
    return row && { kind, id: row.id, organizationId };
  }

  /** The vertex of a principal, kept from other writers until the transaction ends. */
  async lockPrincipal(tx: GraphTransaction, { kind, key }: PrincipalReference): Promise<VertexRef | undefined> {
    const { definition, by } = kind;
    const [row] = await tx.run<{ id: string }>(sql`
      select ${textOf(idOf('v'))} as id from ${tableOf(definition)} v
      where ${equal(namedCol(definition, by, 'v'), encode(key))} for no key update`);
    return row && ref(definition, row.id);
  }

  /** By the name of who was granted, then by their id. */
  async list(resource: GrantedResource, { after, descending, limit }: GrantPage): Promise<GrantRow[]> {
    const [behind, direction] = descending ? [sql`<`, sql`desc`] : [sql`>`, sql`asc`];
    return this.graph.read.run<GrantRow>(sql`
      select kind, id, slug, name, actions, granted_by, granted_at, expires_at
      from (${sql.join(
        PRINCIPAL_KINDS.map((kind) => granted(kind, resource)),
        sql` union all `,
      )}) g
      where ${after ? sql`(name, id) ${behind} (${after.name}, ${after.id})` : sql`true`}
      order by name ${direction}, id ${direction} limit ${limit}`);
  }

  /** Removes at most `limit` grants that expired before a time, and says which. */
  async removeExpired(tx: GraphTransaction, before: Date, limit: number): Promise<ExpiredGrant[]> {
    const rows = await tx.run<Omit<ExpiredGrant, 'expires_at'>>(sql`
      select ${textOf(idOf('f'))} as "from", ${textOf(idOf('t'))} as "to",
        (select c.relname::text from pg_catalog.pg_class c where c.oid = t.tableoid) as label,
        ${textOf(organizationIdOf('t'))} as "organizationId"
      from (
        select e.start_id, e.end_id from ${tableOf(CanAccess)} e
        where ${less(col(CanAccess, 'expires_at', 'e'), encode(before.toISOString()))} limit ${limit}
      ) e
      join ${ANY_VERTEX} f on ${equal(sql.ref('f.id'), sql.ref('e.start_id'))}
      join ${ANY_VERTEX} t on ${equal(sql.ref('t.id'), sql.ref('e.end_id'))}`);
    const removed: ExpiredGrant[] = [];
    for (const row of rows) {
      const [edge] = await tx.disconnect(CanAccess, { from: [row.from], to: [row.to] });
      if (edge) removed.push({ ...row, expires_at: edge.properties.expires_at });
    }
    return removed;
  }
}

// Every label's table inherits from this one: reading it reads all of them, each by its own index.
const ANY_VERTEX = sql.id('imbi', '_ag_label_vertex');

function organizationIdOf(alias: string): Sql {
  return sql`ag_catalog.agtype_access_operator(${sql.ref(`${alias}.properties`)}, '"organization_id"'::ag_catalog.agtype)`;
}

function granted({ name, definition, title, by }: PrincipalKind, { kind, id }: GrantedResource): Sql {
  return sql`select ${sql.lit(name)} as kind, ${textOf(idOf('v'))} collate "C" as id,
      ${by === 'slug' ? textOf(namedCol(definition, 'slug', 'v')) : sql`null::text`} as slug,
      ${textOf(namedCol(definition, title, 'v'))} collate "C" as name,
      ${out(col(CanAccess, 'actions', 'e'))} as actions, ${textOf(col(CanAccess, 'granted_by', 'e'))} as granted_by,
      ${textOf(col(CanAccess, 'granted_at', 'e'))} as granted_at, ${textOf(col(CanAccess, 'expires_at', 'e'))} as expires_at
    from ${tableOf(kind.definition)} r
    join ${tableOf(CanAccess)} e on ${equal(sql.ref('e.end_id'), sql.ref('r.id'))}
    join ${tableOf(definition)} v on ${equal(sql.ref('v.id'), sql.ref('e.start_id'))}
    where ${equal(idOf('r'), encode(id))}`;
}
