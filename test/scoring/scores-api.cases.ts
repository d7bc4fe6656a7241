import { beforeAll, describe, expect, it } from '@jest/globals';
import type { ScoringWorld } from './scoring-world.js';

/** What is asked of scores. */
export function scoreCases(open: () => ScoringWorld): void {
  let world: ScoringWorld;

  let organization: Awaited<ReturnType<ScoringWorld['organization']>>;
  const ids: string[] = [];

  const links = (...slugs: string[]) => Object.fromEntries(slugs.map((slug) => [slug, `https://${slug}.example.org`]));
  const DESCRIBED = { attribute_name: 'description', measure: 'present', value_score_map: { true: 100 }, weight: 30 };
  const LINKED = {
    attribute_name: 'links',
    measure: 'count',
    range_score_map: { '..1': 0, '1..2': 60, '2..': 100 },
    weight: 10,
  };

  beforeAll(async () => {
    world = open();
    await world.settled();
    organization = await world.organization();
    const shapes = [
      {},
      { description: 'Something.' },
      { links: links('docs') },
      { description: 'Something.', links: links('docs', 'code') },
      { description: 'Something.', links: links('code'), project_types: ['a', 'b'], team: 'b' },
      { project_types: ['b'], team: 'b' },
    ];
    for (const [index, shape] of shapes.entries()) ids.push(await world.project(organization, `p${index}`, shape));
    await world.policy(organization.path, 'described', DESCRIBED);
    await world.policy(organization.path, 'linked', { ...LINKED, project_types: ['a'] });
    await world.settled();
  });

  const get = (path: string) => world.call('GET', `${organization.path}${path}`);

  describe('the score of a project', () => {
    it('is explained policy by policy', async () => {
      const { status, body } = await get(`/projects/${ids[2]}/score`);
      expect(status).toBe(200);
      expect(body).toMatchObject({ score: 15, current: 15, unfloored_total: 15, flag: null, total_weight: 40 });
      expect(body.missing).toEqual(['description']);
      expect(body.policies).toMatchObject([
        { slug: 'described', outcome: 'no_mapping', value: null, measured: false, score: 0, contribution: 0 },
        { slug: 'linked', outcome: 'scored', measured: 1, matched: '1..2', score: 60, weight: 10, contribution: 15 },
      ]);
      const other = (await get(`/projects/${ids[5]}/score`)).body;
      expect(other.policies).toMatchObject([
        { applies: true },
        { applies: false, outcome: 'not_targeted', score: null },
      ]);
    });

    it('has a history by change, hour and day, in pages, and a trend', async () => {
      const path = `/projects/${ids[2]}/score`;
      const all = (await get(`${path}/history`)).body.items;
      expect(all.length).toBeGreaterThan(0);
      expect(all[0]).toMatchObject({ score: 15, changes: 1 });
      const walked: unknown[] = [];
      let next = '';
      do {
        const { body } = await get(`${path}/history?limit=1${next}`);
        walked.push(...body.items);
        next = body.next_cursor === null ? '' : `&cursor=${body.next_cursor}`;
      } while (next !== '');
      expect(walked).toEqual(all);
      const days = (await get(`${path}/history?granularity=day`)).body.items;
      expect(days.reduce((sum: number, day: { changes: number }) => sum + day.changes, 0)).toBe(all.length);
      expect(days[0]).toMatchObject({ score: 15, time: expect.stringMatching(/T00:00:00.000Z$/) });
      expect((await get(`${path}/history?granularity=hour`)).body.items[0]).toMatchObject({ score: 15 });
      expect((await get(`${path}/history?granularity=week`)).status).toBe(400);
      const first = all.at(-1).score;
      expect((await get(`${path}/trend?days=7`)).body).toMatchObject({
        score: 15,
        previous: first,
        delta: 15 - first,
        changes: all.length,
      });
    });

    it('has a cheapest way up', async () => {
      const { body } = await get(`/projects/${ids[0]}/score/path?target=70`);
      expect(body).toMatchObject({
        current: 0,
        reachable: true,
        reached: 75,
        steps: [{ attribute_name: 'description', wanted: ['true'], gain: 75 }],
      });
      expect((await get(`/projects/${ids[0]}/score/path`)).body).toMatchObject({ target: 100, reachable: true });
      expect((await get(`/projects/${ids[0]}/score/path?target=101`)).status).toBe(400);
    });

    it('is not found elsewhere', async () => {
      const other = await world.organization();
      for (const path of ['score', 'score/history', 'score/trend', 'score/path?target=1']) {
        expect((await world.call('GET', `${other.path}/projects/${ids[0]}/${path}`)).status).toBe(404);
        expect((await get(`/projects/nonsense/${path}`)).status).toBe(404);
      }
    });
  });

  describe('scores together', () => {
    it('are rolled up by team, type and organization, without what is archived', async () => {
      const archived = await world.project(organization, 'old', { team: 'b' });
      await world.call('POST', `${organization.path}/projects/${archived}/archive`);
      await world.settled();
      expect((await get('/scores/rollup')).body.items).toEqual([
        {
          organization: organization.slug,
          slug: 'a',
          name: 'A',
          projects: 4,
          scored: 4,
          average: 47.5,
          minimum: 0,
          maximum: 100,
        },
        {
          organization: organization.slug,
          slug: 'b',
          name: 'B',
          projects: 2,
          scored: 2,
          average: 45,
          minimum: 0,
          maximum: 90,
        },
      ]);
      expect((await get('/scores/rollup?by=project_type')).body.items).toMatchObject([
        { slug: 'a', projects: 5, average: 56 },
        { slug: 'b', projects: 2, average: 45 },
      ]);
      const [whole] = (await get('/scores/rollup?by=organization')).body.items;
      expect(whole).toMatchObject({ slug: organization.slug, projects: 6, average: 46.6667 });
      const page = (await get('/scores/rollup?limit=1')).body;
      expect((await get(`/scores/rollup?limit=1&cursor=${page.next_cursor}`)).body).toMatchObject({
        items: [{ slug: 'b' }],
        next_cursor: null,
      });
      expect((await world.call('GET', '/api/scores/rollup?by=organization')).body.items).toContainEqual(whole);
    });

    it('are spread over buckets', async () => {
      const { body } = await get('/scores/distribution?buckets=4');
      expect(body).toEqual({
        projects: 6,
        scored: 6,
        average: 46.6667,
        median: 15,
        buckets: [
          { low: 0, high: 25, projects: 3 },
          { low: 25, high: 50, projects: 0 },
          { low: 50, high: 75, projects: 0 },
          { low: 75, high: 100, projects: 3 },
        ],
      });
      expect((await get('/scores/distribution?team=b')).body).toMatchObject({ projects: 2 });
      expect((await get('/scores/distribution?buckets=0')).status).toBe(400);
      expect((await world.call('GET', '/api/scores/distribution')).status).toBe(200);
    });
  });

  describe('a simulation', () => {
    const proposed = [
      { slug: 'described', name: 'D', ...DESCRIBED, weight: 1 },
      {
        slug: 'coded',
        name: 'C',
        attribute_name: 'links.code',
        measure: 'present',
        value_score_map: { true: 100, false: 20 },
        weight: 3,
      },
      { slug: 'off', name: 'O', ...DESCRIBED, enabled: false },
      {
        slug: 'for-b',
        name: 'B',
        attribute_name: 'tags',
        measure: 'count',
        range_score_map: { '0..': 7 },
        weight: 2,
        project_types: ['b'],
      },
    ];

    it('says for every project just what a real recomputation then does, and saves nothing', async () => {
      const before = (await get('/scoring-policies')).body;
      const simulated = await world.call('POST', `${organization.path}/scoring-policies/simulate`, {
        policies: proposed,
        threshold: 50,
        limit: 1000,
        buckets: 4,
      });
      expect(simulated.status).toBe(200);
      expect((await get('/scoring-policies')).body).toEqual(before);
      const was = new Map<string, number>();
      for (const { id, score } of (await get('/projects?filter[archived]=false')).body.items) was.set(id, score);
      for (const { id, before: value } of simulated.body.items) expect(was.get(id)).toBe(value);

      for (const slug of ['described', 'linked']) {
        await world.call('DELETE', `${organization.path}/scoring-policies/${slug}`);
      }
      for (const policy of proposed) await world.call('POST', `${organization.path}/scoring-policies`, policy);
      await world.settled();
      const real = (await get('/projects?filter[archived]=false')).body.items;
      const predicted = new Map<string, number>(was);
      for (const { id, after } of simulated.body.items) predicted.set(id, after);
      expect(real).toHaveLength(6);
      for (const { id, score } of real) expect(score).toBe(predicted.get(id));
      const distribution = (await get('/scores/distribution?buckets=4')).body;
      expect(simulated.body).toMatchObject({
        projects: 6,
        average_after: distribution.average,
        truncated: false,
        changed: simulated.body.items.length,
        dropping: real.filter(({ id, score }: { id: string; score: number }) => (was.get(id) ?? 0) >= 50 && score < 50)
          .length,
      });
      const after = simulated.body.distribution.map((bucket: { after: number }) => bucket.after);
      expect(after).toEqual(distribution.buckets.map((bucket: { projects: number }) => bucket.projects));
      expect(await world.faults(organization.id)).toEqual([]);
    });

    it('refuses what could not be saved, with a pointer into the set', async () => {
      const answer = await world.call('POST', `${organization.path}/scoring-policies/simulate`, {
        policies: [proposed[0], { ...proposed[0], weight: -1 }, { ...proposed[3], project_types: ['zzz'] }],
      });
      expect(answer.status).toBe(422);
      expect(answer.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
        '/policies/1/weight',
        '/policies/2/project_types/0',
        '/policies/1/slug',
      ]);
    });

    it('tells who would drop below a threshold, however many others would change more', async () => {
      const simulate = (more: object) =>
        world.call('POST', `${organization.path}/scoring-policies/simulate`, {
          policies: [{ slug: 'coded', name: 'C', attribute_name: 'links.code', measure: 'present', weight: 1 }].map(
            (policy) => ({ ...policy, value_score_map: { true: 100, false: 20 } }),
          ),
          ...more,
        });
      const { body: all } = await simulate({ threshold: 30, limit: 1000 });
      const dropping = all.items.filter(({ drops }: { drops: boolean }) => drops);
      expect(dropping.length).toBeGreaterThan(0);
      expect(dropping.length).toBeLessThan(all.items.length);
      const { body } = await simulate({ threshold: 30, list: 'dropping' });
      expect(body).toMatchObject({
        items: dropping,
        dropping: dropping.length,
        changed: all.changed,
        truncated: false,
      });
      expect((await simulate({ threshold: 30, list: 'dropping', limit: 0 })).body).toMatchObject({ truncated: true });
      expect(await simulate({ list: 'dropping' })).toMatchObject({
        status: 422,
        body: { errors: [{ pointer: '/threshold', code: 'needed' }] },
      });
    });
  });
}
