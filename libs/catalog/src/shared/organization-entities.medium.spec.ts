import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Expectation, type Page, type PageQueryDto, type PatchDocument } from '#libs/http';
import {
  type CatalogWorld,
  catalogWorld,
  failure,
  failures,
  jsonPatch,
  mergePatch,
  pointers,
  query,
  walk,
} from '../../test/catalog-world.js';
import type { OrganizationScope } from './organization-scope.js';

interface Entity {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly version: number;
}

/** What the services of all five kinds have in common, whatever their DTOs add. */
interface Service {
  list(scope: OrganizationScope, query: PageQueryDto): Promise<Page<Entity>>;
  get(scope: OrganizationScope, slug: string): Promise<Entity>;
  create(scope: OrganizationScope, write: never): Promise<Entity>;
  replace(scope: OrganizationScope, slug: string, write: never, expected: Expectation): Promise<Entity>;
  patch(scope: OrganizationScope, slug: string, patch: PatchDocument, expected: Expectation): Promise<Entity>;
  delete(scope: OrganizationScope, slug: string, expected: Expectation, how?: never): Promise<void>;
}

interface Kind {
  readonly noun: string;
  readonly service: (world: CatalogWorld) => Service;
  readonly full: Readonly<Record<string, unknown>>;
  /** What the full document becomes when only slug and name are given (besides `required`). */
  readonly cleared: Readonly<Record<string, unknown>>;
  readonly required?: Readonly<Record<string, string>>;
}

const described = { description: 'What it is.', icon: 'https://example.org/i.svg' };
const undescribed = { description: null, icon: null };
const KINDS: readonly Kind[] = [
  { noun: 'team', service: (world) => world.teams, full: described, cleared: undescribed },
  {
    noun: 'project_type',
    service: (world) => world.types,
    full: { ...described, deployable: false, releasable: false },
    cleared: { ...undescribed, deployable: true, releasable: true },
  },
  {
    noun: 'environment',
    service: (world) => world.environments,
    full: { ...described, sort_order: -3, label_color: '#00ff7F', can_deploy: false, can_promote: true },
    cleared: { ...undescribed, sort_order: 0, label_color: null, can_deploy: true, can_promote: false },
  },
  {
    noun: 'link_definition',
    service: (world) => world.links,
    required: { url_template: 'https://example.org/{slug}' },
    full: { icon: 'star', url_template: '{url}' },
    cleared: { icon: null, url_template: 'https://example.org/{slug}' },
  },
  { noun: 'tag', service: (world) => world.tags, full: {}, cleared: {} },
];

let world: CatalogWorld;
beforeAll(async () => {
  world = await catalogWorld();
});
afterAll(async () => {
  expect(await world.faults()).toEqual([]);
  await world.close();
});

describe.each(KINDS)('a $noun', ({ noun, service: serviceOf, full, cleared, required }) => {
  let service: Service;
  let scope: OrganizationScope;
  const write = (slug: string, more: object = {}) => ({ slug, name: slug, ...required, ...more }) as never;

  beforeAll(async () => {
    service = serviceOf(world);
    scope = await world.organization();
    await world.takeEvents();
  });

  it('comes back as it was created, at version 1, and is announced', async () => {
    const created = await service.create(scope, write('created', full));
    expect(created).toMatchObject({ slug: 'created', name: 'created', ...full, version: 1 });
    expect(await service.get(scope, 'created')).toEqual(created);
    expect(await world.takeEvents()).toEqual([
      { name: `${noun}.created`, payload: { organization_id: scope.id, id: created.id, slug: 'created' } },
    ]);
  });

  it('is not created under a slug that is taken', async () => {
    await service.create(scope, write('taken'));
    const error = await failure(service.create(scope, write('taken')));
    expect(error).toMatchObject({ code: 'already_exists', kind: 'conflict' });
    expect(error.message).toContain('"taken"');
    expect(pointers(error)).toEqual(['/slug']);
  });

  it('may have the slug that one of another organization has', async () => {
    const other = await world.organization();
    await service.create(scope, write('shared'));
    expect(await service.create(other, write('shared'))).toMatchObject({ slug: 'shared' });
  });

  it('loses with a replacement what the new document leaves out', async () => {
    await service.create(scope, write('replaced', full));
    const replaced = await service.replace(scope, 'replaced', write('replaced', { name: 'New' }), {});
    expect(replaced).toMatchObject({ ...cleared, name: 'New', version: 2 });
    expect(await service.get(scope, 'replaced')).toEqual(replaced);
  });

  it('is created by a replacement that expects nothing to be there, and only once', async () => {
    const made = await service.replace(scope, 'put', write('put'), { absent: true });
    expect(made).toMatchObject({ slug: 'put', version: 1 });
    const again = await failure(service.replace(scope, 'put', write('put'), { absent: true }));
    expect(again).toMatchObject({ code: 'precondition_failed', kind: 'precondition_failed' });
    const elsewhere = await failure(service.replace(scope, 'put2', write('put3'), { absent: true }));
    expect([elsewhere.kind, pointers(elsewhere)]).toEqual(['invalid', ['/slug']]);
    expect(await failure(service.replace(scope, 'put2', write('put2'), {}))).toMatchObject({ kind: 'not_found' });
  });

  it('keeps with a merge patch what the patch does not name', async () => {
    await service.create(scope, write('merged', full));
    const patched = await service.patch(scope, 'merged', mergePatch({ name: 'New' }), {});
    expect(patched).toMatchObject({ ...full, name: 'New', version: 2 });
  });

  it('is cleared by null in a merge patch', async () => {
    await service.create(scope, write('nulled', full));
    const nulls = Object.fromEntries(Object.keys(full).map((name) => [name, null]));
    const patched = service.patch(scope, 'nulled', mergePatch({ ...nulls, ...required }), {});
    expect(await patched).toMatchObject(cleared);
  });

  it('takes a JSON patch, and refuses it as a whole where a test in it fails', async () => {
    await service.create(scope, write('json'));
    const rename = { op: 'replace', path: '/name', value: 'Json' };
    const patched = await service.patch(scope, 'json', jsonPatch([rename]), {});
    expect(patched.name).toBe('Json');
    const failing = [
      { op: 'replace', path: '/name', value: 'Other' },
      { op: 'test', path: '/slug', value: 'other' },
    ];
    expect(await failure(service.patch(scope, 'json', jsonPatch(failing), {}))).toMatchObject({ kind: 'conflict' });
    expect((await service.get(scope, 'json')).name).toBe('Json');
  });

  it('is validated as a whole after a patch', async () => {
    await service.create(scope, write('valid'));
    const error = await failure(service.patch(scope, 'valid', mergePatch({ name: '', slug: 'Not A Slug' }), {}));
    expect([error.kind, pointers(error).sort()]).toEqual(['invalid', ['/name', '/slug']]);
  });

  it.each(['id', 'version', 'created_at', 'updated_at'])('does not let a patch write its %s', async (field) => {
    const slug = `own-${field.replace('_', '-')}`;
    await service.create(scope, write(slug));
    const error = await failure(service.patch(scope, slug, mergePatch({ [field]: 'mine' }), {}));
    expect([error.kind, pointers(error)]).toEqual(['malformed', [`/${field}`]]);
  });

  it('is not written where nothing changes', async () => {
    const created = await service.create(scope, write('same', full));
    await world.takeEvents();
    expect(await service.replace(scope, 'same', write('same', full), {})).toEqual(created);
    expect(await service.patch(scope, 'same', mergePatch({}), {})).toEqual(created);
    expect(await world.takeEvents()).toEqual([]);
  });

  it('is only written at the version that is expected', async () => {
    await service.create(scope, write('versioned'));
    await service.replace(scope, 'versioned', write('versioned', { name: 'Two' }), { version: 1 });
    const stale = { version: 1 };
    for (const error of await failures(
      service.replace(scope, 'versioned', write('versioned', { name: 'Three' }), stale),
      service.patch(scope, 'versioned', mergePatch({ name: 'Three' }), stale),
      service.delete(scope, 'versioned', stale),
    )) {
      expect(error).toMatchObject({
        code: 'version_mismatch',
        kind: 'precondition_failed',
        details: { expected_version: 1, current_version: 2 },
      });
    }
    await service.delete(scope, 'versioned', { version: 2 });
  });

  it('answers to its new slug alone after a rename, and not to one that is taken', async () => {
    const { id } = await service.create(scope, write('before'));
    await service.create(scope, write('occupied'));
    expect(await service.patch(scope, 'before', mergePatch({ slug: 'after' }), {})).toMatchObject({ id });
    expect(await service.get(scope, 'after')).toMatchObject({ id, version: 2 });
    expect(await failure(service.get(scope, 'before'))).toMatchObject({ kind: 'not_found' });
    const clash = await failure(service.patch(scope, 'after', mergePatch({ slug: 'occupied' }), {}));
    expect([clash.kind, pointers(clash)]).toEqual(['conflict', ['/slug']]);
  });

  it('is gone when it was deleted', async () => {
    await service.create(scope, write('doomed'));
    await world.takeEvents();
    await service.delete(scope, 'doomed', {});
    for (const error of await failures(
      service.get(scope, 'doomed'),
      service.replace(scope, 'doomed', write('doomed'), {}),
      service.patch(scope, 'doomed', mergePatch({}), {}),
      service.delete(scope, 'doomed', {}),
    )) {
      expect(error).toMatchObject({ kind: 'not_found' });
    }
    expect((await world.takeEvents()).map(({ name }) => name)).toEqual([`${noun}.deleted`]);
  });

  it('is listed in the order asked for, page by page, and filtered', async () => {
    const own = await world.organization();
    for (const slug of ['b', 'd', 'a', 'e', 'c']) await service.create(own, write(slug, { name: `n${slug}` }));
    for (const limit of [1, 2, 5, 200]) {
      const listed = await walk((request) => service.list(own, { ...request, sort: 'name' }), limit);
      expect(listed.map(({ slug }) => slug)).toEqual(['a', 'b', 'c', 'd', 'e']);
    }
    const page = await service.list(own, query({ sort: '-slug', limit: 2, count: 'exact' }));
    expect([page.items.map(({ slug }) => slug), page.total]).toEqual([['e', 'd'], 5]);
    const some = await service.list(own, query({ sort: 'slug', filter: { 'filter[name][in]': 'na,nd,nz' } }));
    expect(some.items.map(({ slug }) => slug)).toEqual(['a', 'd']);
  });

  it('has a list whose cursors no other organization takes', async () => {
    const [own, other] = [await world.organization(), await world.organization()];
    for (const slug of ['a', 'b']) await service.create(own, write(slug));
    const { next_cursor } = await service.list(own, query({ limit: 1 }));
    const error = await failure(service.list(other, query({ limit: 1, cursor: next_cursor ?? '' })));
    expect(error).toMatchObject({ code: 'malformed_cursor', kind: 'malformed' });
  });
});
