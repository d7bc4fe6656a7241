import type { ProvenIdentity } from '../client/provider-client.js';
import type { SignInProvider } from '../provider/provider-registry.js';

type Rule = Pick<SignInProvider, 'type' | 'allowedDomains'>;
type Claims = Pick<ProvenIdentity, 'email' | 'isEmailVerified' | 'hostedDomain'>;

/**
 * Whether an account may come in by a provider. Where the provider is for certain domains, the account must verifiably
 * belong to one: by Google's `hd`, because anybody can have a Google account with any address; else by a verified
 * e-mail address.
 */
export function isDomainAllowed({ type, allowedDomains }: Rule, claims: Claims): boolean {
  if (allowedDomains.length === 0) return true;
  if (type === 'google') return allowedDomains.includes(claims.hostedDomain?.toLowerCase() ?? '');
  return isEmailInAllowedDomain({ type, allowedDomains }, claims);
}

/** Whether an e-mail address proves who somebody is: verified, and of a domain that the provider is known to speak for. */
export function isEmailInAllowedDomain({ type, allowedDomains }: Rule, claims: Claims): boolean {
  const { email, isEmailVerified, hostedDomain } = claims;
  const domain = email?.slice(email.lastIndexOf('@') + 1).toLowerCase() ?? '';
  if (!isEmailVerified || !allowedDomains.includes(domain)) return false;
  return type !== 'google' || allowedDomains.includes(hostedDomain?.toLowerCase() ?? '');
}
