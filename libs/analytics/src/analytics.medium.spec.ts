import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type TestAnalytics, testAnalytics } from '../test/test-analytics.js';
import { analyticsMigration, DEDUPLICATION } from './analytics-migration.js';

describe('Analytics', () => {
  let test: TestAnalytics;
  const count = async (table: string, what = 'count()') => {
    const [row] = await test.analytics.query<{ n: string }>(`select ${what} as n from ${test.analytics.table(table)}`);
    return Number(row?.n);
  };

  beforeAll(async () => {
    test = testAnalytics();
    await test.analytics.migrate([
      analyticsMigration('0001_things', [
        `create table if not exists {database}.things (id String, time DateTime64(3, 'UTC'), n UInt64, body String)
          engine = MergeTree partition by toYear(time) order by id settings ${DEDUPLICATION}`,
        `create table if not exists {database}.thing_counts (id String, c UInt64)
          engine = SummingMergeTree order by id settings ${DEDUPLICATION}`,
        `create materialized view if not exists {database}.count_things to {database}.thing_counts as
          select id, count() as c from {database}.things group by id`,
      ]),
    ]);
  });
  afterAll(() => test.close());

  const things = (prefix: string, length: number) =>
    Array.from({ length }, (_, index) => ({
      id: `${prefix}${index % 7}`,
      time: new Date(Date.UTC(2024 + (index % 3), 5, 1, 0, 0, 0, index)).toISOString(),
      n: index,
      body: '',
    }));

  it('adds a batch once per token, over several partitions and through a materialized view', async () => {
    const rows = things('a', 1000);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await test.analytics.insert('things', rows, { token: 'batch-a' });
    }
    await Promise.all(Array.from({ length: 4 }, () => test.analytics.insert('things', rows, { token: 'batch-a' })));
    expect(await count('things')).toBe(1000);
    expect(await count('thing_counts', 'sum(c)')).toBe(1000);
  });

  it('adds equal rows again under another token', async () => {
    await test.analytics.insert('things', things('b', 10), { token: 'batch-b1' });
    await test.analytics.insert('things', things('b', 10), { token: 'batch-b2' });
    const rows = await test.analytics.query(
      `select id from ${test.analytics.table('things')} where startsWith(id, {prefix:String})`,
      { prefix: 'b' },
    );
    expect(rows).toHaveLength(20);
  });

  it('gives back every text, 64-bit number and time as it was', async () => {
    const row = {
      id: `c'; drop table things; -- \\ "{x:String}" \u0001\n\t;\r\n🎉`,
      time: '2026-11-23T10:00:00.123Z',
      n: '18446744073709551615',
      body: JSON.stringify({ quote: `'"\``, nested: { text: 'x\u0000y' } }),
    };
    await test.analytics.insert('things', [row], { token: 'batch-c' });
    const found = await test.analytics.query(
      `select id, time, n, body from ${test.analytics.table('things')} where id = {id:String}`,
      { id: row.id },
    );
    expect(found).toEqual([row]);
  });

  it('gives back arbitrary texts', async () => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 40 }), { minLength: 1, maxLength: 20 }),
        async (texts) => {
          round += 1;
          const id = `p${round}`;
          const rows = texts.map((body, n) => ({ id, time: '2026-01-01T00:00:00.000Z', n, body }));
          await test.analytics.insert('things', rows, { token: `property-${round}` });
          const found = await test.analytics.query<{ body: string }>(
            `select body from ${test.analytics.table('things')} where id = {id:String} order by n`,
            { id },
          );
          expect(found.map((row) => row.body)).toEqual(texts);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('leaves no settings behind on the session', async () => {
    await test.analytics.insert('things', things('d', 1), { token: 'batch-d' });
    await test.analytics.query('select 1', {}, { maxExecutionSeconds: 3 });
    const changed = await test.analytics.query<{ name: string }>(
      `select name from system.settings where changed and name in
        ('insert_deduplication_token', 'async_insert', 'input_format_skip_unknown_fields')`,
    );
    expect(changed).toEqual([]);
    expect(
      await test.analytics.query(`select value from system.settings where name = 'insert_deduplication_token'`),
    ).toEqual([{ value: '' }]);
  });

  it('tells rows that can never go in from a table that is still to come', async () => {
    await expect(test.analytics.insert('things', [{ id: 'x', nonsense: 1 }], { token: 'bad-1' })).rejects.toMatchObject(
      {
        code: 'analytics_rejected',
      },
    );
    await expect(test.analytics.insert('things', [{ id: 'x', n: 'many' }], { token: 'bad-2' })).rejects.toMatchObject({
      code: 'analytics_rejected',
    });
    await expect(test.analytics.insert('not_there', [{ id: 'x' }], { token: 'bad-3' })).rejects.toMatchObject({
      code: 'analytics_unavailable',
      kind: 'unavailable',
    });
  });

  it('ends a statement that runs too long', async () => {
    await expect(
      test.analytics.query(
        'select sum(sipHash64(number)) as s from numbers(1000000000000)',
        {},
        { maxExecutionSeconds: 1 },
      ),
    ).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('refuses names and tokens that would have to be escaped', async () => {
    await expect(test.analytics.insert('things; drop', [{}], { token: 'x' })).rejects.toThrow('no name');
    await expect(test.analytics.insert('things', [{}], { token: `x'` })).rejects.toThrow('no insert token');
  });
});
