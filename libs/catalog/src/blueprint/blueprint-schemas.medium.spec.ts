import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '#libs/common';
import type { InsertOf } from '#libs/graph';
import { type CatalogWorld, catalogWorld, statementsOf } from '../../test/catalog-world.js';
import { Blueprint } from '../model/blueprint.vertex.js';
import { BlueprintSchemas } from './blueprint-schemas.js';

let world: CatalogWorld;
/** Of two processes: nothing in memory is shared. */
let first: BlueprintSchemas;
let second: BlueprintSchemas;
beforeAll(async () => {
  world = await catalogWorld();
  [first, second] = [new BlueprintSchemas(world.graph), new BlueprintSchemas(world.graph)];
});
afterAll(() => world?.close());

const ANYWHERE = newId();

function values(attribute: string): InsertOf<typeof Blueprint> {
  return {
    slug: attribute,
    name: attribute,
    kind: 'node',
    type: 'Project',
    enabled: true,
    priority: 100,
    filter: { project_type: [], environment: [] },
    json_schema: { type: 'object', properties: { [attribute]: { type: 'string' } } },
    key: newId(),
  };
}

const add = (attribute: string) => world.graph.transaction((tx) => tx.insert(Blueprint, values(attribute)));
const known = async (schemas: BlueprintSchemas) => [...(await schemas.attributes(ANYWHERE)).keys()].sort();

describe('what processes know of blueprints', () => {
  it('is at each look-up what was last committed, in every process', async () => {
    expect([await known(first), await known(second)]).toEqual([[], []]);
    const { id } = await add('tier');
    expect([await known(first), await known(second)]).toEqual([['tier'], ['tier']]);
    await world.graph.transaction((tx) => tx.patch(Blueprint, id, { set: { enabled: false } }));
    expect([await known(second), await known(first)]).toEqual([[], []]);
    await world.graph.transaction((tx) => tx.patch(Blueprint, id, { set: { enabled: true } }));
    expect([await known(second), await known(first)]).toEqual([['tier'], ['tier']]);
    await world.graph.transaction((tx) => tx.remove(Blueprint, id));
    expect([await known(second), await known(first)]).toEqual([[], []]);
  });

  it('costs one statement whether or not anything changed, and none for who brings the version along', async () => {
    await add('lead');
    expect(await statementsOf(() => known(first))).toHaveLength(1);
    expect(await statementsOf(() => known(first))).toHaveLength(1);
    const { version } = await first.current();
    expect(await statementsOf(() => first.at(version))).toHaveLength(0);
    await add('sla');
    expect(await statementsOf(() => first.at(`${Number(version) + 1}`))).toHaveLength(1);
  });

  it('does not come from a transaction that was undone', async () => {
    const before = await known(first);
    const undone = world.graph.transaction(async (tx) => {
      await tx.insert(Blueprint, values('undone'));
      expect([...(await first.attributes(ANYWHERE, tx)).keys()]).toContain('undone');
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(await known(first)).toEqual(before);
    // The next one draws another number than the one that was undone.
    await add('done');
    expect(await known(first)).toEqual([...before, 'done'].sort());
  });
});
