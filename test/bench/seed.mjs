import { createHash } from 'node:crypto';
import { HasRole, Role, User } from '#libs/auth';
import {
  DependsOn,
  DeployedIn,
  Environment,
  HasType,
  LinkDefinition,
  Organization,
  OwnedBy,
  Project,
  ProjectType,
  Tag,
  TaggedWith,
  Team,
} from '#libs/catalog';
import { Database, serverConnection } from '#libs/database';
import { Graph, ref } from '#libs/graph';
import { migrations, productModel } from '#libs/product';
import { asAdministrator, dropDatabase, urlOf, withClient } from './native.mjs';
import { ADMIN, startApi } from './processes.mjs';

/** Raise it when what is seeded changes: databases of earlier runs are then built anew. */
const SEED_VERSION = 2;
const CHUNK = 2000;
const TEAMS = 200;
const TYPES = 30;
const TAGS = 60;
const DEPENDENCIES = 3;
const ENVIRONMENTS = ['development', 'testing', 'integration', 'staging', 'canary', 'production'];
const WORDS = 'amber basin cedar delta ember fjord grove harbor island juniper kettle lagoon meadow nectar'.split(' ');

/** Who the load comes from: no administrator, so that permissions count. */
export const CALLER = { email: 'reader@example.org', password: ADMIN.password };
/** Others like them, for what each does with an account of their own. */
export const CALLERS = Array.from({ length: 50 }, (_, index) => ({ ...CALLER, email: `reader-${index}@example.org` }));
export const ORGANIZATION = 'bench';

/**
 * A database with a catalogue of so many projects, the same in every run. One of an earlier run is used again unless
 * `fresh`, or the schema or the seed has changed since.
 */
export async function seededDatabase({ serverUrl, redisUrl, projects, fresh }) {
  const name = `imbi_bench_${projects}_${digest()}`;
  const url = urlOf(serverUrl, name);
  if (!fresh && (await isComplete(serverUrl, name))) return { name, url, seededSeconds: undefined };
  const started = performance.now();
  await dropEarlier(serverUrl, projects);
  await asAdministrator(serverUrl, (client) => client.query(`create database ${name}`));
  // Its first start migrates, and makes the permissions, the roles and the administrator.
  const api = await startApi({ databaseUrl: url, redisUrl });
  await api.stop();
  const database = new Database(serverConnection({ url, poolMax: 2, statementTimeoutSeconds: 300 }));
  try {
    await seed(new Graph(database, productModel()), projects);
  } finally {
    await database.end();
  }
  await withClient(url, async (client) => {
    await client.query('vacuum (analyze)');
    await client.query('create schema imbi_bench');
  });
  return { name, url, seededSeconds: (performance.now() - started) / 1000 };
}

async function isComplete(serverUrl, name) {
  const exists = await asAdministrator(serverUrl, (client) =>
    client.query('select from pg_database where datname = $1', [name]),
  );
  if (exists.rowCount === 0) return false;
  const { rows } = await withClient(urlOf(serverUrl, name), (client) =>
    client.query(`select to_regnamespace('imbi_bench') is not null as complete`),
  );
  return rows[0].complete;
}

async function dropEarlier(serverUrl, projects) {
  const { rows } = await asAdministrator(serverUrl, (client) =>
    client.query('select datname from pg_database where datname like $1', [`imbi\\_bench\\_${projects}\\_%`]),
  );
  for (const { datname } of rows) await dropDatabase(serverUrl, datname);
}

function digest() {
  const hash = createHash('sha256').update(String(SEED_VERSION));
  for (const { id, checksum } of migrations) hash.update(`${id} ${checksum}\n`);
  return hash.digest('hex').slice(0, 10);
}

async function seed(graph, projects) {
  const random = generator(4_624_722);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const some = (list, count) => [...new Set(Array.from({ length: count }, () => pick(list)))];
  const parts = await write(graph, (tx) => seedParts(tx));
  const ids = [];
  for (let from = 0; from < projects; from += CHUNK) {
    const count = Math.min(CHUNK, projects - from);
    await write(graph, async (tx) => {
      const rows = Array.from({ length: count }, (_, index) => describeProject(from + index, parts, pick));
      const added = await tx.insertMany(Project, rows);
      const each = (make) => added.flatMap(({ id }) => make().map((to) => ({ from: id, ...to })));
      await tx.connectMany(
        OwnedBy,
        each(() => [{ to: pick(parts.teams) }]),
      );
      await tx.connectMany(
        HasType,
        each(() => some(parts.types, 2).map((to) => ({ to }))),
      );
      await tx.connectMany(
        DeployedIn,
        each(() =>
          some(parts.environments, 3).map((to) => ({
            to,
            properties: { attributes: { url: 'https://example.org/' } },
          })),
        ),
      );
      await tx.connectMany(
        TaggedWith,
        each(() => some(parts.tags, 2).map((to) => ({ to }))),
      );
      ids.push(...added.map(({ id }) => id));
    });
  }
  for (let from = 0; from < projects; from += CHUNK) {
    const chunk = ids.slice(from, from + CHUNK);
    const edges = chunk.flatMap((id) => some(ids, DEPENDENCIES).map((to) => ({ from: id, to })));
    await write(graph, (tx) =>
      tx.connectMany(
        DependsOn,
        edges.filter((edge) => edge.from !== edge.to),
      ),
    );
  }
}

// The history of a million edges is of no use here and would double the time.
export function write(graph, work) {
  return graph.transaction(async (tx) => {
    const result = await work(tx);
    tx.transaction.outbox.truncate(0);
    return result;
  });
}

async function seedParts(tx) {
  const organization = await tx.insert(Organization, { slug: ORGANIZATION, name: 'Bench' });
  const own = (slug, name, more = {}) => ({ organization_id: organization.id, slug, name, ...more });
  const many = (count, slug, name, more) =>
    Array.from({ length: count }, (_, index) => own(`${slug}-${index}`, `${name} ${index}`, more));
  const insert = async (definition, rows) => (await tx.insertMany(definition, rows)).map(({ id }) => id);
  await tx.insertMany(LinkDefinition, [
    own('repository', 'Repository', { url_template: 'https://git.example.org/{value}' }),
    own('dashboard', 'Dashboard', { url_template: 'https://graphs.example.org/{value}' }),
  ]);
  await seedCallers(tx, organization.id);
  return {
    organizationId: organization.id,
    teams: await insert(Team, many(TEAMS, 'team', 'Team')),
    types: await insert(ProjectType, many(TYPES, 'type', 'Type', { deployable: true, releasable: true })),
    environments: await insert(
      Environment,
      ENVIRONMENTS.map((slug, index) => own(slug, slug, { sort_order: index, can_deploy: true, can_promote: true })),
    ),
    tags: await insert(Tag, many(TAGS, 'tag', 'Tag')),
  };
}

async function seedCallers(tx, organizationId) {
  const admin = await tx.find(User, { email_key: ADMIN.email });
  const role = await tx.find(Role, { slug: 'developer' });
  const hash = await tx.reveal(User, admin.id, 'password_hash');
  for (const { email } of [CALLER, ...CALLERS]) {
    const caller = await tx.insert(User, {
      email,
      email_key: email,
      display_name: 'Reader',
      password_hash: hash,
      is_active: true,
      is_admin: false,
    });
    await tx.connect(HasRole, ref(User, caller.id), role.id, { organization_id: organizationId });
  }
}

function describeProject(number, { organizationId }, pick) {
  const slug = `project-${String(number).padStart(6, '0')}`;
  return {
    organization_id: organizationId,
    slug,
    name: `${pick(WORDS)} ${pick(WORDS)} ${number}`,
    description: `Serves ${pick(WORDS)} to everybody who asks, keeps ${pick(WORDS)} and forgets ${pick(WORDS)}.`,
    links: { repository: `https://git.example.org/bench/${slug}`, dashboard: `https://graphs.example.org/d/${slug}` },
    identifiers: { jira: `BENCH-${number}`, pagerduty: `P${number}` },
  };
}

/** mulberry32: small, fast, and the same numbers everywhere. */
export function generator(start) {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
