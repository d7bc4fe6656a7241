import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { isDomainAllowed, isEmailInAllowedDomain } from './domain-rule.js';

const none = { email: undefined, isEmailVerified: false, hostedDomain: undefined };
const closed = { type: 'oidc', allowedDomains: ['example.org'] } as const;
const google = { type: 'google', allowedDomains: ['example.org'] } as const;
const of = (email: string, more: object = {}) => ({ ...none, email, isEmailVerified: true, ...more });

describe('isDomainAllowed', () => {
  it('lets everybody in where no domain is named', () => {
    expect(isDomainAllowed({ type: 'oidc', allowedDomains: [] }, none)).toBe(true);
  });

  it.each([
    [of('a@example.org'), true],
    [of('a@EXAMPLE.ORG'), true],
    [of('"a@evil.example"@example.org'), true],
    [of('a@example.org', { isEmailVerified: false }), false],
    [of('a@sub.example.org'), false],
    [of('a@example.org.evil.example'), false],
    [of('a@evilexample.org'), false],
    [of('a@example.org@evil.example'), false],
    [of('example.org@evil.example'), false],
    [of('a@'), false],
    [of('\u212aate@example.org'), false],
    [of('a@e\uff58ample.org'), false],
    [none, false],
    [{ ...none, hostedDomain: 'example.org' }, false],
  ])('looks at the verified address: %j', (claims, isAllowed) => {
    expect(isDomainAllowed(closed, claims)).toBe(isAllowed);
    expect(isEmailInAllowedDomain(closed, claims)).toBe(isAllowed);
  });

  it.each([
    [of('a@example.org'), false],
    [of('a@gmail.com', { hostedDomain: 'example.org' }), true],
    [of('a@example.org', { hostedDomain: 'evil.example' }), false],
  ])('looks at the hosted domain of Google: %j', (claims, isAllowed) => {
    expect(isDomainAllowed(google, claims)).toBe(isAllowed);
  });

  it('takes an address of Google’s for proof only together with the hosted domain', () => {
    expect(isEmailInAllowedDomain(google, of('a@example.org'))).toBe(false);
    expect(isEmailInAllowedDomain(google, of('a@gmail.com', { hostedDomain: 'example.org' }))).toBe(false);
    expect(isEmailInAllowedDomain(google, of('a@example.org', { hostedDomain: 'example.org' }))).toBe(true);
  });

  it('takes no letter for one of ours that becomes it in lower case', () => {
    expect('\u212a'.toLowerCase()).toBe('k');
    const rule = { type: 'oidc', allowedDomains: ['kelvin.example'] } as const;
    expect(isDomainAllowed(rule, of('a@kelvin.example'))).toBe(true);
    expect(isDomainAllowed(rule, of('a@\u212aelvin.example'))).toBe(false);
    expect(isDomainAllowed({ ...rule, type: 'google' }, { ...none, hostedDomain: '\u212aelvin.example' })).toBe(false);
  });

  it('never takes an unverified address for proof', () => {
    fc.assert(
      fc.property(fc.emailAddress(), fc.constantFrom('oidc', 'google', 'github'), (email, type) => {
        const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase();
        const rule = { type, allowedDomains: [domain] } as const;
        expect(isEmailInAllowedDomain(rule, { email, isEmailVerified: false, hostedDomain: domain })).toBe(false);
      }),
    );
  });
});
