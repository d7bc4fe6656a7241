import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { CompiledQuery, sql } from 'kysely';
import { Client as PgClient } from 'pg';
import { ANONYMOUS_ACTOR, newId, requestContext } from '#libs/common';
import { encodeAgtype, ref } from '#libs/graph';
import { type AuthPlatform, authPlatform, type ServiceLocator, TestOrganization } from '#test/auth';
import { Grants, HasRole, InheritsFrom, MemberOf } from '../model/identity.edge.js';
import { Group, Permission, Role, User } from '../model/identity.vertex.js';
import { Session, SessionFor } from '../model/session.vertex.js';
import { UsersService } from '../user/users.service.js';
import { AccessibleOrganizations } from './accessible-organizations.js';
import { type AuthContext, setAuthContext } from './auth-context.js';
import { LIVENESS } from './liveness-sql.js';
import { principalSql } from './principal-sql.js';
import { Principals } from './principals.js';

/** How many random graphs; the more, the longer. */
const GRAPHS = Number(process.env['IMBI_TEST_PERMISSION_GRAPHS'] ?? 100);

let platform: AuthPlatform;
let services: ServiceLocator;

beforeAll(async () => {
  platform = await authPlatform();
  services = await platform.services();
});

afterAll(() => platform?.close());

/** Edges by index: [from, to], and for roles the organization (null = everywhere). */
interface Shape {
  readonly users: number;
  readonly groups: number;
  readonly roles: number;
  readonly permissions: number;
  readonly organizations: number;
  readonly userInGroup: readonly [number, number][];
  readonly groupInGroup: readonly [number, number][];
  readonly userRole: readonly [number, number, number | null][];
  readonly groupRole: readonly [number, number, number | null][];
  readonly inherits: readonly [number, number][];
  readonly grants: readonly [number, number][];
}

/** What the SQL must agree with: the definition of the effective set, written down without any cleverness. */
function referencePermissions(shape: Shape, user: number, organization: number | null): Set<number> {
  const groups = new Set(shape.userInGroup.filter(([from]) => from === user).map(([, to]) => to));
  for (let before = -1; before !== groups.size; ) {
    before = groups.size;
    for (const [from, to] of shape.groupInGroup) if (groups.has(from)) groups.add(to);
  }
  const applies = (where: number | null) => where === null || where === organization;
  const roles = new Set([
    ...shape.userRole.filter(([from, , where]) => from === user && applies(where)).map(([, role]) => role),
    ...shape.groupRole.filter(([from, , where]) => groups.has(from) && applies(where)).map(([, role]) => role),
  ]);
  for (let before = -1; before !== roles.size; ) {
    before = roles.size;
    for (const [from, to] of shape.inherits) if (roles.has(from)) roles.add(to);
  }
  return new Set(shape.grants.filter(([role]) => roles.has(role)).map(([, permission]) => permission));
}

const shapes: fc.Arbitrary<Shape> = fc
  .record({
    users: fc.integer({ min: 1, max: 4 }),
    groups: fc.integer({ min: 1, max: 6 }),
    roles: fc.integer({ min: 1, max: 6 }),
    permissions: fc.integer({ min: 1, max: 8 }),
    organizations: fc.integer({ min: 1, max: 3 }),
  })
  .chain((size) => {
    const pairs = (from: number, to: number, maxLength: number) =>
      fc.uniqueArray(fc.tuple(fc.nat(from - 1), fc.nat(to - 1)), { maxLength, selector: String });
    const assignments = (from: number, maxLength: number) => {
      const where = fc.option(fc.nat(size.organizations - 1));
      return fc.uniqueArray(fc.tuple(fc.nat(from - 1), fc.nat(size.roles - 1), where), { maxLength, selector: String });
    };
    const edges = fc.record({
      userInGroup: pairs(size.users, size.groups, 6),
      // Cycles are refused where groups and roles are edited; should one ever be there, evaluation must still end.
      groupInGroup: pairs(size.groups, size.groups, 8),
      userRole: assignments(size.users, 5),
      groupRole: assignments(size.groups, 8),
      inherits: pairs(size.roles, size.roles, 6),
      grants: pairs(size.roles, size.permissions, 12),
    });
    return edges.map((given) => ({ ...size, ...given }));
  });

interface Built {
  readonly users: readonly { userId: string; sessionId: string }[];
  readonly organizations: readonly { id: string; slug: string }[];
  readonly permissions: readonly string[];
}

/** Puts a shape into the graph, apart from everything that is there. */
async function build(shape: Shape): Promise<Built> {
  const tag = newId()
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '0');
  const many = <Item>(count: number, make: (index: number) => Item) => Array.from({ length: count }, (_, i) => make(i));
  return platform.graph.transaction(async (tx) => {
    const users = await tx.insertMany(
      User,
      many(shape.users, (i) => ({
        email: `${tag}-${i}@example.org`,
        email_key: `${tag}-${i}@example.org`,
        display_name: `User ${i}`,
        is_active: true,
        is_admin: false,
      })),
    );
    const groups = await tx.insertMany(
      Group,
      many(shape.groups, (i) => ({ slug: `${tag}-${i}`, name: `Group ${i}` })),
    );
    const roles = await tx.insertMany(
      Role,
      many(shape.roles, (i) => ({
        slug: `${tag}-${i}`,
        name: `Role ${i}`,
        priority: i,
        is_system: false,
        is_default: false,
      })),
    );
    const permissions = await tx.insertMany(
      Permission,
      many(shape.permissions, (i) => ({ name: `${tag}-${i}:use` })),
    );
    const organizations = await tx.insertMany(
      TestOrganization,
      many(shape.organizations, (i) => ({ slug: `${tag}-${i}` })),
    );
    const sessions = await tx.insertMany(
      Session,
      users.map(({ id }) => ({ user_id: id, last_seen_at: new Date().toISOString(), expires_at: inAnHour() })),
    );
    await tx.connectMany(
      SessionFor,
      sessions.map(({ id, user_id }) => ({ from: id, to: user_id })),
    );
    const idAt = (list: readonly { id: string }[], index: number) => list[index]?.id ?? '';
    const place = (index: number | null) => ({
      organization_id: index === null ? null : idAt(organizations, index),
    });
    await tx.connectMany(MemberOf, [
      ...shape.userInGroup.map(([u, g]) => ({ from: ref(User, idAt(users, u)), to: ref(Group, idAt(groups, g)) })),
      ...shape.groupInGroup.map(([a, b]) => ({ from: ref(Group, idAt(groups, a)), to: ref(Group, idAt(groups, b)) })),
    ]);
    await tx.connectMany(HasRole, [
      ...shape.userRole.map(([u, r, o]) => ({
        from: ref(User, idAt(users, u)),
        to: idAt(roles, r),
        properties: place(o),
      })),
      ...shape.groupRole.map(([g, r, o]) => ({
        from: ref(Group, idAt(groups, g)),
        to: idAt(roles, r),
        properties: place(o),
      })),
    ]);
    await tx.connectMany(
      InheritsFrom,
      shape.inherits.map(([a, b]) => ({ from: idAt(roles, a), to: idAt(roles, b) })),
    );
    await tx.connectMany(
      Grants,
      shape.grants.map(([r, p]) => ({ from: idAt(roles, r), to: idAt(permissions, p) })),
    );
    return {
      users: sessions.map(({ id, user_id }) => ({ userId: user_id, sessionId: id })),
      organizations,
      permissions: permissions.map((permission) => permission.name),
    };
  });
}

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

const SMALL: Shape = {
  users: 1,
  groups: 2,
  roles: 2,
  permissions: 3,
  organizations: 2,
  userInGroup: [[0, 0]],
  groupInGroup: [[0, 1]],
  userRole: [],
  groupRole: [[1, 0, 0]],
  inherits: [[0, 1]],
  grants: [
    [0, 0],
    [1, 1],
  ],
};

const EACH_OF_60 = Array.from({ length: 60 }, (_, index) => index);
const ALL_PAIRS = EACH_OF_60.flatMap((a) => EACH_OF_60.map((b): [number, number] => [a, b]));
// Enough for the planner to care.
const LARGE: Shape = {
  users: 2000,
  groups: 2000,
  roles: 2000,
  permissions: 2000,
  organizations: 2000,
  userInGroup: ALL_PAIRS,
  groupInGroup: ALL_PAIRS,
  userRole: ALL_PAIRS.map(([user, role]) => [user, role, role]),
  groupRole: ALL_PAIRS.map(([group, role]) => [group, role, role]),
  inherits: ALL_PAIRS,
  grants: ALL_PAIRS,
};

describe('effective permissions', () => {
  it('agree with the reference evaluator on random graphs, for every user in every organization', async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(shapes, async (shape) => {
        const built = await build(shape);
        for (const [user, principal] of built.users.entries()) {
          for (const where of [null, ...built.organizations.keys()]) {
            const organization = where === null ? undefined : built.organizations[where]?.slug;
            const expected = [...referencePermissions(shape, user, where)].map((index) => built.permissions[index]);
            // Twice: computed, and from memory.
            for (const _ of ['computed', 'remembered']) {
              const auth = await services.get(Principals).resolve({ kind: 'session', ...principal }, { organization });
              expect([...(auth?.permissions ?? ['nobody'])].sort()).toEqual(expected.sort());
            }
            compared += 1;
          }
        }
      }),
      { numRuns: GRAPHS },
    );
    expect(compared).toBeGreaterThan(300);
  });
});

describe('Principals', () => {
  let built: Built;
  let principal: { userId: string; sessionId: string };
  let organization: { id: string; slug: string };

  beforeEach(async () => {
    built = await build(SMALL);
    const [user] = built.users;
    const [first] = built.organizations;
    if (!user || !first) throw new Error('the small shape has both');
    principal = user;
    organization = first;
  });

  const resolve = (slug?: string, now?: Date) =>
    services.get(Principals).resolve({ kind: 'session', ...principal }, { organization: slug }, now);
  const permissionsIn = async (slug?: string) =>
    [...((await resolve(slug))?.permissions ?? [])].map((name) => built.permissions.indexOf(name)).sort();

  it('asks the database by exactly one statement, whether or not the permissions are known', async () => {
    const query = jest.spyOn(PgClient.prototype, 'query');
    for (let call = 0; call < 5; call += 1) await resolve(organization.slug);
    expect(query).toHaveBeenCalledTimes(5);
    query.mockRestore();
  });

  it('answers callers who come at the same time by few statements, each for themselves', async () => {
    const strangers = (await build({ ...SMALL, users: 3 })).users;
    const [stranger, gone, inactive] = strangers;
    if (!stranger || !gone || !inactive) throw new Error('three were built');
    const callers = [principal, stranger, gone, inactive];
    const at = (caller: typeof principal) =>
      services.get(Principals).resolve({ kind: 'session', ...caller }, { organization: organization.slug });
    // Known to be allowed something, or nothing, before anything ends.
    for (const caller of callers) expect(await at(caller)).toBeDefined();
    await platform.graph.transaction(async (tx) => {
      await tx.patch(Session, gone.sessionId, { set: { ended_at: new Date().toISOString() } });
      await tx.patch(User, inactive.userId, { set: { is_active: false } });
    });
    const query = jest.spyOn(PgClient.prototype, 'query');
    const many = Array.from({ length: 40 }, (_, index) => callers[index % callers.length] ?? principal);
    const answers = await Promise.all(many.map(at));
    expect(query.mock.calls.length).toBeLessThan(5);
    query.mockRestore();
    for (const [index, auth] of answers.entries()) {
      const caller = many[index];
      if (caller === gone || caller === inactive) expect(auth).toBeUndefined();
      else expect([auth?.principal.id, auth?.permissions.size]).toEqual([caller?.userId, caller === principal ? 2 : 0]);
    }
  });

  it('names the organization, and grants nothing in one that is unknown or without a role', async () => {
    const [, other] = built.organizations;
    expect(await resolve(organization.slug)).toMatchObject({ organizationId: organization.id, hasAccess: true });
    expect(await resolve(other?.slug)).toMatchObject({ organizationId: other?.id, hasAccess: false });
    expect(await resolve('no-such-organization')).toMatchObject({ organizationId: undefined, hasAccess: false });
    expect(await resolve()).toMatchObject({ organizationId: undefined, hasAccess: false });
  });

  it('sees every change of roles, groups and grants on the next call', async () => {
    const { graph } = platform;
    expect(await permissionsIn(organization.slug)).toEqual([0, 1]);
    const find = async (name: string) => (await graph.read.find(Permission, { name }))?.id ?? '';
    const [role] = await graph.read.edgesOf(Grants, { to: await find(built.permissions[1] ?? '') });
    const third = await find(built.permissions[2] ?? '');
    await graph.transaction((tx) => tx.connect(Grants, role?.from ?? '', third));
    expect(await permissionsIn(organization.slug)).toEqual([0, 1, 2]);
    await graph.transaction((tx) => tx.disconnect(InheritsFrom, { to: role?.from }));
    expect(await permissionsIn(organization.slug)).toEqual([0]);
    await graph.transaction((tx) => tx.disconnect(MemberOf, { from: ref(User, principal.userId) }));
    expect(await permissionsIn(organization.slug)).toEqual([]);
  });

  it('sees a role given and a permission renamed, and not what was rolled back', async () => {
    const users = services.get(UsersService);
    const [, other] = built.organizations;
    const { graph } = platform;
    const role = (await graph.read.edgesOf(Grants, { to: await idOfPermission(built.permissions[0] ?? '') }))[0]?.from;
    const slug = (await graph.read.find(Role, role ?? ''))?.slug ?? '';
    expect(await permissionsIn(other?.slug)).toEqual([]);
    const failing = graph.transaction(async (tx) => {
      await tx.connect(HasRole, ref(User, principal.userId), role ?? '', { organization_id: other?.id });
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect(await permissionsIn(other?.slug)).toEqual([]);
    await users.assignRole({ userId: principal.userId, role: slug, organizationId: other?.id ?? '' });
    await users.assignRole({ userId: principal.userId, role: slug, organizationId: other?.id ?? '' });
    expect(await permissionsIn(other?.slug)).toEqual([0, 1]);
    const renamed = await idOfPermission(built.permissions[0] ?? '');
    await graph.transaction((tx) =>
      tx.patch(Permission, renamed, { set: { name: `${newId().toLowerCase()}:renamed` } }),
    );
    expect(await permissionsIn(other?.slug)).toEqual([-1, 1]);
  });

  it('follows an organization’s slug to whoever has it now', async () => {
    const [, other] = built.organizations;
    await resolve(organization.slug);
    await platform.graph.transaction(async (tx) => {
      await tx.patch(TestOrganization, organization.id, { set: { slug: `${organization.slug}-old` } });
      await tx.patch(TestOrganization, other?.id ?? '', { set: { slug: organization.slug } });
    });
    expect(await resolve(organization.slug)).toMatchObject({ organizationId: other?.id, hasAccess: false });
  });

  it('knows nobody by a dead session, another’s session, or as a user who is switched off', async () => {
    const { graph, config } = platform;
    const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000);
    expect(await resolve()).toBeDefined();
    expect(await resolve(undefined, inSeconds(3601))).toBeUndefined();
    expect(
      await services.get(Principals).resolve({ kind: 'session', ...principal, sessionId: newId() }),
    ).toBeUndefined();
    expect(await services.get(Principals).resolve({ kind: 'session', ...principal, userId: newId() })).toBeUndefined();
    const longAgo = new Date(Date.now() - config.auth.sessionIdleTtl * 1000).toISOString();
    await graph.transaction((tx) => tx.patch(Session, principal.sessionId, { set: { last_seen_at: longAgo } }));
    expect(await resolve()).toBeUndefined();
    const now = new Date().toISOString();
    await graph.transaction((tx) => tx.patch(Session, principal.sessionId, { set: { last_seen_at: now } }));
    expect(await resolve()).toBeDefined();
    await graph.transaction((tx) => tx.patch(User, principal.userId, { set: { is_active: false } }));
    expect(await resolve()).toBeUndefined();
  });

  it('lets an administrator do everything everywhere, from the moment they are one until they are not', async () => {
    const setAdmin = (is_admin: boolean) =>
      platform.graph.transaction((tx) => tx.patch(User, principal.userId, { set: { is_admin } }));
    await setAdmin(true);
    const [, other] = built.organizations;
    expect((await resolve(other?.slug))?.can('anything:at-all')).toBe(true);
    await setAdmin(false);
    expect((await resolve(other?.slug))?.can('anything:at-all')).toBe(false);
    expect((await resolve(organization.slug))?.can(built.permissions[0] ?? '')).toBe(true);
  });

  it('knows the organizations in which a caller has a role, through groups too', async () => {
    const visibleTo = async (auth: AuthContext | undefined) => {
      const context = { requestId: 'request', actor: ANONYMOUS_ACTOR };
      if (auth) setAuthContext(context, auth);
      return requestContext.run(context, () => services.get(AccessibleOrganizations).visible());
    };
    const [, other] = built.organizations;
    expect(await visibleTo(undefined)).toEqual({ ids: [] });
    expect(await visibleTo(await resolve())).toEqual({ ids: [organization.id] });
    const [grant] = await platform.graph.read.edgesOf(Grants, { to: await idOfPermission(built.permissions[0] ?? '') });
    const role = await platform.graph.read.find(Role, grant?.from ?? '');
    const assignment = { userId: principal.userId, role: role?.slug ?? '' };
    await services.get(UsersService).assignRole({ ...assignment, organizationId: other?.id ?? '' });
    const { ids } = await visibleTo(await resolve());
    expect([...ids].sort()).toEqual([organization.id, other?.id].sort());
    await platform.graph.transaction((tx) => tx.patch(User, principal.userId, { set: { is_admin: true } }));
    expect(await visibleTo(await resolve())).toEqual({ ids: 'all' });
  });

  it('finds every row by an index', async () => {
    await build(LARGE);
    const plan = await explain(principalSql('session'), [
      encodeAgtype(principal.sessionId),
      encodeAgtype(organization.slug),
      '0',
      null,
      encodeAgtype(principal.userId),
    ]);
    const labels = [
      'Organization',
      'Session',
      'User',
      'MEMBER_OF',
      'HAS_ROLE',
      'INHERITS_FROM',
      'GRANTS',
      'Permission',
      'Role',
    ];
    for (const label of labels) {
      const scans = plan.filter((line) => line.includes(` on "${label}"`));
      expect([label, scans.map((line) => /(Index|Seq|Bitmap Heap) Scan/.exec(line)?.[1])]).toEqual([label, ['Index']]);
    }
    expect(plan.join()).toContain('"Session_id_key"');
    // Above 100,000 a server with the usual settings would compile the plan anew for each call.
    expect(Number(/cost=[\d.]+\.\.([\d.]+)/.exec(plan[0] ?? '')?.[1])).toBeLessThan(20_000);
    const small = await explain(LIVENESS.session, [
      [encodeAgtype(organization.slug)],
      [encodeAgtype(principal.sessionId)],
      [encodeAgtype(principal.userId)],
      [null],
    ]);
    for (const label of ['Organization', 'Session', 'User']) {
      expect(small.filter((line) => line.includes(` on "${label}"`)).join()).toMatch(/Index Scan/);
    }
  });

  async function idOfPermission(name: string): Promise<string> {
    return (await platform.graph.read.find(Permission, { name }))?.id ?? '';
  }
});

/** The plan that prepared statements are run by. */
async function explain(statement: string, parameters: unknown[]): Promise<string[]> {
  await sql`analyze`.execute(platform.database.kysely);
  const { rows } = await platform.database.transaction(async (tx) => {
    await sql`set local plan_cache_mode = force_generic_plan`.execute(tx.kysely);
    return tx.kysely.executeQuery<{ 'QUERY PLAN': string }>(CompiledQuery.raw(`explain ${statement}`, parameters));
  });
  return rows.map((row) => row['QUERY PLAN']);
}
