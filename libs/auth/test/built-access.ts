import { newId } from '#libs/common';
import { type GraphTransaction, ref } from '#libs/graph';
import { type AuthPlatform, TestOrganization, TestProject } from '#test/auth';
import { ApiKeyCodec } from '../src/api-key/api-key-codec.js';
import { CanAccess, type GrantAction } from '../src/grant/grant.edge.js';
import { ApiKey } from '../src/model/credential.vertex.js';
import { Grants, HasRole, InheritsFrom, MemberOf } from '../src/model/identity.edge.js';
import { Group, Permission, Role, User } from '../src/model/identity.vertex.js';
import { Session } from '../src/model/session.vertex.js';
import type { ApiKeySubject, SessionSubject } from '../src/principal/credential-subject.js';
import { type AccessShape, PERMISSIONS_OF_GRAPHS, type Place } from './access-graphs.js';

interface Named {
  readonly id: string;
  readonly slug: string;
}

/** An {@link AccessShape} in the database; everything by the same indexes. */
export interface BuiltAccess {
  readonly users: readonly { readonly id: string; readonly session: SessionSubject; readonly key: ApiKeySubject }[];
  readonly groups: readonly Named[];
  readonly roles: readonly Named[];
  readonly organizations: readonly Named[];
  readonly projects: readonly { readonly id: string; readonly organization: Named }[];
}

export async function insertPermissions({ graph }: AuthPlatform): Promise<void> {
  await graph.transaction((tx) =>
    tx.insertMany(
      Permission,
      PERMISSIONS_OF_GRAPHS.map((name) => ({ name })),
    ),
  );
}

/** Puts a shape into the graph, apart from everything that is there. */
export async function buildAccess(
  { graph }: AuthPlatform,
  codec: ApiKeyCodec,
  shape: AccessShape,
): Promise<BuiltAccess> {
  const tag = newId()
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '0');
  const many = <Item>(count: number, make: (index: number) => Item) => Array.from({ length: count }, (_, i) => make(i));
  const slugs = (count: number, name: string) =>
    many(count, (i) => ({ slug: `${tag}-${name}${i}`, name: `${name} ${i}` }));
  return graph.transaction(async (tx) => {
    const users = await tx.insertMany(
      User,
      shape.users.map(({ isActive, isAdmin }, i) => ({
        email: `${tag}-${i}@example.org`,
        email_key: `${tag}-${i}@example.org`,
        display_name: `User ${i}`,
        is_active: isActive,
        is_admin: isAdmin,
      })),
    );
    const groups = await tx.insertMany(Group, slugs(shape.groups, 'g'));
    const roles = await tx.insertMany(
      Role,
      slugs(shape.roles, 'r').map((role, priority) => ({ ...role, priority, is_system: false, is_default: false })),
    );
    const organizations = await tx.insertMany(
      TestOrganization,
      slugs(shape.organizations, 'o').map(({ slug }) => ({ slug })),
    );
    const projects = await tx.insertMany(
      TestProject,
      shape.projects.map((place, i) => ({
        organization_id: at(organizations, place).id,
        slug: `p-${i}`,
        name: `P ${i}`,
      })),
    );
    const built = {
      users: await credentials(tx, codec, shape, users),
      groups,
      roles,
      organizations,
      projects: projects.map(({ id }, i) => ({ id, organization: at(organizations, shape.projects[i] ?? 0) })),
    };
    await connect(tx, shape, built);
    return built;
  });
}

async function credentials(
  tx: GraphTransaction,
  codec: ApiKeyCodec,
  shape: AccessShape,
  users: readonly { readonly id: string }[],
): Promise<BuiltAccess['users']> {
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
  const sessions = await tx.insertMany(
    Session,
    users.map(({ id }) => ({ user_id: id, last_seen_at: new Date().toISOString(), expires_at: inAnHour })),
  );
  const made = users.map(() => codec.make());
  await tx.insertMany(
    ApiKey,
    users.map(({ id }, i) => ({
      key_id: made[i]?.keyId ?? '',
      name: 'key',
      owner_id: id,
      secret_mac: made[i]?.mac ?? '',
      scopes: (shape.scopes[i] ?? []).map((scope) => PERMISSIONS_OF_GRAPHS[scope] ?? ''),
    })),
  );
  return users.map(({ id }, i) => {
    const key = codec.read(made[i]?.key ?? '');
    if (!key) throw new Error('a key that was just made can be read');
    return { id, session: { kind: 'session', sessionId: at(sessions, i).id, userId: id }, key };
  });
}

async function connect(tx: GraphTransaction, shape: AccessShape, built: BuiltAccess): Promise<void> {
  const user = (index: number) => ref(User, at(built.users, index).id);
  const group = (index: number) => ref(Group, at(built.groups, index).id);
  await tx.connectMany(MemberOf, [
    ...shape.userInGroup.map(([from, to]) => ({ from: user(from), to: group(to) })),
    ...shape.groupInGroup.map(([from, to]) => ({ from: group(from), to: group(to) })),
  ]);
  const assigned = (from: ReturnType<typeof ref>, role: number, where: number | null) => ({
    from,
    to: at(built.roles, role).id,
    properties: { organization_id: where === null ? null : at(built.organizations, where).id },
  });
  await tx.connectMany(HasRole, [
    ...shape.userRole.map(([from, role, where]) => assigned(user(from), role, where)),
    ...shape.groupRole.map(([from, role, where]) => assigned(group(from), role, where)),
  ]);
  await tx.connectMany(
    InheritsFrom,
    shape.inherits.map(([from, to]) => ({ from: at(built.roles, from).id, to: at(built.roles, to).id })),
  );
  const permissions = await Promise.all(PERMISSIONS_OF_GRAPHS.map((name) => tx.find(Permission, { name })));
  await tx.connectMany(
    Grants,
    shape.grants.map(([from, to]) => ({ from: at(built.roles, from).id, to: permissions[to]?.id ?? '' })),
  );
  const access = (from: ReturnType<typeof ref>, given: AccessShape['userAccess'][number]) => ({
    from,
    to: ref(TestProject, at(built.projects, given.project).id),
    properties: grantOf(given.actions as GrantAction[], given.expiresIn),
  });
  await tx.connectMany(CanAccess, [
    ...shape.userAccess.map((given) => access(user(given.holder), given)),
    ...shape.groupAccess.map((given) => access(group(given.holder), given)),
  ]);
}

export function grantOf(actions: readonly GrantAction[], expiresIn: number | null) {
  return {
    actions: [...actions],
    granted_by: 'somebody',
    granted_at: new Date().toISOString(),
    expires_at: expiresIn === null ? null : new Date(Date.now() + expiresIn * 1000).toISOString(),
  };
}

/** The place as a request names it. */
export function urlPlace({ organizations, projects }: BuiltAccess, { organization, project }: Place) {
  return {
    organization: organization === null ? undefined : at(organizations, organization).slug,
    resource: project === null ? undefined : { label: 'Project', by: 'id' as const, key: at(projects, project).id },
  };
}

export function at<Item>(items: readonly Item[], index: number): Item {
  const item = items[index];
  if (item === undefined) throw new Error(`There is no number ${index}.`);
  return item;
}
