import type { CredentialSubject } from './credential-subject.js';

export const at = (alias: string, property: string) =>
  `ag_catalog.agtype_access_operator(${alias}.properties, '"${property}"'::ag_catalog.agtype)`;
export const text = (alias: string, property: string) => `(${at(alias, property)})::text`;
/** Lists: AGE 1.5 casts only scalars to text. */
export const json = (alias: string, property: string) => `ag_catalog.agtype_out(${at(alias, property)})::text`;
export const flag = (alias: string, property: string) =>
  `coalesce(${at(alias, property)} operator(ag_catalog.=) 'true'::ag_catalog.agtype, false)`;
export const is = (left: string, right: string) => `${left} operator(ag_catalog.=) ${right}`;

const user = (
  alias: string,
  secondFactor = text(alias, 'mfa_enabled_at'),
) => `${alias}.id as gid, 'user' as kind, ${text(alias, 'id')} as id,
    ${text(alias, 'display_name')} as name, ${text(alias, 'email')} as email,
    ${flag(alias, 'is_active')} as is_active, ${flag(alias, 'is_admin')} as is_admin, ${secondFactor} as mfa_at`;
const serviceAccount = (alias: string) => `${alias}.id as gid, 'service_account' as kind, ${text(alias, 'id')} as id,
    ${text(alias, 'name')} as name, null::text as email,
    ${flag(alias, 'is_active')} as is_active, ${flag(alias, 'is_admin')} as is_admin, null::text as mfa_at`;
const secrets = (alias: string) => `${json(alias, 'scopes')} as scopes, ${text(alias, 'secret_mac')} as secret_mac,
    ${text(alias, 'previous_mac')} as previous_mac, ${text(alias, 'previous_until')} as previous_until,
    ${text(alias, 'last_used_at')} as last_used_at, ${text(alias, 'requests_per_minute')} as requests_per_minute`;
const NO_SECRETS = `null::text as scopes, null::text as secret_mac, null::text as previous_mac,
    null::text as previous_until, null::text as last_used_at, null::text as requests_per_minute`;

/** Where a statement has the values by which a credential is found. */
interface SubjectValues {
  /** Id of the session, public part of the key, or client id: agtype. */
  readonly credential: string;
  /** Id of the principal that the credential says it is for: agtype. Keys say nothing. */
  readonly principal: string;
  /** Id of a client's access token: text. */
  readonly token: string;
}

/** The select of a credential of each kind with the principal it is for: no row where there is none. */
export function principalOf(kind: CredentialSubject['kind'], values: SubjectValues): string {
  return SOURCES[kind](values);
}

const SOURCES: Record<CredentialSubject['kind'], (values: SubjectValues) => string> = {
  session: ({
    credential,
    principal,
  }) => `select ${user('u', text('s', 'mfa_at'))}, ${text('s', 'expires_at')} as expires_at,
    ${text('s', 'last_seen_at')} as last_seen_at, ${text('s', 'ended_at')} as ended_at, ${NO_SECRETS}
  from imbi."Session" s, imbi."User" u
  where ${is(at('s', 'id'), credential)} and ${is(at('u', 'id'), principal)}
    and ${text('s', 'user_id')} = ${text('u', 'id')}`,
  api_key: ({ credential }) => `select p.*, ${text('k', 'expires_at')} as expires_at, null::text as last_seen_at,
    ${text('k', 'revoked_at')} as ended_at, ${secrets('k')}
  from imbi."ApiKey" k cross join lateral (
    select ${user('u')} from imbi."User" u where ${is(at('u', 'id'), at('k', 'owner_id'))}
    union all
    select ${serviceAccount('a')} from imbi."ServiceAccount" a where ${is(at('a', 'id'), at('k', 'owner_id'))}
  ) p
  where ${is(at('k', 'key_id'), credential)}`,
  client: ({
    credential,
    principal,
    token,
  }) => `select ${serviceAccount('a')}, ${text('c', 'expires_at')} as expires_at,
    null::text as last_seen_at,
    coalesce(${text('c', 'revoked_at')}, (select r.revoked_at::text from imbi_system.revoked_tokens r where r.jti = ${token}))
      as ended_at, ${secrets('c')}
  from imbi."ClientCredential" c, imbi."ServiceAccount" a
  where ${is(at('c', 'client_id'), credential)} and ${is(at('a', 'id'), principal)}
    and ${text('c', 'owner_id')} = ${text('a', 'id')}`,
};
