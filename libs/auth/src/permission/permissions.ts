/** One permission the product knows, and which of the seeded roles hold it from the start. */
export interface PermissionDefinition {
  readonly name: string;
  readonly description: string;
  readonly roles: readonly ('admin' | 'developer' | 'viewer')[];
}

const ADMIN = ['admin'] as const;
const DEVELOPERS = ['admin', 'developer'] as const;
const EVERYBODY = ['admin', 'developer', 'viewer'] as const;

function resource(
  name: string,
  plural: string,
  holders: { read: PermissionDefinition['roles']; write: PermissionDefinition['roles'] },
): PermissionDefinition[] {
  return [
    { name: `${name}:read`, description: `See ${plural}.`, roles: holders.read },
    { name: `${name}:create`, description: `Add ${plural}.`, roles: holders.write },
    { name: `${name}:write`, description: `Change ${plural}.`, roles: holders.write },
    { name: `${name}:delete`, description: `Delete ${plural}.`, roles: holders.write },
  ];
}

/** Every permission of the platform and the catalogue; features that come later append theirs. */
export const PERMISSIONS: readonly PermissionDefinition[] = [
  ...resource('organization', 'organizations', { read: EVERYBODY, write: ADMIN }),
  ...resource('team', 'teams', { read: EVERYBODY, write: ADMIN }),
  { name: 'team:grant', description: 'Decide who may use a team without a role.', roles: ADMIN },
  ...resource('project_type', 'project types', { read: EVERYBODY, write: ADMIN }),
  ...resource('environment', 'environments', { read: EVERYBODY, write: ADMIN }),
  ...resource('link_definition', 'link definitions', { read: EVERYBODY, write: ADMIN }),
  ...resource('tag', 'tags', { read: EVERYBODY, write: DEVELOPERS }),
  ...resource('project', 'projects', { read: EVERYBODY, write: DEVELOPERS }),
  ...resource('scoring-policy', 'scoring policies', { read: EVERYBODY, write: ADMIN }),
  { name: 'upload:read', description: 'See uploaded files.', roles: EVERYBODY },
  { name: 'upload:create', description: 'Upload files.', roles: DEVELOPERS },
  { name: 'upload:delete', description: 'Delete uploaded files.', roles: DEVELOPERS },
  ...resource('blueprint', 'blueprints', { read: EVERYBODY, write: ADMIN }),
  { name: 'project:grant', description: 'Decide who may use a project without a role.', roles: ADMIN },
  ...resource('user', 'users', { read: ADMIN, write: ADMIN }),
  ...resource('group', 'groups', { read: ADMIN, write: ADMIN }),
  ...resource('service-account', 'service accounts, their keys and clients', { read: ADMIN, write: ADMIN }),
  ...resource('role', 'roles and what they grant', { read: ADMIN, write: ADMIN }),
  { name: 'access:read', description: 'See who may do what and why, and what a change would do to it.', roles: ADMIN },
  { name: 'graph:query', description: 'Run read-only Cypher over the whole graph.', roles: ADMIN },
  { name: 'queues:read', description: 'See queues and dead letters.', roles: ADMIN },
  { name: 'queues:write', description: 'Replay and discard dead letters.', roles: ADMIN },
  { name: 'email:read', description: 'See mails that could not be delivered, and previews.', roles: ADMIN },
  { name: 'email:write', description: 'Retry and discard mails that could not be delivered.', roles: ADMIN },
  {
    name: 'scoring-policy:simulate',
    description: 'Try out scoring policies on all projects.',
    roles: ADMIN,
  },
  { name: 'scoring:rescore', description: 'Have projects scored anew, and see how far that is.', roles: ADMIN },
  { name: 'audit:read', description: 'Read the audit log.', roles: ADMIN },
  { name: 'token:introspect', description: 'Ask what the tokens of others are good for.', roles: ADMIN },
  { name: 'oauth-providers:read', description: 'See how users may sign in.', roles: ADMIN },
  {
    name: 'oauth-providers:write',
    description: 'Decide how users may sign in, and by whom they are vouched for.',
    roles: ADMIN,
  },
];
