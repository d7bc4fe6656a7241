import { beforeAll, describe, expect, it } from '@jest/globals';
import { sleep } from '#libs/common';
import { DEBOUNCE_SECONDS, type ScoringWorld } from './scoring-world.js';

/** Changes at random moments. */
export function debounceCases(open: () => ScoringWorld): void {
  let world: ScoringWorld;

  const CHANGES = Number(process.env['IMBI_TEST_SCORE_CHANGES'] ?? 150);
  const PROJECTS = 6;

  beforeAll(async () => {
    world = open();
    await world.settled();
  });

  const random = (below: number) => Math.floor(Math.random() * below);

  describe('changes at any moment', () => {
    it(`are all in the scores in the end: ${CHANGES} of projects and policies, around the debounce`, async () => {
      const organization = await world.organization();
      const { path } = organization;
      const ids: string[] = [];
      for (let index = 0; index < PROJECTS; index += 1) ids.push(await world.project(organization, `p${index}`));
      await world.policy(path, 'named', { attribute_name: 'name', value_score_map: Object.fromEntries(values()) });
      await world.policy(path, 'described', {
        attribute_name: 'description',
        measure: 'present',
        value_score_map: { true: 100 },
      });

      const failures: unknown[] = [];
      const change = async () => {
        const id = ids[random(PROJECTS)];
        const kind = random(10);
        const answer =
          kind === 0
            ? await world.call('PATCH', `${path}/scoring-policies/named`, { weight: 1 + random(50) })
            : kind === 1
              ? await world.call('POST', `${path}/projects/${id}/${random(2) === 0 ? 'archive' : 'unarchive'}`)
              : await world.call('PATCH', `${path}/projects/${id}`, {
                  name: `n${random(20)}`,
                  description: random(2) === 0 ? null : 'x',
                });
        if (answer.status !== 200) failures.push(answer.body);
      };
      for (let index = 0; index < CHANGES; index += 1) {
        await change();
        // Less, about as long, and longer than the debounce: before, in and after a run.
        if (random(3) === 0) await sleep(random(DEBOUNCE_SECONDS * 2500));
      }
      expect(failures).toEqual([]);
      await world.settled();
      expect(await world.faults(organization.id)).toEqual([]);
    });
  });

  function values(): [string, number][] {
    return Array.from({ length: 20 }, (_, index) => [`n${index}`, index * 5]);
  }
}
