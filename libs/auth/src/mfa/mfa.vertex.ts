import { defineEdge, defineVertex, property } from '#libs/graph';
import { User } from '../model/identity.vertex.js';

/** A secret shared with an authenticator app. A user has at most one that is active and one that waits to be. */
export const TotpSecret = defineVertex('TotpSecret', {
  properties: {
    /** What MFA_FOR says, for look-ups that must not follow an edge. */
    user_id: property.id(),
    secret: property.encrypted(),
    active_since: property.timestamp({ optional: true, description: 'Unset until a code of it was seen.' }),
    last_step: property.integer({ description: 'The time step of the last code that was taken; none before counts.' }),
  },
  indexes: [['user_id']],
});

/** One code for when the authenticator app is lost; it works once. */
export const BackupCode = defineVertex('BackupCode', {
  properties: {
    user_id: property.id(),
    /** The secret it came with: it is of use only while that one is active. */
    totp_id: property.id(),
    /** The first character of the code: so that one hash is computed and not ten. */
    slot: property.text({ maxLength: 1 }),
    code_hash: property.secret(),
    used_at: property.timestamp({ optional: true }),
  },
  indexes: [['user_id']],
});

export const MfaFor = defineEdge('MFA_FOR', { from: [TotpSecret, BackupCode], to: User, unique: 'start' });
