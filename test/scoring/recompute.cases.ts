import { beforeAll, describe, expect, it } from '@jest/globals';
import type { ScoringWorld } from './scoring-world.js';

/** Scores that follow changes. */
export function recomputeCases(open: () => ScoringWorld): void {
  let world: ScoringWorld;

  beforeAll(async () => {
    world = open();
    await world.settled();
  });

  const present = (attribute: string, more: object = {}) => ({
    attribute_name: attribute,
    measure: 'present',
    value_score_map: { true: 100 },
    ...more,
  });

  async function scoreOf(organization: { path: string }, id: string) {
    const { body } = await world.call('GET', `${organization.path}/projects/${id}`);
    return body.score;
  }

  describe('scores', () => {
    it('follow the project, with one row of history for each change and none of its version', async () => {
      const organization = await world.organization();
      const { path, id: organizationId } = organization;
      const id = await world.project(organization, 'one');
      await world.settled();
      expect(await scoreOf(organization, id)).toBe(100);
      await world.policy(path, 'described', present('description'));
      await world.policy(path, 'documented', present('links.docs', { weight: 30 }));
      await world.settled();
      expect(await scoreOf(organization, id)).toBe(0);
      const before = (await world.call('GET', `${path}/projects/${id}`)).body;
      expect(before).toMatchObject({ version: 1 });
      expect(before.updated_at).toBe(before.created_at);
      await world.call('PATCH', `${path}/projects/${id}`, { description: 'What it does.' });
      await world.settled();
      expect(await scoreOf(organization, id)).toBe(25);
      await world.call('PATCH', `${path}/projects/${id}`, { links: { docs: 'https://docs.example.org' } });
      await world.settled();
      expect(await scoreOf(organization, id)).toBe(100);
      await world.call('PATCH', `${path}/projects/${id}`, { name: 'Renamed' });
      await world.settled();
      const rows = await world.history(id);
      expect(rows.map(({ score, previous_score, change_reason }) => [previous_score, score, change_reason])).toEqual([
        [null, 100, 'project.created'],
        [100, 0, expect.stringMatching(/^scoring_policy.created$/)],
        [0, 25, 'project.updated'],
        [25, 100, 'project.updated'],
      ]);
      expect(await world.faults(organizationId)).toEqual([]);
    });

    it('follow policies and their targets, and what is archived or deleted does not count', async () => {
      const organization = await world.organization();
      const { path, id: organizationId } = organization;
      const ids: string[] = [];
      for (let index = 0; index < 20; index += 1) {
        ids.push(await world.project(organization, `p${index}`, { project_types: [index % 2 === 0 ? 'a' : 'b'] }));
      }
      await world.policy(path, 'described', present('description', { project_types: ['a'] }));
      await world.settled();
      const [even = '', odd = ''] = ids;
      expect([await scoreOf(organization, even), await scoreOf(organization, odd)]).toEqual([0, 100]);
      await world.call('PATCH', `${path}/scoring-policies/described`, { project_types: ['b'] });
      await world.settled();
      expect([await scoreOf(organization, even), await scoreOf(organization, odd)]).toEqual([100, 0]);
      await world.call('POST', `${path}/projects/${odd}/archive`);
      await world.call('DELETE', `${path}/projects/${ids[3]}`);
      await world.settled();
      expect(await scoreOf(organization, odd)).toBeNull();
      expect((await world.history(odd)).at(-1)).toMatchObject({ score: null, change_reason: 'project.archived' });
      expect((await world.history(ids[3] ?? '')).at(-1)).toMatchObject({
        score: null,
        change_reason: 'project.deleted',
      });
      await world.call('DELETE', `${path}/scoring-policies/described`);
      await world.call('POST', `${path}/projects/${odd}/unarchive`);
      await world.settled();
      expect(await scoreOf(organization, odd)).toBe(100);
      expect(await world.faults(organizationId)).toEqual([]);
    });

    it('are computed for many at once, with progress, and a run can be canceled', async () => {
      const organization = await world.organization();
      for (let index = 0; index < 30; index += 1) await world.project(organization, `p${index}`);
      await world.settled();
      const started = await world.call('POST', '/api/scoring/rescore', { organization: organization.slug, team: 'a' });
      expect(started).toMatchObject({ status: 202, body: { reason: 'rescore' } });
      const where = started.headers.get('location') ?? '';
      await world.settled();
      expect((await world.call('GET', where)).body).toMatchObject({ state: 'done', done: 30, total: 30, changed: 0 });
      expect((await world.call('POST', `${where}/cancel`)).body).toMatchObject({ code: 'rescore_ended' });
      const second = await world.call('POST', '/api/scoring/rescore', {});
      const canceled = await world.call('POST', `/api/scoring/rescores/${second.body.id}/cancel`);
      expect([200, 409]).toContain(canceled.status);
      const faults = await Promise.all(
        [
          { organization: 'nowhere' },
          { organization: organization.slug, team: 'zzz' },
          { organization: organization.slug, team: 'a', project_type: 'a' },
          { team: 'a' },
          { organization: organization.slug, policy: 'zzz' },
          { organization: organization.slug, blueprint: 'zzz' },
        ].map((body) => world.call('POST', '/api/scoring/rescore', body)),
      );
      expect(faults.map(({ status }) => status)).toEqual(faults.map(() => 422));
      await world.settled();
    });
  });
}
