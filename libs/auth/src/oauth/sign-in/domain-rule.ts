import type { ProvenIdentity } from '../client/provider-client.js';
import type { SignInProvider } from '../provider/provider-registry.js';

const ASCII = /^[\x21-\x7e]+$/;

type Rule = Pick<SignInProvider, 'type' | 'allowedDomains'>;
type Claims = Pick<ProvenIdentity, 'email' | 'isEmailVerified' | 'hostedDomain'>;

/**
 * Whether an account may come in by a provider. Where the provider is for certain domains, the account must verifiably
 * belong to one: by Google's `hd`, because anybody can have a Google account with any address; else by a verified
 * e-mail address.
 */
export function isDomainAllowed({ type, allowedDomains }: Rule, claims: Claims): boolean {
  if (allowedDomains.length === 0) return true;
  if (type === 'google') return isAmong(allowedDomains, claims.hostedDomain);
  return isEmailInAllowedDomain({ type, allowedDomains }, claims);
}

/** Whether an e-mail address proves who somebody is: verified, and of a domain that the provider is known to speak for. */
export function isEmailInAllowedDomain({ type, allowedDomains }: Rule, claims: Claims): boolean {
  const { email, isEmailVerified, hostedDomain } = claims;
  if (!isEmailVerified || !isAmong(allowedDomains, email?.slice(email.lastIndexOf('@') + 1))) return false;
  // Lower case makes other letters of some that are none of ours (the Kelvin sign is a k), and so of one address another.
  if (!ASCII.test(email ?? '')) return false;
  return type !== 'google' || isAmong(allowedDomains, hostedDomain);
}

function isAmong(allowedDomains: readonly string[], domain: string | undefined): boolean {
  return domain !== undefined && ASCII.test(domain) && allowedDomains.includes(domain.toLowerCase());
}
