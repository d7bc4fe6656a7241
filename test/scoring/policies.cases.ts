import { beforeAll, describe, expect, it } from '@jest/globals';
import type { ScoringWorld } from './scoring-world.js';

/** Policies over HTTP. */
export function policyCases(open: () => ScoringWorld): void {
  let world: ScoringWorld;

  let organization: Awaited<ReturnType<ScoringWorld['organization']>>;
  let policies: string;

  beforeAll(async () => {
    world = open();
    await world.settled();
    organization = await world.organization();
    policies = `${organization.path}/scoring-policies`;
  });

  const write = (more: object) => ({
    slug: 'p',
    name: 'P',
    attribute_name: 'description',
    measure: 'present',
    weight: 10,
    value_score_map: { true: 100 },
    ...more,
  });

  describe('scoring policies', () => {
    it('are created, read, listed by priority, patched, replaced and deleted', async () => {
      const { call } = world;
      const made = await call('POST', policies, write({ slug: 'first', priority: 2, project_types: ['b', 'a', 'a'] }));
      expect(made).toMatchObject({
        status: 201,
        body: { slug: 'first', enabled: true, category: 'attribute', project_types: ['a', 'b'], version: 1 },
      });
      expect(made.headers.get('location')).toBe(`${policies}/first`);
      await call('POST', policies, write({ slug: 'second', priority: 1 }));
      const page = await call('GET', `${policies}?limit=1&count=exact`);
      expect(page.body).toMatchObject({ items: [{ slug: 'second', project_types: null }], total: 2 });
      const next = await call('GET', `${policies}?limit=1&cursor=${page.body.next_cursor}`);
      expect(next.body).toMatchObject({ items: [{ slug: 'first' }], next_cursor: null });
      const listed = await call('GET', `${policies}?filter[attribute_name][eq]=links`);
      expect(listed.body.items).toEqual([]);

      const put = await call('PUT', `${policies}/first`, write({ slug: 'renamed', weight: 2.5, project_types: ['a'] }));
      expect(put).toMatchObject({
        status: 200,
        body: { slug: 'renamed', weight: 2.5, project_types: ['a'], version: 2 },
      });
      expect((await call('GET', `${policies}/first`)).status).toBe(404);
      expect(
        (await call('PUT', `${policies}/renamed`, write({ slug: 'renamed', weight: 2.5, project_types: ['a'] }))).body,
      ).toMatchObject({ version: 2 });
      expect((await call('DELETE', `${policies}/renamed`)).status).toBe(204);
      expect((await call('DELETE', `${policies}/second`)).status).toBe(204);
    });

    it.each<[string, object, string, string]>([
      ['no map', { value_score_map: null }, '/value_score_map', 'one_map'],
      ['both maps', { range_score_map: { '0..1': 1 } }, '/value_score_map', 'one_map'],
      ['an empty map', { value_score_map: {} }, '/value_score_map', 'empty_map'],
      ['a score over 100', { measure: 'value', value_score_map: { x: 100.5 } }, '/value_score_map/x', 'not_a_score'],
      ['a score that is text', { measure: 'value', value_score_map: { x: '5' } }, '/value_score_map/x', 'not_a_score'],
      ['too many decimals', { measure: 'value', value_score_map: { x: 0.00001 } }, '/value_score_map/x', 'not_a_score'],
      ['a weight over 100', { weight: 101 }, '/weight', 'max'],
      ['a weight too fine', { weight: 0.00001 }, '/weight', 'is_number'],
      ['a map that does not fit the measure', { value_score_map: { yes: 1 } }, '/value_score_map', 'present_or_not'],
      ['no types at all', { project_types: [] }, '/project_types', 'array_min_size'],
      ['an unknown type', { project_types: ['a', 'zzz'] }, '/project_types/1', 'unknown_reference'],
      ['another organization’s type', { project_types: ['other/a'] }, '/project_types/0', 'unknown_reference'],
      ['an attribute that is no name', { attribute_name: 'a b' }, '/attribute_name', 'matches'],
      ['an unknown field', { colour: 'red' }, '/colour', 'unknown_field'],
    ])('refuse %s', async (_what, more, pointer, code) => {
      const answer = await world.call('POST', policies, write({ slug: 'refused', ...more }));
      expect(answer).toMatchObject({ status: 422, body: { code: 'validation_failed' } });
      expect(answer.body.errors).toContainEqual(expect.objectContaining({ pointer, code }));
      expect((await world.call('GET', `${policies}/refused`)).status).toBe(404);
    });

    it('name both of two ranges that overlap', async () => {
      const ranges = { '..10': 1, '9..20': 2 };
      const answer = await world.call(
        'POST',
        policies,
        write({ measure: 'count', value_score_map: null, range_score_map: ranges }),
      );
      expect(answer.body.errors).toEqual([
        { pointer: '/range_score_map/9..20', code: 'overlap', message: 'The ranges "..10" and "9..20" overlap.' },
      ]);
    });

    it('keep a slug to themselves, each organization and all of them apart', async () => {
      const { call } = world;
      const other = await world.organization();
      const answers = await Promise.all([1, 2, 3].map(() => call('POST', policies, write({ slug: 'same' }))));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
      expect((await call('POST', `${other.path}/scoring-policies`, write({ slug: 'same' }))).status).toBe(201);
      const everywhere = await Promise.all(
        [1, 2].map(() => call('POST', '/api/scoring-policies', write({ slug: 'same' }))),
      );
      expect(everywhere.map(({ status }) => status).sort()).toEqual([201, 409]);
      for (const path of [policies, `${other.path}/scoring-policies`, '/api/scoring-policies']) {
        expect((await call('DELETE', `${path}/same`)).status).toBe(204);
      }
    });

    it('refuse a stale write, and patches are checked as a whole', async () => {
      const { call } = world;
      await call('POST', policies, write({ slug: 'patched' }));
      const patch = await call('PATCH', `${policies}/patched`, { range_score_map: { '0..1': 1 } });
      expect(patch).toMatchObject({ status: 422, body: { errors: [{ code: 'one_map' }] } });
      const swapped = await call('PATCH', `${policies}/patched`, {
        measure: 'count',
        value_score_map: null,
        range_score_map: { '0..1': 1 },
      });
      expect(swapped).toMatchObject({ status: 200, body: { value_score_map: null, version: 2 } });
      await call('DELETE', `${policies}/patched`);
    });

    it('for all organizations name types with their organization', async () => {
      const { call } = world;
      const made = await call(
        'POST',
        '/api/scoring-policies',
        write({ slug: 'all', project_types: [`${organization.slug}/a`] }),
      );
      expect(made).toMatchObject({ status: 201, body: { project_types: [`${organization.slug}/a`] } });
      const plain = await call('POST', '/api/scoring-policies', write({ slug: 'plain', project_types: ['a'] }));
      expect(plain).toMatchObject({ status: 422, body: { errors: [{ code: 'unknown_reference' }] } });
      expect((await call('GET', `${policies}/all`)).status).toBe(404);
      await call('DELETE', '/api/scoring-policies/all');
    });

    it('are switched off, in the same transaction, when the last type they are for is deleted', async () => {
      const { call } = world;
      for (const slug of ['x', 'y']) await call('POST', `${organization.path}/project-types`, { slug, name: slug });
      await call('POST', policies, write({ slug: 'for-both', project_types: ['x', 'y'] }));
      await call('POST', policies, write({ slug: 'for-one', project_types: ['x'] }));
      expect((await call('DELETE', `${organization.path}/project-types/x`)).status).toBe(204);
      expect((await call('GET', `${policies}/for-both`)).body).toMatchObject({ enabled: true, project_types: ['y'] });
      expect((await call('GET', `${policies}/for-one`)).body).toMatchObject({ enabled: false, project_types: [] });
      const on = await call('PATCH', `${policies}/for-one`, { enabled: true });
      expect(on).toMatchObject({
        status: 422,
        body: { errors: [{ pointer: '/project_types', code: 'array_min_size' }] },
      });
      expect((await call('PATCH', `${policies}/for-one`, { enabled: true, project_types: null })).body).toMatchObject({
        enabled: true,
        project_types: null,
      });
      for (const slug of ['for-both', 'for-one']) await call('DELETE', `${policies}/${slug}`);
    });

    it('are switched off too when the type goes with its organization', async () => {
      const { call } = world;
      const doomed = await world.organization();
      await call('POST', '/api/scoring-policies', write({ slug: 'orphan', project_types: [`${doomed.slug}/a`] }));
      expect((await call('DELETE', `${doomed.path}?cascade=true`)).status).toBe(202);
      for (let tries = 0; tries < 200; tries += 1) {
        const { body } = await call('GET', '/api/scoring-policies/orphan');
        if (body.enabled === false) break;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect((await call('GET', '/api/scoring-policies/orphan')).body).toMatchObject({
        enabled: false,
        project_types: [],
      });
      await call('DELETE', '/api/scoring-policies/orphan');
    });

    it('are not found, or forbidden, for who may not', async () => {
      const ada = await world.product.user('ada@example.org');
      expect((await ada.call('GET', policies)).status).toBe(404);
      expect((await ada.call('GET', '/api/scoring-policies')).status).toBe(403);
      expect((await ada.call('POST', '/api/scoring/rescore', {})).status).toBe(403);
    });
  });
}
