import { defineEdge, property } from '#libs/graph';
import { Group, Permission, Role, ServiceAccount, User } from './identity.vertex.js';

/** Principals in groups, groups in groups, and users in the teams of the catalogue. */
export const MemberOf = defineEdge('MEMBER_OF', { from: [User, ServiceAccount, Group], to: 'any' });

/** A role in one organization, or everywhere where `organization_id` is not set. */
export const HasRole = defineEdge('HAS_ROLE', {
  from: [User, ServiceAccount, Group],
  to: Role,
  properties: { organization_id: property.id({ optional: true }) },
  unique: 'none',
});

export const InheritsFrom = defineEdge('INHERITS_FROM', { from: Role, to: Role });

export const Grants = defineEdge('GRANTS', { from: Role, to: Permission });
