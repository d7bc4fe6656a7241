import { defineEdge, property } from '#libs/graph';
import { Group, ServiceAccount, User } from '../model/identity.vertex.js';

export const GRANT_ACTIONS = ['read', 'write', 'delete', 'admin'] as const;

export type GrantAction = (typeof GRANT_ACTIONS)[number];

/** Access to one resource by itself, besides what roles give. What the actions open is in `grant-kinds.ts`. */
export const CanAccess = defineEdge('CAN_ACCESS', {
  from: [User, ServiceAccount, Group],
  to: 'any',
  properties: {
    actions: property.list(property.oneOf(GRANT_ACTIONS)),
    granted_by: property.text({ maxLength: 64, description: 'Id of who gave it.' }),
    granted_at: property.timestamp(),
    expires_at: property.timestamp({ optional: true }),
  },
});
