import type { CredentialSubject } from './credential-subject.js';
import { at, flag, is, principalOf, text } from './principal-source.js';

/**
 * Whether credentials and their principals are alive, in which organizations they are looked at, and under which version
 * permissions stand: all that must be asked of the database on every request once a permission set is known. One
 * statement for any number of requests, each of which is a place in four lists: slugs of organizations (agtype, null for
 * none), what the credentials are found by, the principals they are for (agtype), and ids of access tokens. Answers have
 * the place of their question in `n`, from 1; where the credential is gone there is none.
 */
export const LIVENESS: Record<CredentialSubject['kind'], string> = {
  session: livenessSql('session'),
  api_key: livenessSql('api_key'),
  client: livenessSql('client'),
};

function livenessSql(kind: CredentialSubject['kind']): string {
  const values = { credential: 'asked.credential', principal: 'asked.principal', token: 'asked.token' };
  return `
select asked.n::int as n, principal.*, ${text('o', 'id')} as organization_id,
  coalesce(${flag('o', 'require_mfa')}, false) as organization_requires_mfa,
  (select version from imbi_system.access_version)::text as version,
  null::boolean as roles_require_mfa, null::text[] as permissions, null::text[] as granted_actions
from unnest($1::ag_catalog.agtype[], $2::ag_catalog.agtype[], $3::ag_catalog.agtype[], $4::text[])
  with ordinality as asked (slug, credential, principal, token, n)
cross join lateral (${principalOf(kind, values)}) principal
left join imbi."Organization" o on ${is(at('o', 'slug'), 'asked.slug')} and ${at('o', 'deletion_id')} is null`;
}
