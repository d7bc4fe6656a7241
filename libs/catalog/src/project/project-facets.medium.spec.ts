import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '#libs/common';
import { type CatalogWorld, catalogWorld } from '../../test/catalog-world.js';
import { Blueprint } from '../model/blueprint.vertex.js';
import { Project } from '../model/project.vertex.js';
import { ProjectFacetsQueryDto } from './project-facets.dto.js';

let world: CatalogWorld;
beforeAll(async () => {
  world = await catalogWorld();
});
afterAll(() => world?.close());

const FIELDS = [
  'archived',
  'team',
  'project_type,environment,tag',
  'attributes.tier',
  'attributes.tier,tier,attributes.public,archived,team',
  'attributes.labels,attributes.tier,project_type',
  'environment,attributes.note,attributes.tier,attributes.public,archived,team,project_type,tag',
];

describe('the facets of an organization', () => {
  it('are the same whether the database is its own or shared', async () => {
    const scope = await world.furnished();
    const other = await world.furnished();
    const properties = {
      tier: { type: 'integer' },
      note: { type: 'string' },
      public: { type: 'boolean' },
      labels: { type: 'array', items: { type: 'string' } },
    };
    await world.graph.transaction((tx) =>
      tx.insert(Blueprint, {
        slug: 'facts',
        name: 'Facts',
        kind: 'node',
        type: 'Project',
        enabled: true,
        priority: 100,
        filter: { project_type: [], environment: [] },
        json_schema: { type: 'object', properties },
        key: newId(),
      }),
    );
    const count = async (of = scope) => {
      const counts = [];
      for (const fields of FIELDS) {
        counts.push(await world.facets.count(of, Object.assign(new ProjectFacetsQueryDto(), { fields })));
      }
      return counts;
    };
    expect((await count()).map(({ total }) => total)).toEqual(FIELDS.map(() => 0));
    for (let index = 0; index < 9; index += 1) {
      await world.project(scope, `p${index}`, {
        team: ['a', 'b', 'b'][index % 3],
        project_types: index % 2 === 0 ? ['a', 'b'] : ['c'],
        environments: index % 4 === 0 ? { a: {}, b: {} } : {},
        tags: index % 3 === 0 ? ['a', 'c'] : [],
        attributes: { tier: index % 3, public: index % 2 === 0, labels: ['x', `y${index % 2}`] },
      });
    }
    // Joined to nothing, as what came in by other ways may be; and of before its attributes had their present types.
    await world.graph.transaction((tx) =>
      tx.insert(Project, {
        organization_id: scope.id,
        slug: 'bare',
        name: 'Bare',
        attributes: { tier: 'null', note: 'null', public: [1], labels: { of: 'old' } },
      }),
    );
    const alone = await count();
    expect(alone[1]).toEqual({
      total: 10,
      facets: [
        {
          field: 'team',
          values: [
            { value: 'b', name: 'Team b', count: 6 },
            { value: 'a', name: 'Team a', count: 3 },
          ],
          other: 0,
          missing: 1,
        },
      ],
    });
    expect(alone[2]?.facets.map(({ missing }) => missing)).toEqual([1, 7, 7]);
    expect(alone[3]?.facets[0]).toEqual({
      field: 'attributes.tier',
      values: ['null', 0, 1, 2]
        .map((value) => ({ value, name: null, count: value === 'null' ? 1 : 3 }))
        .toSorted(byCount),
      other: 0,
      missing: 0,
    });
    expect((await count(other)).map(({ total }) => total)).toEqual(FIELDS.map(() => 0));
    await world.project(other, 'theirs', { attributes: { tier: 1, note: 'theirs', public: true } });
    expect(await count()).toEqual(alone);
    expect((await count(other)).map(({ total }) => total)).toEqual(FIELDS.map(() => 1));
  });
});

function byCount(left: { count: number }, right: { count: number }): number {
  return right.count - left.count;
}
