import type { CredentialSubject } from './credential-subject.js';
import { at, flag, is, json, principalOf, text } from './principal-source.js';

/** How many parameters each kind of credential takes: $1 and those after $4. */
const PARAMETERS: Record<CredentialSubject['kind'], number> = { session: 5, api_key: 4, client: 6 };

/** Vertices with this label, found by this property. */
interface GuardedVertex {
  readonly label: string;
  readonly by: 'id' | 'slug';
}

/** The vertices that a request is about: by their labels, and what names the resource. */
export interface PlaceLabels {
  readonly resource?: GuardedVertex;
  readonly home?: string;
}

const LABEL = /^[A-Za-z_]+$/;
const statements = new Map<string, string>();

/**
 * The one statement that authenticates and authorizes a request. Parameters: what the credential is found by; the
 * organization's slug (agtype, null for none); the version and the organization id that permissions are known for; then
 * what the kind of credential needs; then, where the URL names a resource of the organization, its id or slug
 * (agtype) and the present time; then the id (agtype) of the vertex (of label `home`) whose organization it is about. An organization that is being deleted counts as none.
 *
 * Every step is by an index: credential and principal by id, organization by slug, then the edges by their start. From
 * one step to the next the rows go as arrays, of which the planner expects ten elements: its guess at the size of a
 * recursive query is a hundredfold too high, and from there it would come to sequential scans and to compiling (jit)
 * each call. The version is read as a scalar for the same reason: it must be known to be one row, or hash tables are
 * made for many. Administrators are evaluated too, who need no permission: their roles may ask for a second factor, and
 * on the day when they are no longer administrators what is remembered must be right. The groups of a principal are followed only where permissions must be computed, or where anybody at
 * all was granted the resource.
 */
export function principalSql(credential: CredentialSubject['kind'], labels: PlaceLabels = {}): string {
  const { resource, home = '' } = labels;
  const key = [credential, resource?.label ?? '', resource?.by ?? '', home].join(' ');
  const known = statements.get(key);
  if (known !== undefined) return known;
  const statement = write(credential, labels);
  statements.set(key, statement);
  return statement;
}

function write(credential: CredentialSubject['kind'], { resource, home }: PlaceLabels): string {
  const homeParameter = PARAMETERS[credential] + (resource === undefined ? 1 : 3);
  const isNew = resource === undefined ? 'state.is_new' : '(state.is_new or exists (select from resource_grant))';
  return `
with recursive place as materialized (
  select ${text('o', 'id')} as id, ${at('o', 'id')} as key, ${flag('o', 'require_mfa')} as require_mfa
  from imbi."Organization" o where ${home === undefined ? is(at('o', 'slug'), '$2::ag_catalog.agtype') : isHomeOf(home, homeParameter)}
    and ${at('o', 'deletion_id')} is null
), principal as materialized (
  ${principalOf(credential, { credential: '$1::ag_catalog.agtype', principal: '$5::ag_catalog.agtype', token: '$6' })}
), state as materialized (
  select version, version is distinct from $3::bigint or (select id from place) is distinct from $4::text as is_new
  from (select (select version from imbi_system.access_version) as version) one
)${resource === undefined ? '' : resourceGrants(credential, resource)}, membership (gid) as (
  select principal.gid from principal, state where ${isNew} and principal.is_active
  union
  select edge.end_id from membership m
  cross join lateral (
    select e.end_id from imbi."MEMBER_OF" e where e.start_id operator(ag_catalog.=) m.gid offset 0
  ) edge
), role (gid) as (
  select e.end_id from imbi."HAS_ROLE" e, state
  where state.is_new and e.start_id operator(ag_catalog.=) any(array(select gid from membership))
    and (${at('e', 'organization_id')} is null
      or ${is(at('e', 'organization_id'), '(select key from place)')})
  union
  select edge.end_id from role r
  cross join lateral (
    select e.end_id from imbi."INHERITS_FROM" e where e.start_id operator(ag_catalog.=) r.gid offset 0
  ) edge
)
select principal.kind, principal.id, principal.name, principal.email, principal.is_active, principal.is_admin,
  principal.expires_at, principal.last_seen_at, principal.ended_at, principal.scopes, principal.secret_mac,
  principal.previous_mac, principal.previous_until, principal.last_used_at, principal.requests_per_minute,
  principal.mfa_at,
  (select id from place) as organization_id, state.version::text as version,
  coalesce((select require_mfa from place), false) as organization_requires_mfa,
  case when state.is_new then exists (
    select from imbi."Role" r
    where r.id operator(ag_catalog.=) any(array(select gid from role)) and ${flag('r', 'require_mfa')}
  ) end as roles_require_mfa,
  case when state.is_new then array(
    select ${text('p', 'name')} from imbi."Permission" p
    where p.id operator(ag_catalog.=) any(array(
      select e.end_id from imbi."GRANTS" e where e.start_id operator(ag_catalog.=) any(array(select gid from role))
    ))
  ) end as permissions,
  ${
    resource === undefined
      ? 'null::text[]'
      : `array(
    select g.actions from resource_grant g where g.start_id operator(ag_catalog.=) any(array(select gid from membership))
  )`
  } as granted_actions
from principal, state`;
}

// $2 is given all the same, so that the parameters have their numbers; null is equal to nothing.
function isHomeOf(label: string, parameter: number): string {
  assertLabel(label);
  return `$2::ag_catalog.agtype is null and ${at('o', 'id')} operator(ag_catalog.=) (
    select ${at('v', 'organization_id')} from imbi."${label}" v where ${is(at('v', 'id'), `$${parameter}::ag_catalog.agtype`)}
  )`;
}

function assertLabel(label: string): void {
  if (!LABEL.test(label)) throw new Error(`"${label}" is no label of vertices.`);
}

function resourceGrants(credential: CredentialSubject['kind'], { label, by }: GuardedVertex): string {
  assertLabel(label);
  const key = PARAMETERS[credential] + 1;
  return `, resource_grant as materialized (
  select e.start_id, ${json('e', 'actions')} as actions from imbi."CAN_ACCESS" e
  where e.end_id operator(ag_catalog.=) (
    select v.id from imbi."${label}" v where ${is(at('v', by), `$${key}::ag_catalog.agtype`)}
      and ${is(at('v', 'organization_id'), '(select key from place)')}
  ) and (${at('e', 'expires_at')} is null or ${text('e', 'expires_at')} collate "C" > $${key + 1})
)`;
}
