import fc from 'fast-check';

/** A random graph of who may do what; everything by index. `null` as a place is everywhere. */
export interface AccessShape {
  readonly organizations: number;
  readonly users: readonly { readonly isActive: boolean; readonly isAdmin: boolean }[];
  readonly groups: number;
  readonly roles: number;
  /** Each in an organization. */
  readonly projects: readonly number[];
  readonly userInGroup: readonly (readonly [number, number])[];
  readonly groupInGroup: readonly (readonly [number, number])[];
  readonly userRole: readonly (readonly [number, number, number | null])[];
  readonly groupRole: readonly (readonly [number, number, number | null])[];
  readonly inherits: readonly (readonly [number, number])[];
  /** Which role grants which of {@link PERMISSIONS_OF_GRAPHS}. */
  readonly grants: readonly (readonly [number, number])[];
  readonly userAccess: readonly Access[];
  readonly groupAccess: readonly Access[];
  /** Scopes of a key of each user, of {@link PERMISSIONS_OF_GRAPHS}. */
  readonly scopes: readonly (readonly number[])[];
}

export interface Access {
  readonly holder: number;
  readonly project: number;
  readonly actions: readonly string[];
  /** Seconds from now; null for never. */
  readonly expiresIn: number | null;
}

/** What projects are guarded by, and one permission that no grant opens. */
export const PERMISSIONS_OF_GRAPHS = [
  'project:read',
  'project:write',
  'project:delete',
  'project:create',
  'project:grant',
  'team:read',
];

const OPENS: Readonly<Record<string, readonly string[]>> = {
  read: ['project:read'],
  write: ['project:write'],
  delete: ['project:delete'],
  admin: ['project:read', 'project:write', 'project:delete', 'project:grant'],
};

/** Where something is asked about: an organization, or a project of one; both null is everywhere. */
export interface Place {
  readonly organization: number | null;
  readonly project: number | null;
}

/**
 * What every statement must agree with: the rules of access, written down without any cleverness. The permissions of a
 * user in a place, by roles and by grants on the project, within the scopes of a key where one is used.
 */
export function referenceAccess(shape: AccessShape, user: number, place: Place, scopes?: readonly number[]): string[] {
  const { isActive, isAdmin } = shape.users[user] ?? { isActive: false, isAdmin: false };
  if (!isActive) return [];
  const within = (permission: string) =>
    scopes === undefined || scopes.some((scope) => PERMISSIONS_OF_GRAPHS[scope] === permission);
  if (isAdmin) return PERMISSIONS_OF_GRAPHS.filter(within);
  const groups = reach(
    shape.userInGroup.filter(([from]) => from === user).map(([, group]) => group),
    shape.groupInGroup,
  );
  return accessOf(shape, place, { user, groups }).filter(within);
}

/** The same of a group, which stands for whoever would be in it alone. */
export function referenceGroupAccess(shape: AccessShape, group: number, place: Place): string[] {
  return accessOf(shape, place, { groups: reach([group], shape.groupInGroup) });
}

function accessOf(shape: AccessShape, place: Place, holder: { user?: number; groups: ReadonlySet<number> }): string[] {
  const counts = (where: number | null) => where === null || where === place.organization;
  const held = [
    ...shape.userRole.filter(([from, , where]) => from === holder.user && counts(where)),
    ...shape.groupRole.filter(([from, , where]) => holder.groups.has(from) && counts(where)),
  ];
  const roles = reach(
    held.map(([, role]) => role),
    shape.inherits,
  );
  const byRole = shape.grants
    .filter(([role]) => roles.has(role))
    .map(([, index]) => PERMISSIONS_OF_GRAPHS[index] ?? '');
  const granted = [
    ...shape.userAccess.filter((access) => access.holder === holder.user),
    ...shape.groupAccess.filter((access) => holder.groups.has(access.holder)),
  ].filter(({ project, expiresIn }) => project === place.project && (expiresIn === null || expiresIn > 0));
  const byGrant = granted.flatMap(({ actions }) => actions.flatMap((action) => OPENS[action] ?? []));
  return PERMISSIONS_OF_GRAPHS.filter((permission) => byRole.includes(permission) || byGrant.includes(permission));
}

function reach(start: readonly number[], edges: readonly (readonly [number, number])[]): Set<number> {
  const found = new Set(start);
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const [from, to] of edges) if (found.has(from)) found.add(to);
  }
  return found;
}

/** Every place of a shape. */
export function placesOf(shape: AccessShape): Place[] {
  return [
    { organization: null, project: null },
    ...Array.from({ length: shape.organizations }, (_, organization) => ({ organization, project: null })),
    ...shape.projects.map((organization, project) => ({ organization, project })),
  ];
}

export const accessShapes: fc.Arbitrary<AccessShape> = fc
  .record({
    organizations: fc.integer({ min: 1, max: 3 }),
    users: fc.array(
      fc.record({
        isActive: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
        isAdmin: fc.oneof({ weight: 7, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    groups: fc.integer({ min: 1, max: 5 }),
    roles: fc.integer({ min: 1, max: 5 }),
  })
  .chain(({ organizations, users, groups, roles }) => {
    const pairs = (from: number, to: number, maxLength: number) =>
      fc.uniqueArray(fc.tuple(fc.nat(from - 1), fc.nat(to - 1)), { maxLength, selector: String });
    // No circles: they are refused where groups and roles are edited.
    const down = (count: number, maxLength: number) =>
      pairs(count, count, maxLength).map((edges) => edges.filter(([from, to]) => from < to));
    const assigned = (from: number, maxLength: number) =>
      fc.uniqueArray(fc.tuple(fc.nat(from - 1), fc.nat(roles - 1), fc.option(fc.nat(organizations - 1))), {
        maxLength,
        selector: String,
      });
    return fc.array(fc.nat(organizations - 1), { minLength: 1, maxLength: 3 }).chain((projects) => {
      const access = (holders: number) =>
        fc.uniqueArray(
          fc.record({
            holder: fc.nat(holders - 1),
            project: fc.nat(projects.length - 1),
            actions: fc.uniqueArray(fc.constantFrom('read', 'write', 'delete', 'admin'), {
              minLength: 1,
              maxLength: 2,
            }),
            expiresIn: fc.constantFrom(null, null, 3600, -3600),
          }),
          { maxLength: 4, selector: ({ holder, project }) => `${holder} ${project}` },
        );
      return fc.record({
        organizations: fc.constant(organizations),
        users: fc.constant(users),
        groups: fc.constant(groups),
        roles: fc.constant(roles),
        projects: fc.constant(projects),
        userInGroup: pairs(users.length, groups, 5),
        groupInGroup: down(groups, 8),
        userRole: assigned(users.length, 4),
        groupRole: assigned(groups, 6),
        inherits: down(roles, 6),
        grants: pairs(roles, PERMISSIONS_OF_GRAPHS.length, 9),
        userAccess: access(users.length),
        groupAccess: access(groups),
        scopes: fc.tuple(
          ...users.map(() => fc.uniqueArray(fc.nat(PERMISSIONS_OF_GRAPHS.length - 1), { maxLength: 4 })),
        ),
      });
    });
  });
