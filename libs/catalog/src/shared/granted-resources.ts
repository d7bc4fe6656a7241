import type { GuardedResource } from '#libs/http';

/** For routes of one project: who was granted it by itself may use them without a role in its organization. */
export const ON_PROJECT: { readonly resource: GuardedResource } = { resource: { label: 'Project', param: 'id' } };

/** The same for routes of one team. */
export const ON_TEAM: { readonly resource: GuardedResource } = {
  resource: { label: 'Team', param: 'slug', by: 'slug' },
};
