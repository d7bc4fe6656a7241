import { CanAccess, Grants, Group, HasRole, InheritsFrom, MemberOf, Permission, Role, Session, User } from '#libs/auth';
import { Organization, Project } from '#libs/catalog';
import { Database, serverConnection } from '#libs/database';
import { Graph, ref } from '#libs/graph';
import { productModel } from '#libs/product';
import { copyDatabase, urlOf, withClient } from './native.mjs';
import { generator, ORGANIZATION, seededDatabase, write } from './seed.mjs';

/** Sizes of an installation that has grown for years. */
export const ACCESS = { users: 10_000, groups: 1000, depth: 5, roles: 200, grants: 100_000 };
const PROJECTS = 1000;
const CHUNK = 5000;
const GROUPS_OF_A_USER = 5;
const PERMISSIONS_OF_A_ROLE = 10;
/** So many of the users are signed in. */
const SIGNED_IN = 1000;

/**
 * A seeded catalogue with {@link ACCESS}: users in five groups each, groups nested five deep, each with two roles, roles
 * that inherit from others, and grants of users and groups on projects.
 * @returns the database's address, `[session, user, project]` of those who are signed in, and the names of permissions
 */
export async function databaseWithAccess({ serverUrl, redisUrl, fresh }) {
  const { name } = await seededDatabase({ serverUrl, redisUrl, projects: PROJECTS, fresh });
  const copy = 'imbi_bench_access';
  await copyDatabase(serverUrl, name, copy);
  const url = urlOf(serverUrl, copy);
  const database = new Database(serverConnection({ url, poolMax: 1, statementTimeoutSeconds: 300 }));
  try {
    const seeded = await seed(new Graph(database, productModel()));
    await withClient(url, (client) => client.query('vacuum (analyze)'));
    return { url, ...seeded };
  } finally {
    await database.end();
  }
}

async function seed(graph) {
  const random = generator(2_718_281);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const some = (list, count) => [...new Set(Array.from({ length: count }, () => pick(list)))];
  const organization = await graph.read.find(Organization, { slug: ORGANIZATION });
  const permissions = (await graph.read.list(Permission, { limit: 1000 })).items;
  const projects = (await graph.read.list(Project, { limit: PROJECTS })).items.map(({ id }) => id);
  const insert = (definition, count, row) =>
    insertAll(
      graph,
      definition,
      Array.from({ length: count }, (_, n) => row(n)),
    );
  const users = await insert(User, ACCESS.users, (n) => ({
    email: `person-${n}@example.org`,
    email_key: `person-${n}@example.org`,
    display_name: `Person ${n}`,
    is_active: true,
    is_admin: false,
  }));
  const groups = await insert(Group, ACCESS.groups, (n) => ({ slug: `group-${n}`, name: `Group ${n}` }));
  const roles = await insert(Role, ACCESS.roles, (n) => ({
    slug: `role-${n}`,
    name: `Role ${n}`,
    priority: n,
    is_system: false,
    is_default: false,
  }));
  const level = ACCESS.groups / ACCESS.depth;
  const above = (index) =>
    groups.slice((Math.floor(index / level) + 1) * level, (Math.floor(index / level) + 2) * level);
  await connectAll(graph, MemberOf, [
    ...users.flatMap((user) =>
      some(groups, GROUPS_OF_A_USER).map((to) => ({ from: ref(User, user), to: ref(Group, to) })),
    ),
    ...groups.flatMap((group, index) =>
      above(index).length === 0 ? [] : [{ from: ref(Group, group), to: ref(Group, pick(above(index))) }],
    ),
  ]);
  await connectAll(
    graph,
    HasRole,
    groups.flatMap((group) =>
      some(roles, 2).map((to) => ({ from: ref(Group, group), to, properties: { organization_id: organization.id } })),
    ),
  );
  await connectAll(
    graph,
    InheritsFrom,
    roles.slice(1).map((role, index) => ({ from: role, to: pick(roles.slice(0, index + 1)) })),
  );
  await connectAll(
    graph,
    Grants,
    roles.flatMap((role) => some(permissions, PERMISSIONS_OF_A_ROLE).map(({ id }) => ({ from: role, to: id }))),
  );
  const since = new Date().toISOString();
  const granted = new Set();
  while (granted.size < ACCESS.grants) {
    granted.add(`${random() < 0.8 ? `u ${pick(users)}` : `g ${pick(groups)}`} ${pick(projects)}`);
  }
  await connectAll(
    graph,
    CanAccess,
    [...granted].map((text) => {
      const [kind, from, to] = text.split(' ');
      const properties = { actions: ['read', 'write'], granted_by: users[0], granted_at: since };
      return { from: ref(kind === 'u' ? User : Group, from), to: ref(Project, to), properties };
    }),
  );
  const later = new Date(Date.now() + 86_400_000).toISOString();
  const signedIn = users.slice(0, SIGNED_IN);
  const sessions = await insertAll(
    graph,
    Session,
    signedIn.map((user) => ({ user_id: user, last_seen_at: since, expires_at: later })),
  );
  return {
    callers: sessions.map((session, index) => [session, signedIn[index], pick(projects)]),
    permissions: permissions.map(({ name }) => name),
  };
}

async function insertAll(graph, definition, rows) {
  const ids = [];
  for (let from = 0; from < rows.length; from += CHUNK) {
    const added = await write(graph, (tx) => tx.insertMany(definition, rows.slice(from, from + CHUNK)));
    ids.push(...added.map(({ id }) => id));
  }
  return ids;
}

async function connectAll(graph, definition, edges) {
  for (let from = 0; from < edges.length; from += CHUNK) {
    await write(graph, (tx) => tx.connectMany(definition, edges.slice(from, from + CHUNK)));
  }
}
