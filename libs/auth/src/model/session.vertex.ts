import { defineEdge, defineVertex, property } from '#libs/graph';
import { User } from './identity.vertex.js';

/** One sign-in. It is alive until `ended_at` is set, `expires_at` has come, or nobody refreshed it for the idle time. */
export const Session = defineVertex('Session', {
  properties: {
    /** What SESSION_FOR says, for look-ups that must not follow an edge. */
    user_id: property.id(),
    device_label: property.text({ maxLength: 200, optional: true }),
    ip: property.text({ maxLength: 64, optional: true }),
    user_agent: property.text({ maxLength: 500, optional: true }),
    last_seen_at: property.timestamp({ description: 'Sign-in or last refresh.' }),
    expires_at: property.timestamp(),
    mfa_at: property.timestamp({ optional: true, description: 'When a second factor was shown.' }),
    ended_at: property.timestamp({ optional: true }),
    end_reason: property.oneOf(['logout', 'revoked', 'limit', 'token_reuse', 'credentials_changed'], {
      optional: true,
    }),
  },
  indexes: [
    ['user_id', 'created_at', 'id'],
    ['ended_at', 'id'],
    ['expires_at', 'id'],
  ],
});

/** A single-use refresh token; all tokens of a session are one family. */
export const RefreshToken = defineVertex('RefreshToken', {
  properties: {
    jti: property.id(),
    family: property.id(),
    session_id: property.id(),
    token_hash: property.secret(),
    /** From this, the token itself and a key of the installation its successor is made. */
    salt: property.secret(),
    expires_at: property.timestamp(),
    spent_at: property.timestamp({ optional: true }),
    /** Digest of the client that spent it. */
    spent_by: property.secret({ optional: true }),
  },
  unique: [['token_hash'], ['jti']],
  indexes: [['session_id'], ['spent_at', 'id']],
  // A new one at each refresh of each session; that they were exchanged is in the audit log.
  history: 'none',
});

export const SessionFor = defineEdge('SESSION_FOR', { from: Session, to: User, unique: 'start' });

export const IssuedTo = defineEdge('ISSUED_TO', {
  from: RefreshToken,
  to: User,
  unique: 'start',
  history: 'none',
});
