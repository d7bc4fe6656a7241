import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  archiveProject,
  ConflictError,
  createEnvironment,
  createImbiClient,
  createLinkDefinition,
  createOrganization,
  createProject,
  createProjectType,
  createTag,
  createTeam,
  deleteOrganization,
  deleteProject,
  deleteProjectDependency,
  deleteProjectEnvironment,
  deleteTag,
  deleteTeam,
  findProjectBySlug,
  getOrganization,
  getProject,
  getProjectImpact,
  getTeam,
  InvalidError,
  items,
  listOrganizations,
  listProjectDependencies,
  listProjectDependents,
  listProjectHistory,
  listProjects,
  listTeams,
  NotFoundError,
  type ProblemError,
  putProjectDependency,
  putProjectEnvironment,
  replaceProject,
  replaceTag,
  replaceTeam,
  StaleVersionError,
  UnauthenticatedError,
  unarchiveProject,
  updateLinkDefinition,
  updateProject,
  updateProjectEnvironment,
  updateTeam,
  writeProjects,
} from '#sdk';
import { newOrganization, product } from '#test/product';

const JSON_PATCH = { 'Content-Type': 'application/json-patch+json' };

let org: string;
const { client } = product();
const strict = { client, throwOnError: true } as const;

/** The problem a call ends with. */
async function problem(call: Promise<{ error?: unknown }>): Promise<ProblemError> {
  const { error } = await call;
  if (error === undefined) throw new Error('the call did not fail');
  return error as ProblemError;
}

async function project(slug: string, more: object = {}) {
  const body = { slug, name: slug, team: 'platform', project_types: ['http-api'], ...more };
  return (await createProject({ ...strict, path: { org }, body })).data;
}

beforeAll(async () => {
  org = await newOrganization('catalog');
  const path = { org };
  await createTeam({ ...strict, path, body: { slug: 'platform', name: 'Platform' } });
  await createTeam({ ...strict, path, body: { slug: 'web', name: 'Web' } });
  await createProjectType({ ...strict, path, body: { slug: 'http-api', name: 'HTTP API' } });
  await createProjectType({ ...strict, path, body: { slug: 'library', name: 'Library' } });
  await createEnvironment({ ...strict, path, body: { slug: 'testing', name: 'Testing', sort_order: 1 } });
  await createEnvironment({ ...strict, path, body: { slug: 'production', name: 'Production', sort_order: 2 } });
  await createTag({ ...strict, path, body: { slug: 'go', name: 'Go' } });
  const body = { slug: 'repository', name: 'Repository', url_template: '{url}' };
  await createLinkDefinition({ ...strict, path, body });
});

describe('an organization', () => {
  it('is created, read, listed and deleted when it owns nothing', async () => {
    const slug = `${org}-2`;
    const { response } = await createOrganization({ ...strict, body: { slug, name: 'Second' } });
    expect([response.status, response.headers.get('location'), response.headers.get('etag')]).toEqual([
      201,
      `/api/organizations/${slug}`,
      '"1"',
    ]);
    expect((await getOrganization({ ...strict, path: { org: slug } })).data).toMatchObject({ slug, name: 'Second' });
    const query = { 'filter[slug]': { in: `${slug},${org}` }, sort: 'slug' };
    const listed = (await listOrganizations({ ...strict, query })).data.items;
    expect(listed.map((one) => one.slug)).toEqual([org, slug]);
    expect((await deleteOrganization({ ...strict, path: { org: slug } })).response.status).toBe(204);
    expect(await problem(getOrganization({ client, path: { org: slug } }))).toBeInstanceOf(NotFoundError);
  });

  it('is kept while it owns anything', async () => {
    const error = await problem(deleteOrganization({ client, path: { org } }));
    expect(error).toBeInstanceOf(ConflictError);
    expect(error.code).toBe('in_use');
    expect(error.problem['details']).toMatchObject({ counts: { teams: expect.any(Number) } });
  });
});

describe('a team', () => {
  it('is told apart by its version: ETag, 304, 412', async () => {
    const path = { org, slug: 'versioned' };
    const body = { slug: 'versioned', name: 'One' };
    const created = await createTeam({ ...strict, path: { org }, body });
    expect(created.response.headers.get('location')).toBe(`/api/organizations/${org}/teams/versioned`);
    const etag = created.response.headers.get('etag') ?? '';
    const { response: unchanged } = await getTeam({ client, path, headers: { 'If-None-Match': etag } });
    expect([unchanged?.status, await unchanged?.text()]).toEqual([304, '']);
    const replaced = await replaceTeam({
      ...strict,
      path,
      body: { ...body, name: 'Two' },
      headers: { 'If-Match': etag },
    });
    expect([replaced.data.version, replaced.response.headers.get('etag')]).toEqual([2, '"2"']);
    const stale = await problem(updateTeam({ client, path, body: { name: 'Three' }, headers: { 'If-Match': etag } }));
    expect(stale).toBeInstanceOf(StaleVersionError);
    expect(stale.problem).toMatchObject({
      code: 'version_mismatch',
      details: { expected_version: 1, current_version: 2 },
    });
    expect(await problem(deleteTeam({ client, path, headers: { 'If-Match': etag } }))).toBeInstanceOf(
      StaleVersionError,
    );
    await deleteTeam({ ...strict, path, headers: { 'If-Match': '"2"' } });
  });

  it('is created once by a PUT that expects nothing', async () => {
    const path = { org, slug: 'put' };
    const call = { client, path, body: { slug: 'put', name: 'Put' }, headers: { 'If-None-Match': '*' } } as const;
    const { response } = await replaceTeam(call);
    expect([response?.status, response?.headers.get('location'), response?.headers.get('etag')]).toEqual([
      201,
      `/api/organizations/${org}/teams/put`,
      '"1"',
    ]);
    expect((await problem(replaceTeam(call))).status).toBe(412);
    expect((await replaceTeam({ ...strict, path, body: call.body })).response.status).toBe(200);
    const tag = { slug: 'put', name: 'Put' };
    const { response: tagged } = await replaceTag({ client, path, body: tag, headers: { 'If-None-Match': '*' } });
    expect(tagged?.status).toBe(201);
    await deleteTag({ ...strict, path });
    await deleteTeam({ ...strict, path });
  });

  it('takes a merge patch and a JSON patch, and no other kind', async () => {
    const path = { org, slug: 'patched' };
    const body = { slug: 'patched', name: 'One', description: 'Old.' };
    await createTeam({ ...strict, path: { org }, body });
    const merged = await updateTeam({ ...strict, path, body: { description: null } });
    expect(merged.data).toMatchObject({ name: 'One', description: null });
    const url = '/api/organizations/{org}/teams/{slug}';
    const patch = [{ op: 'replace', path: '/name', value: 'Two' }];
    const { response } = await client.patch({ url, path, headers: JSON_PATCH, body: patch });
    expect([response?.status, (await getTeam({ ...strict, path })).data.name]).toEqual([200, 'Two']);
    const plain = await problem(client.patch({ url, path, headers: { 'Content-Type': 'application/json' }, body: {} }));
    expect([plain.status, plain.code]).toEqual([415, 'unsupported_media_type']);
    const own = await problem(client.patch({ url, path, headers: JSON_PATCH, body: [{ op: 'remove', path: '/id' }] }));
    expect([own.status, own.errors.map(({ pointer }) => pointer)]).toEqual([400, ['/id']]);
  });

  it('is created once with one idempotency key', async () => {
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    const call = { client, path: { org }, body: { slug: 'once', name: 'Once' }, headers } as const;
    const first = await createTeam(call);
    const again = await createTeam(call);
    expect(again.data).toEqual(first.data);
    expect([first, again].map(({ response }) => response?.headers.get('idempotency-replayed'))).toEqual([null, 'true']);
    expect([again.response?.status, again.response?.headers.get('location')]).toEqual([
      201,
      first.response?.headers.get('location'),
    ]);
    const other = await problem(createTeam({ ...call, body: { slug: 'other', name: 'Other' } }));
    expect(other.status).toBe(422);
    expect((await problem(createTeam({ ...call, headers: {} }))).status).toBe(409);
  });

  it('is refused with a problem that points at every fault', async () => {
    const call = createTeam({ client, path: { org }, body: { slug: 'No Slug', name: '', colour: 'red' } as never });
    const error = await problem(call);
    expect(error).toBeInstanceOf(InvalidError);
    const { problem: document, errors } = error;
    expect(document).toMatchObject({
      type: expect.stringContaining('/docs/errors/validation_failed'),
      title: expect.any(String),
      status: 422,
      detail: expect.any(String),
      instance: `/api/organizations/${org}/teams`,
      code: 'validation_failed',
      request_id: expect.any(String),
    });
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual(['/colour', '/name', '/slug']);
    const { response } = await call;
    expect(response?.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(JSON.stringify(document)).not.toMatch(/select |insert |at .*\.js:\d/i);
  });
});

describe('a project', () => {
  it('is created, changed, archived, found by every slug it had, and deleted', async () => {
    const created = await project('api', {
      project_types: ['library', 'http-api', 'library'],
      environments: { production: { url: 'https://api.example.org' } },
      tags: ['go'],
      links: { repository: 'https://git.example.org/api' },
      identifiers: { jira: 'API' },
    });
    const path = { org, id: created.id };
    expect(created).toMatchObject({
      team: { slug: 'platform', name: 'Platform' },
      project_types: [{ slug: 'http-api' }, { slug: 'library' }],
      environments: [{ slug: 'production', properties: { url: 'https://api.example.org' } }],
      version: 1,
    });
    const patched = await updateProject({ ...strict, path, body: { slug: 'core-api', team: 'web' } as never });
    expect(patched.data).toMatchObject({ slug: 'core-api', team: { slug: 'web' }, tags: [{ slug: 'go' }], version: 2 });
    const put = await putProjectEnvironment({
      ...strict,
      path: { ...path, environment: 'testing' },
      body: { url: 'https://test.example.org', version: '1.0' },
    });
    expect(put.data.environments.map(({ slug }) => slug)).toEqual(['testing', 'production']);
    const environment = { ...path, environment: 'testing' };
    const changed = await updateProjectEnvironment({ ...strict, path: environment, body: { version: '1.1' } });
    expect(changed.data.environments[0]?.properties).toEqual({ url: 'https://test.example.org', version: '1.1' });
    await deleteProjectEnvironment({ ...strict, path: environment });

    for (const slug of ['api', 'core-api']) {
      const { data, response } = await findProjectBySlug({ ...strict, path: { org, slug } });
      expect([data.id, response.redirected]).toEqual([created.id, true]);
    }
    expect((await archiveProject({ ...strict, path })).data.archived_at).toEqual(expect.any(String));
    expect((await unarchiveProject({ ...strict, path })).data.archived_at).toBeNull();
    const body = { slug: 'core-api', name: 'Core', team: 'web', project_types: ['library'] };
    const { data: replaced, response: replacing } = await replaceProject({ ...strict, path, body });
    expect(replaced).toMatchObject({ name: 'Core', environments: [], tags: [], links: {}, identifiers: {} });
    const etag = replacing.headers.get('etag') ?? '';
    const ifChanged = () => getProject({ client, path, headers: { 'If-None-Match': etag } });
    expect((await ifChanged()).response?.status).toBe(304);
    // The project is what it was, and shows another name.
    await updateTeam({ ...strict, path: { org, slug: 'web' }, body: { name: 'Web and more' } });
    expect((await ifChanged()).data).toMatchObject({ version: replaced.version, team: { name: 'Web and more' } });
    await updateTeam({ ...strict, path: { org, slug: 'web' }, body: { name: 'Web' } });
    expect((await ifChanged()).response?.status).toBe(304);
    await deleteProject({ ...strict, path, headers: { 'If-Match': etag } });
    expect(await problem(getProject({ client, path }))).toBeInstanceOf(NotFoundError);
    expect((await problem(findProjectBySlug({ client, path: { org, slug: 'api' } }))).status).toBe(404);
  });

  it('answers a look-up by slug with a permanent redirect', async () => {
    const { id } = await project('redirected');
    const { response } = await findProjectBySlug({ client, path: { org, slug: 'redirected' }, redirect: 'manual' });
    expect([response?.status, response?.headers.get('location')]).toEqual([
      308,
      `/api/organizations/${org}/projects/${id}`,
    ]);
  });

  it('may not name what is not there', async () => {
    const body = { slug: 'lost', name: 'Lost', team: 'none', project_types: ['library', 'none'], tags: ['none'] };
    const error = await problem(createProject({ client, path: { org }, body }));
    expect([error.status, error.errors.map(({ pointer }) => pointer).sort()]).toEqual([
      422,
      ['/project_types/1', '/tags/0', '/team'],
    ]);
  });

  it('is not found by its id in another organization', async () => {
    const { id } = await project('private');
    const other = await newOrganization('catalog-other');
    for (const call of [
      getProject({ client, path: { org: other, id } }),
      deleteProject({ client, path: { org: other, id } }),
      archiveProject({ client, path: { org: other, id } }),
    ]) {
      expect((await problem(call)).status).toBe(404);
    }
  });

  it('keeps its links when their definition is renamed', async () => {
    const path = { org };
    await createLinkDefinition({ ...strict, path, body: { slug: 'docs', name: 'Docs', url_template: '{url}' } });
    const { id } = await project('linked', { links: { docs: 'https://docs.example.org' } });
    await updateLinkDefinition({ ...strict, path: { org, slug: 'docs' }, body: { slug: 'manual' } as never });
    expect((await getProject({ ...strict, path: { org, id } })).data.links).toEqual({
      manual: 'https://docs.example.org',
    });
  });

  it('moves with its team’s projects to the team that replaces it', async () => {
    await createTeam({ ...strict, path: { org }, body: { slug: 'leaving', name: 'Leaving' } });
    const { id } = await project('orphan', { team: 'leaving' });
    const path = { org, slug: 'leaving' };
    const used = await problem(deleteTeam({ client, path }));
    expect([used.status, used.problem['details']]).toEqual([409, { counts: { projects: 1 } }]);
    await deleteTeam({ ...strict, path, query: { replace_with: 'web' } });
    expect((await getProject({ ...strict, path: { org, id } })).data.team).toEqual({ slug: 'web', name: 'Web' });
  });
});

describe('lists', () => {
  let own: string;
  const slugs = Array.from({ length: 12 }, (_, index) => `p${String(index).padStart(2, '0')}`);

  beforeAll(async () => {
    own = await newOrganization('catalog-list');
    const path = { org: own };
    await createTeam({ ...strict, path, body: { slug: 'a', name: 'A' } });
    await createTeam({ ...strict, path, body: { slug: 'b', name: 'B' } });
    await createProjectType({ ...strict, path, body: { slug: 't', name: 'T' } });
    const projects = slugs.map((slug, index) => ({
      slug,
      name: `Project ${slug}`,
      team: index % 3 === 0 ? 'a' : 'b',
      project_types: ['t'],
    }));
    const batch = await writeProjects({ ...strict, path, body: { items: projects } });
    expect(batch.data).toMatchObject({ created: 12, failed: 0 });
  });

  it('are walked item by item over their cursors, in any order', async () => {
    for (const [sort, expected] of [
      ['slug', slugs],
      ['-slug', slugs.toReversed()],
    ] as const) {
      const seen: string[] = [];
      const walk = items((cursor) =>
        listProjects({ ...strict, path: { org: own }, query: { cursor, sort, limit: 5 } }),
      );
      for await (const { slug } of walk) seen.push(slug);
      expect(seen).toEqual(expected);
    }
  });

  it('link to the next page, count where asked, and refuse a foreign cursor', async () => {
    const { data, response } = await listProjects({
      ...strict,
      path: { org: own },
      query: { limit: 5, count: 'exact' },
    });
    expect(data.total).toBe(12);
    const link = response.headers.get('link') ?? '';
    expect(link).toMatch(/^<\/api\/organizations\/.*cursor=.*>; rel="next"$/);
    const cursor = data.next_cursor ?? '';
    for (const call of [
      listTeams({ client, path: { org: own }, query: { cursor } }),
      listProjects({ client, path: { org }, query: { cursor } }),
      listProjects({ client, path: { org: own }, query: { cursor: 'nonsense' } }),
    ]) {
      const error = await problem(call);
      expect([error.status, error.code]).toEqual([400, 'malformed_cursor']);
    }
  });

  it('are filtered, and say what cannot be', async () => {
    const find = async (query: object) =>
      (await listProjects({ ...strict, path: { org: own }, query: { sort: 'slug', ...query } })).data.items.map(
        ({ slug }) => slug,
      );
    expect(await find({ 'filter[team]': { eq: 'a' } })).toEqual(['p00', 'p03', 'p06', 'p09']);
    expect(await find({ 'filter[team]': { eq: 'a' }, 'filter[name]': { contains: '0' }, limit: 2 })).toEqual([
      'p00',
      'p03',
    ]);
    expect(await find({ 'filter[archived]': { eq: true } })).toEqual([]);
    const query = { 'filter[score]': { gt: 'high' }, 'filter[colour]': { eq: 'red' } } as never;
    const error = await problem(listProjects({ client, path: { org: own }, query }));
    expect([error.status, error.errors.length]).toEqual([400, 2]);
  });
});

describe('a batch', () => {
  it('answers each item, changes only what differs, and is all or nothing where it is atomic', async () => {
    const path = { org };
    const item = (slug: string, more: object = {}) => ({
      slug,
      name: slug,
      team: 'platform',
      project_types: ['library'],
      ...more,
    });
    const mixture = [item('batch-1'), item('batch-2', { team: 'none' }), item('Bad')];
    const first = (await writeProjects({ ...strict, path, body: { items: mixture } })).data;
    expect(first.items.map(({ status }) => status)).toEqual(['created', 'failed', 'failed']);
    expect(first.items[1]?.errors?.map(({ pointer }) => pointer)).toEqual(['/team']);
    const upsert = { mode: 'upsert' } as const;
    const body = { items: [item('batch-1'), item('batch-2')] };
    const second = (await writeProjects({ ...strict, path, query: upsert, body })).data;
    expect(second.items.map(({ status }) => status)).toEqual(['unchanged', 'created']);
    const third = (await writeProjects({ ...strict, path, query: upsert, body })).data;
    expect(third).toMatchObject({ unchanged: 2, created: 0, updated: 0, failed: 0 });
    const atomic = { mode: 'upsert', atomic: 'true' } as never;
    const broken = { items: [item('batch-1', { name: 'Changed' }), item('batch-3', { team: 'none' })] };
    const error = await problem(writeProjects({ client, path, query: atomic, body: broken }));
    expect([error.status, error.code, error.errors.map(({ pointer }) => pointer)]).toEqual([
      422,
      'batch_failed',
      ['/items/1/team'],
    ]);
    const found = await findProjectBySlug({ ...strict, path: { org, slug: 'batch-1' } });
    expect(found.data.name).toBe('batch-1');
  });
});

describe('dependencies', () => {
  it('are put, listed at both ends, followed, and removed', async () => {
    const [shop, cart, stock] = [await project('shop'), await project('cart'), await project('stock')];
    const depend = (from: { id: string }, on: { id: string }, body: object = {}) =>
      putProjectDependency({ ...strict, path: { org, id: from.id, dependency: on.id }, body: { ...body } });
    await depend(shop, cart, { critical: true });
    await depend(cart, stock);
    await depend(stock, shop);
    const { data: dependencies } = await listProjectDependencies({ ...strict, path: { org, id: shop.id } });
    expect(dependencies.items).toEqual([{ id: cart.id, slug: 'cart', name: 'cart', properties: { critical: true } }]);
    const { data: dependents } = await listProjectDependents({ ...strict, path: { org, id: shop.id } });
    expect(dependents.items.map(({ slug }) => slug)).toEqual(['stock']);
    const { data: impact } = await getProjectImpact({ ...strict, path: { org, id: stock.id } });
    expect(impact.cyclic).toBe(true);
    expect(impact.projects.map(({ slug, depth, path }) => [slug, depth, path])).toEqual([
      ['cart', 1, [cart.id]],
      ['shop', 2, [cart.id, shop.id]],
    ]);
    const { data: near } = await getProjectImpact({ ...strict, path: { org, id: stock.id }, query: { depth: 1 } });
    expect(near.projects.map(({ slug }) => slug)).toEqual(['cart']);
    const self = putProjectDependency({ client, path: { org, id: shop.id, dependency: shop.id }, body: {} });
    expect((await problem(self)).code).toBe('validation_failed');
    await deleteProjectDependency({ ...strict, path: { org, id: stock.id, dependency: shop.id } });
    expect((await getProjectImpact({ ...strict, path: { org, id: stock.id } })).data.cyclic).toBe(false);
  });
});

describe('the history of a project', () => {
  it('tells who changed what, moments after it was done, and outlives the project', async () => {
    const { id } = await project('historic');
    const path = { org, id };
    await updateProject({ ...strict, path, body: { name: 'Renamed' } as never });
    const arrived = await history(id, (changes) => changes.some(({ version }) => version === 2));
    expect(arrived.find(({ version }) => version === 2)).toMatchObject({
      label: 'Project',
      operation: 'update',
      actor: { kind: 'user' },
      fields: [{ pointer: '/name', before: 'historic', after: 'Renamed' }],
    });
    await deleteProject({ ...strict, path });
    const whole = await history(id, (changes) =>
      changes.some(({ label, operation }) => label === 'Project' && operation === 'delete'),
    );
    expect(whole.length).toBeGreaterThan(arrived.length);
  });
});

type Change = Awaited<ReturnType<typeof changesOf>>[number];

async function changesOf(id: string) {
  return (await listProjectHistory({ ...strict, path: { org, id } })).data.items;
}

/** The changes once the outbox has delivered what is waited for; it has 10 seconds. */
async function history(id: string, isComplete: (changes: Change[]) => boolean): Promise<Change[]> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const changes = await changesOf(id);
    if (isComplete(changes) || Date.now() > deadline) return changes;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe('callers', () => {
  it('who are not signed in learn nothing', async () => {
    const anonymous = createImbiClient({ baseUrl: product().url });
    for (const call of [
      listOrganizations({ client: anonymous }),
      getOrganization({ client: anonymous, path: { org } }),
      getOrganization({ client: anonymous, path: { org: 'no-such-organization' } }),
      listProjects({ client: anonymous, path: { org } }),
      createTeam({ client: anonymous, path: { org }, body: { slug: 'x', name: 'X' } }),
    ]) {
      const error = await problem(call);
      expect(error).toBeInstanceOf(UnauthenticatedError);
      expect(error.problem['instance']).toEqual(expect.stringMatching(/^\/api\//));
    }
    const { response } = await listOrganizations({ client: anonymous });
    expect(response?.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  // A second user can only be made through the user API, which comes with issue 3.
  it.todo('who may only look into another organization find nothing here (404, never 403)');
});
