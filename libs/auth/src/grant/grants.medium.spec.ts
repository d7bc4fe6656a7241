import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { sql } from 'kysely';
import { Client as PgClient } from 'pg';
import { newId } from '#libs/common';
import { ref } from '#libs/graph';
import { TestProject, TestTeam } from '#test/auth';
import { AuthWorld } from '../../test/auth-world.js';
import { ServiceAccount, User } from '../model/identity.vertex.js';
import { CanAccess } from './grant.edge.js';
import { GrantJanitor } from './grant-janitor.service.js';
import { GrantsRepository } from './grants.repository.js';

const FOREVER = '2099-12-31T23:59:59.000Z';
const fromNow = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

let world: AuthWorld;
let replica: NestFastifyApplication;
let project: { id: string };
/** Where the project’s grants are. */
let grants: string;

beforeAll(async () => {
  world = await AuthWorld.create();
  replica = await world.replica();
  await world.role('granter', ['project:read', 'project:grant']);
});

afterAll(() => world?.close());

beforeEach(async () => {
  project = await someProject('acme');
  grants = `/organizations/acme/projects/${project.id}/grants`;
});

function tag(): string {
  return newId()
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '0');
}

async function someProject(place: string): Promise<{ id: string }> {
  const properties = { organization_id: world.organizations[place] ?? '', slug: `p-${tag()}`, name: 'API' };
  return world.platform.graph.transaction((tx) => tx.insert(TestProject, properties));
}

const put = (principal: string, actions: string[], options: { expires_at?: string; token?: string } = {}) =>
  world.call('PUT', `${grants}/${principal}`, {
    token: options.token,
    body: { actions, ...(options.expires_at && { expires_at: options.expires_at }) },
  });

const list = async (token?: string) => (await world.call('GET', grants, { token })).body.items;

/** What the caller may do by what reaches them on the project, as another process sees it: the list needs `admin`. */
const seesGrants = async (token: string) => (await world.call('GET', grants, { token, app: replica })).status;

async function auditOf(action: string) {
  const { rows } = await sql<{ payload: { resource_id: string; detail: string; reason: string } }>`
    select payload from imbi_system.outbox where payload ->> 'action' = ${action} order by id`.execute(
    world.platform.database.kysely,
  );
  return rows.map(({ payload }) => payload).filter(({ resource_id }) => resource_id === project.id);
}

const version = async () => {
  const { rows } = await sql<{ version: string }>`select version::text from imbi_system.access_version`.execute(
    world.platform.database.kysely,
  );
  return Number(rows[0]?.version);
};

describe('grants on a project', () => {
  it('are given to users, groups and service accounts, changed, listed page by page and taken away', async () => {
    const user = await world.userWith();
    const slug = `g-${tag()}`;
    await world.call('POST', '/groups', { body: { slug, name: 'Guests' } });
    const robot = { slug: `r-${tag()}`, name: 'Robot', is_active: true, is_admin: false };
    await world.platform.graph.transaction((tx) => tx.insert(ServiceAccount, robot));
    expect((await put(`user:${user.id}`, ['write', 'read'], { expires_at: '2099-12-31T23:59:59Z' })).status).toBe(204);
    expect((await put(`group:${slug}`, ['admin'])).status).toBe(204);
    expect((await put(`service-account:${robot.slug}`, ['delete'])).status).toBe(204);
    expect(await list()).toEqual([
      expect.objectContaining({ actions: ['admin'], principal: expect.objectContaining({ kind: 'group', slug }) }),
      expect.objectContaining({ principal: expect.objectContaining({ reference: `service-account:${robot.slug}` }) }),
      {
        principal: { kind: 'user', id: user.id, slug: null, name: 'Somebody', reference: `user:${user.id}` },
        actions: ['read', 'write'],
        granted_by: world.admin.id,
        granted_at: expect.stringMatching(/Z$/),
        expires_at: FOREVER,
      },
    ]);
    const names: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const next: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const { body } = await world.call('GET', `${grants}?sort=-name&limit=1&count=exact${next}`);
      expect(body.total).toBe(3);
      names.push(body.items[0].principal.name);
      cursor = body.next_cursor;
    }
    expect(names).toEqual(['Somebody', 'Robot', 'Guests']);
    expect((await put(`group:${slug}`, ['read'])).status).toBe(204);
    expect((await list())[0].actions).toEqual(['read']);
    const inUse = await world.call('DELETE', `/groups/${slug}`);
    expect(inUse.body).toMatchObject({ code: 'in_use', details: { counts: { grants: 1 } } });
    expect((await world.call('DELETE', `${grants}/group:${slug}`)).status).toBe(204);
    expect((await world.call('DELETE', `${grants}/group:${slug}`)).status).toBe(404);
    expect((await world.call('DELETE', `/groups/${slug}`)).status).toBe(204);
  });

  it('raise the access version and leave an audit event, but not where nothing changes', async () => {
    const { id } = await world.userWith();
    const versions = [await version()];
    const steps = [
      () => put(`user:${id}`, ['read', 'write'], { expires_at: FOREVER }),
      () => put(`user:${id}`, ['write', 'read'], { expires_at: FOREVER }),
      () => put(`user:${id}`, ['read']),
      () => world.call('DELETE', `${grants}/user:${id}`),
    ];
    for (const step of steps) {
      expect((await step()).status).toBe(204);
      versions.push(await version());
    }
    const [start = 0] = versions;
    expect(versions.map((one) => one - start)).toEqual([0, 1, 1, 2, 3]);
    const details = async (action: string) => (await auditOf(action)).map(({ detail }) => JSON.parse(detail));
    const who = { principal_kind: 'User', principal_id: id };
    expect(await details('grant.create')).toEqual([{ ...who, actions: ['read', 'write'], expires_at: FOREVER }]);
    expect(await details('grant.update')).toEqual([{ ...who, actions: ['read'], expires_at: null }]);
    expect(await details('grant.delete')).toEqual([{ ...who, actions: ['read'], expires_at: null }]);
  });

  it('count at the next request of a second process, by groups in groups too, and end there', async () => {
    const { id, token } = await world.userWith();
    const [inner, outer] = [`i-${tag()}`, `o-${tag()}`];
    for (const slug of [inner, outer]) await world.call('POST', '/groups', { body: { slug, name: slug } });
    await world.call('PUT', `/groups/${inner}/members/users/${id}`);
    await world.call('PUT', `/groups/${outer}/members/groups/${inner}`);
    expect(await seesGrants(token)).toBe(404);
    await put(`group:${outer}`, ['read']);
    expect(await seesGrants(token)).toBe(403);
    await put(`group:${outer}`, ['admin']);
    expect(await seesGrants(token)).toBe(200);
    await world.call('DELETE', `/groups/${inner}/members/users/${id}`);
    expect(await seesGrants(token)).toBe(404);
    await put(`user:${id}`, ['admin']);
    expect(await seesGrants(token)).toBe(200);
    await world.call('DELETE', `${grants}/user:${id}`);
    expect(await seesGrants(token)).toBe(404);
  });

  it('of a project of another organization open nothing here, and are not found from here', async () => {
    const { id, token } = await world.userWith();
    await put(`user:${id}`, ['admin']);
    const elsewhere = `/organizations/rival/projects/${project.id}/grants`;
    expect((await world.call('GET', elsewhere, { token })).status).toBe(404);
    expect((await world.call('GET', elsewhere)).status).toBe(404);
    expect((await world.call('PUT', `${elsewhere}/user:${id}`, { body: { actions: ['read'] } })).status).toBe(404);
  });

  it.each([
    ['no actions', { actions: [] }],
    ['an unknown action', { actions: ['own'] }],
    ['an action twice', { actions: ['read', 'read'] }],
    ['no list', { actions: 'read' }],
    ['a time in the past', { actions: ['read'], expires_at: '2020-01-01T00:00:00Z' }],
    ['a time without its zone', { actions: ['read'], expires_at: '2099-01-01T00:00:00' }],
    ['a time that does not exist', { actions: ['read'], expires_at: '2099-13-01T00:00:00Z' }],
    ['more than there is', { actions: ['read'], granted_by: 'me' }],
  ])('are refused with %s', async (_what, body) => {
    const { id } = await world.userWith();
    expect((await world.call('PUT', `${grants}/user:${id}`, { body })).status).toBe(422);
    expect(await list()).toEqual([]);
  });

  it.each(['user:nobody', 'user', `user:${newId()}`, 'group:none', 'robot:x', 'user:a:b', 'group:A B'])(
    'are not for "%s"',
    async (principal) => {
      expect((await put(principal, ['read'])).status).toBe(404);
    },
  );

  it('are one after many at once', async () => {
    const { id } = await world.userWith();
    const answers = await Promise.all(
      ['read', 'write', 'delete', 'admin'].map((action) => put(`user:${id}`, [action])),
    );
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 204, 204]);
    expect(await list()).toHaveLength(1);
  });
});

describe('nobody grants what they do not hold on the resource', () => {
  it('by a role: exactly its permissions there', async () => {
    const { token } = await world.userWith([['granter', 'acme']]);
    const { id } = await world.userWith();
    expect((await put(`user:${id}`, ['read'], { token })).status).toBe(204);
    const refused = await put(`user:${id}`, ['read', 'write'], { token });
    expect(refused).toMatchObject({ status: 403, body: { code: 'beyond_own_powers' } });
    expect(refused.body.details.permissions).toEqual(['project:write']);
    expect((await put(`user:${id}`, ['admin'], { token })).status).toBe(403);
    expect((await list())[0].actions).toEqual(['read']);
  });

  it('nor changes or takes away what goes beyond them', async () => {
    const { token } = await world.userWith([['granter', 'acme']]);
    const { id } = await world.userWith();
    await put(`user:${id}`, ['write']);
    expect((await put(`user:${id}`, ['read'], { token })).status).toBe(403);
    expect((await world.call('DELETE', `${grants}/user:${id}`, { token })).status).toBe(403);
    expect((await list())[0].actions).toEqual(['write']);
  });

  it('by a grant: what it says, and for no longer', async () => {
    const owner = await world.userWith();
    const { id } = await world.userWith();
    const until = fromNow(3600);
    await put(`user:${owner.id}`, ['admin'], { expires_at: until });
    const { token } = owner;
    expect((await put(`user:${id}`, ['admin'], { token, expires_at: until })).status).toBe(204);
    expect((await put(`user:${id}`, ['read'], { token, expires_at: fromNow(60) })).status).toBe(204);
    expect((await put(`user:${id}`, ['read'], { token, expires_at: fromNow(7200) })).status).toBe(403);
    expect((await put(`user:${id}`, ['read'], { token })).status).toBe(403);
    expect((await put(`user:${owner.id}`, ['admin'], { token })).status).toBe(403);
    const other = await someProject('acme');
    const there = `/organizations/acme/projects/${other.id}/grants/user:${id}`;
    expect((await world.call('PUT', there, { token, body: { actions: ['read'] } })).status).toBe(404);
  });

  it('nor comes by it through a group', async () => {
    await world.role('groups-only', ['group:read', 'group:write']);
    const { id, token } = await world.userWith([['groups-only', null]]);
    const slug = `g-${tag()}`;
    await world.call('POST', '/groups', { body: { slug, name: slug } });
    const join = () => world.call('PUT', `/groups/${slug}/members/users/${id}`, { token });
    await put(`group:${slug}`, ['read']);
    expect((await join()).body).toMatchObject({
      code: 'beyond_own_powers',
      details: { permissions: ['project:read'] },
    });
    await put(`user:${id}`, ['read'], { expires_at: fromNow(3600) });
    expect((await join()).status).toBe(403);
    await put(`user:${id}`, ['read']);
    expect((await join()).status).toBe(204);
  });
});

describe('an expired grant', () => {
  const grantUntil = (userId: string, expires_at: string) =>
    world.platform.graph.transaction((tx) =>
      tx.connect(CanAccess, ref(User, userId), ref(TestProject, project.id), {
        actions: ['admin'],
        granted_by: 'somebody',
        granted_at: fromNow(-86_400),
        expires_at,
      }),
    );

  it('grants nothing and covers nothing, is still listed, and can be renewed', async () => {
    const { id, token } = await world.userWith();
    await grantUntil(id, fromNow(-1));
    expect(await seesGrants(token)).toBe(404);
    expect((await world.call('GET', '/me/grants', { token })).body.items).toEqual([]);
    expect(await list()).toHaveLength(1);
    const reader = await world.userWith([['granter', 'acme']]);
    expect((await put(`user:${id}`, ['read'], { token: reader.token })).status).toBe(204);
    expect(await seesGrants(token)).toBe(403);
  });

  it('is cleared away a month later, with an audit event, and no other is', async () => {
    const users = [await world.userWith(), await world.userWith(), await world.userWith()];
    const [long, lately, never] = users.map(({ id }) => id);
    await grantUntil(long ?? '', fromNow(-31 * 86_400));
    await grantUntil(lately ?? '', fromNow(-29 * 86_400));
    await put(`user:${never}`, ['read']);
    const { graph } = world.platform;
    await new GrantJanitor(graph, new GrantsRepository(graph)).removeExpired();
    const left = (await list()).map(({ principal }: { principal: { id: string } }) => principal.id);
    expect(left.sort()).toEqual([lately, never].sort());
    const events = await auditOf('grant.delete');
    expect(events).toEqual([expect.objectContaining({ reason: 'expired', actor_kind: 'system' })]);
  });
});

describe('grants on a team', () => {
  it('are found by its slug, and are that team’s only', async () => {
    const { id, token } = await world.userWith();
    const [one, two] = [`t-${tag()}`, `t-${tag()}`];
    await world.platform.graph.transaction((tx) =>
      tx.insertMany(
        TestTeam,
        [one, two].map((slug) => ({ organization_id: world.organizations['acme'] ?? '', slug, name: slug })),
      ),
    );
    const at = (slug: string) => `/organizations/acme/teams/${slug}/grants`;
    expect((await world.call('PUT', `${at(one)}/user:${id}`, { body: { actions: ['admin'] } })).status).toBe(204);
    expect((await world.call('GET', at(one), { token })).status).toBe(200);
    expect((await world.call('GET', at(two), { token })).status).toBe(404);
    expect((await world.call('GET', at('none'))).status).toBe(404);
  });
});

describe('GET /me/grants', () => {
  it('lists what was granted to the caller and to their groups, everywhere, by one statement besides the guard’s', async () => {
    const { id, token } = await world.userWith();
    const slug = `g-${tag()}`;
    await world.call('POST', '/groups', { body: { slug, name: 'Guests' } });
    await world.call('PUT', `/groups/${slug}/members/users/${id}`);
    const rival = await someProject('rival');
    await put(`user:${id}`, ['read', 'write'], { expires_at: FOREVER });
    const body = { actions: ['read'] };
    await world.call('PUT', `/organizations/rival/projects/${rival.id}/grants/group:${slug}`, { body });
    await world.call('PUT', `/organizations/rival/projects/${rival.id}/grants/user:${id}`, { body });
    const query = jest.spyOn(PgClient.prototype, 'query');
    const mine = await world.call('GET', '/me/grants?count=exact', { token });
    expect(query).toHaveBeenCalledTimes(2);
    query.mockRestore();
    expect(mine.body.total).toBe(3);
    const short = mine.body.items.map(
      (item: { resource: { id: string; organization: string }; granted_to: { reference: string } }) =>
        `${item.resource.organization} ${item.resource.id} ${item.granted_to.reference}`,
    );
    expect(short.sort()).toEqual(
      [`acme ${project.id} user:${id}`, `rival ${rival.id} group:${slug}`, `rival ${rival.id} user:${id}`].sort(),
    );
    const paged: unknown[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const next: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const { body: page } = await world.call('GET', `/me/grants?limit=1${next}`, { token });
      paged.push(...page.items);
      cursor = page.next_cursor;
    }
    expect(paged).toEqual(mine.body.items);
  });
});
