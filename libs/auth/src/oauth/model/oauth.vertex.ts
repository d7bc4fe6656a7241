import { defineEdge, defineVertex, property } from '#libs/graph';
import { User } from '../../model/identity.vertex.js';

export const PROVIDER_TYPES = ['google', 'github', 'oidc'] as const;

/** Whom users may sign in with, besides a password. */
export const OAuthProvider = defineVertex('OAuthProvider', {
  properties: {
    slug: property.slug(),
    type: property.oneOf(PROVIDER_TYPES),
    name: property.text({ maxLength: 200 }),
    enabled: property.boolean(),
    client_id: property.text({ maxLength: 500 }),
    client_secret: property.encrypted({ optional: true }),
    /** Of GitHub: the address of a server of one's own. Unset where the type says it. */
    issuer_url: property.url({ optional: true }),
    allowed_domains: property.list(property.text({ maxLength: 253 }), { description: 'Empty lets every domain in.' }),
    icon: property.text({ maxLength: 2000, optional: true }),
  },
  unique: [['slug']],
  indexes: [
    ['name', 'id'],
    ['created_at', 'id'],
  ],
});

/** An account at a provider that signs its user in here. */
export const OAuthIdentity = defineVertex('OAuthIdentity', {
  properties: {
    /** What PROVIDED_BY and HAS_IDENTITY say, for look-ups that must not follow an edge. */
    provider_id: property.id(),
    user_id: property.id(),
    subject: property.text({ maxLength: 255, description: 'The account, in the words of the provider; never reused.' }),
    email: property.text({ maxLength: 254, optional: true, description: 'As the provider last said; never matched.' }),
    last_signed_in_at: property.timestamp({ optional: true }),
    access_token: property.encrypted({ optional: true }),
    refresh_token: property.encrypted({ optional: true }),
    tokens_expire_at: property.timestamp({ optional: true }),
  },
  unique: [['provider_id', 'subject']],
  indexes: [['user_id', 'created_at', 'id']],
});

export const HasIdentity = defineEdge('HAS_IDENTITY', { from: OAuthIdentity, to: User, unique: 'start' });

export const ProvidedBy = defineEdge('PROVIDED_BY', { from: OAuthIdentity, to: OAuthProvider, unique: 'start' });

export const oauthDefinitions = [OAuthProvider, OAuthIdentity, HasIdentity, ProvidedBy];
