import { Injectable } from '@nestjs/common';
import { CompiledQuery } from 'kysely';
import { Database } from '#libs/database';
import { encodeAgtype } from '#libs/graph';

/** What is asked about one caller. */
export interface PrincipalQuestion {
  readonly sessionId: string;
  readonly userId: string;
  /** Null where the URL names no organization. */
  readonly organization: string | null;
  /** What an earlier answer was good for: then the permissions are not computed again. */
  readonly known?: { readonly version: string; readonly organizationId: string | null };
}

/** The one row that a request's authentication and authorization need. Times are RFC 3339 texts. */
export interface PrincipalRow {
  readonly expires_at: string;
  readonly last_seen_at: string;
  readonly ended_at: string | null;
  readonly email: string;
  readonly display_name: string;
  readonly is_active: boolean;
  readonly is_admin: boolean;
  readonly organization_id: string | null;
  readonly version: string;
  /** Null where `known` still holds, and for administrators, who need none. */
  readonly permissions: readonly string[] | null;
}

const at = (alias: string, property: string) =>
  `ag_catalog.agtype_access_operator(${alias}.properties, '"${property}"'::ag_catalog.agtype)`;
const text = (alias: string, property: string) => `(${at(alias, property)})::text`;
const flag = (alias: string, property: string) =>
  `coalesce(${at(alias, property)} operator(ag_catalog.=) 'true'::ag_catalog.agtype, false)`;

/**
 * Parameters: session id, user id, organization slug (agtype, null for none), known version, known organization id.
 * An organization that is being deleted counts as none.
 * Every step is by an index: session and user by id, organization by slug, then the edges by their start. From one step
 * to the next the rows go as arrays, of which the planner expects ten elements: its guess at the size of a recursive
 * query is a hundredfold too high, and from there it would come to sequential scans and to compiling (jit) each call.
 * The version is read as a scalar for the same reason: it must be known to be one row, or hash tables are made for many.
 */
export const PRINCIPAL_SQL = `
with recursive place as materialized (
  select ${text('o', 'id')} as id, ${at('o', 'id')} as key
  from imbi."Organization" o where ${at('o', 'slug')} operator(ag_catalog.=) $3::ag_catalog.agtype
    and ${at('o', 'deletion_id')} is null
), principal as materialized (
  select u.id as gid, ${text('s', 'expires_at')} as expires_at, ${text('s', 'last_seen_at')} as last_seen_at,
    ${text('s', 'ended_at')} as ended_at, ${text('u', 'email')} as email, ${text('u', 'display_name')} as display_name,
    ${flag('u', 'is_active')} as is_active, ${flag('u', 'is_admin')} as is_admin
  from imbi."Session" s, imbi."User" u
  where ${at('s', 'id')} operator(ag_catalog.=) $1::ag_catalog.agtype
    and ${at('u', 'id')} operator(ag_catalog.=) $2::ag_catalog.agtype
    and ${text('s', 'user_id')} = ${text('u', 'id')}
), state as materialized (
  select version, version is distinct from $4::bigint or (select id from place) is distinct from $5::text as is_new
  from (select (select version from imbi_system.access_version) as version) one
), membership (gid) as (
  select principal.gid from principal, state where state.is_new and principal.is_active and not principal.is_admin
  union
  select edge.end_id from membership m
  cross join lateral (
    select e.end_id from imbi."MEMBER_OF" e where e.start_id operator(ag_catalog.=) m.gid offset 0
  ) edge
), role (gid) as (
  select e.end_id from imbi."HAS_ROLE" e
  where e.start_id operator(ag_catalog.=) any(array(select gid from membership))
    and (${at('e', 'organization_id')} is null
      or ${at('e', 'organization_id')} operator(ag_catalog.=) (select key from place))
  union
  select edge.end_id from role r
  cross join lateral (
    select e.end_id from imbi."INHERITS_FROM" e where e.start_id operator(ag_catalog.=) r.gid offset 0
  ) edge
)
select principal.expires_at, principal.last_seen_at, principal.ended_at, principal.email, principal.display_name,
  principal.is_active, principal.is_admin, (select id from place) as organization_id, state.version::text as version,
  case when state.is_new and not principal.is_admin then array(
    select ${text('p', 'name')} from imbi."Permission" p
    where p.id operator(ag_catalog.=) any(array(
      select e.end_id from imbi."GRANTS" e where e.start_id operator(ag_catalog.=) any(array(select gid from role))
    ))
  ) end as permissions
from principal, state`;

/** Answers {@link PrincipalQuestion} by exactly one prepared statement. */
@Injectable()
export class PrincipalsReadModel {
  constructor(private readonly database: Database) {}

  /** Undefined where the session does not exist or is another user's. */
  async find(question: PrincipalQuestion): Promise<PrincipalRow | undefined> {
    const { sessionId, userId, organization, known } = question;
    const [row] = await this.database.execute(
      CompiledQuery.raw(PRINCIPAL_SQL, [
        encodeAgtype(sessionId),
        encodeAgtype(userId),
        organization === null ? null : encodeAgtype(organization),
        known?.version ?? '0',
        known?.organizationId ?? null,
      ]) as CompiledQuery<PrincipalRow>,
    );
    return row;
  }
}
