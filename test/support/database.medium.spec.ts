import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestDatabase, testDatabase } from '#test/database';

describe('testDatabase', () => {
  let first: TestDatabase;
  let second: TestDatabase;

  beforeAll(async () => {
    first = await testDatabase();
    second = await testDatabase();
  });

  afterAll(async () => {
    await first?.close();
    await second?.close();
  });

  it('is migrated and has the graph', async () => {
    const { rows } = await first.pool.query(`select
      (select count(*)::int from imbi_system.migrations) > 0 as migrated,
      (select count(*)::int from ag_catalog.ag_graph where name = 'imbi') as graphs`);
    expect(rows).toEqual([{ migrated: true, graphs: 1 }]);
  });

  it('shares nothing with another one', async () => {
    await first.pool.query('create table public.mine (id int)');
    const { rows } = await second.pool.query(`select to_regclass('public.mine') as mine`);
    expect(rows).toEqual([{ mine: null }]);
  });

  it('answers Cypher', async () => {
    await first.pool.query(`load 'age'`);
    const { rows } = await first.pool.query(
      `select * from ag_catalog.cypher('imbi', $$ return 1 $$) as (one ag_catalog.agtype)`,
    );
    expect(rows).toEqual([{ one: '1' }]);
  });
});
