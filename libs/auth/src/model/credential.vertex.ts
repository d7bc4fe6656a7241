import { defineEdge, defineVertex, property } from '#libs/graph';
import { ServiceAccount, User } from './identity.vertex.js';

/** What a key or a client has in common: who it acts for, what for at most, and how its secret is known again. */
const credential = {
  name: property.text({ maxLength: 200, description: 'What the owner calls it.' }),
  /** What HAS_KEY says, for look-ups that must not follow an edge. */
  owner_id: property.id(),
  /** HMAC of the secret under a key of the installation. */
  secret_mac: property.secret(),
  /** The secret before the last rotation, where it was given some time to go. */
  previous_mac: property.secret({ optional: true }),
  previous_until: property.timestamp({ optional: true }),
  scopes: property.list(property.text({ maxLength: 200 }), { description: 'The permissions it may use, at most.' }),
  expires_at: property.timestamp({ optional: true }),
  revoked_at: property.timestamp({ optional: true }),
  last_used_at: property.timestamp({ optional: true }),
};

/** A key for programs, of a user or a service account; sent with every call. */
export const ApiKey = defineVertex('ApiKey', {
  properties: {
    ...credential,
    key_id: property.text({ maxLength: 32, description: 'The public part of the key.' }),
    requests_per_minute: property.integer({
      optional: true,
      description: 'A limit of its own, set by an administrator.',
    }),
  },
  unique: [['key_id']],
  indexes: [['owner_id', 'created_at', 'id']],
});

/** OAuth 2.0 client of a service account; exchanged for short-lived access tokens. */
export const ClientCredential = defineVertex('ClientCredential', {
  properties: {
    ...credential,
    client_id: property.text({ maxLength: 32 }),
  },
  unique: [['client_id']],
  indexes: [['owner_id', 'created_at', 'id']],
});

export const HasKey = defineEdge('HAS_KEY', {
  from: [ApiKey, ClientCredential],
  to: [User, ServiceAccount],
  unique: 'start',
});
