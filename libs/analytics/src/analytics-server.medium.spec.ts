import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '#libs/common';
import { type ClickHouseFront, clickHouseFront } from '../test/clickhouse-front.js';
import { processDirectory } from '../test/test-analytics.js';
import { Analytics } from './analytics.js';
import { serverAnalytics } from './analytics-connection.js';
import { analyticsMigration, DEDUPLICATION } from './analytics-migration.js';

describe('Analytics over HTTP', () => {
  let front: ClickHouseFront;
  let analytics: Analytics;

  beforeAll(async () => {
    front = await clickHouseFront(processDirectory());
    analytics = new Analytics(
      serverAnalytics({ url: front.url, database: `imbi_test_${newId().replaceAll('-', '_')}` }),
    );
    await analytics.migrate([
      analyticsMigration('0001_things', [
        `create table if not exists {database}.things (id String, n UInt64)
          engine = MergeTree order by id settings ${DEDUPLICATION}`,
      ]),
    ]);
  });
  afterAll(async () => {
    await analytics.command(`drop database if exists ${analytics.database}`);
    await analytics.close();
    await front.close();
  });

  it('adds a batch once per token', async () => {
    const rows = Array.from({ length: 2000 }, (_, n) => ({ id: `thing ${n} ü;'`, n }));
    for (let attempt = 0; attempt < 3; attempt += 1) await analytics.insert('things', rows, { token: 'batch' });
    const [row] = await analytics.query(`select count() as rows, sum(n) as total from ${analytics.table('things')}`);
    expect(row).toEqual({ rows: '2000', total: String((1999 * 2000) / 2) });
  });

  it('sends settings in the statement and the rows apart from it', () => {
    const insert = front.statements.find((statement) => statement.includes('`things`') && /^insert/i.test(statement));
    expect(insert).toMatch(/SETTINGS insert_deduplication_token='batch'.* FORMAT JSONEachRow$/);
  });

  it('binds the values of a query', async () => {
    const rows = await analytics.query(`select id from ${analytics.table('things')} where n = {n:UInt64}`, { n: 7 });
    expect(rows).toEqual([{ id: `thing 7 ü;'` }]);
  });

  it('tells rejected rows from a missing table', async () => {
    await expect(analytics.insert('things', [{ id: 'x', n: 'many' }], { token: 'bad' })).rejects.toMatchObject({
      code: 'analytics_rejected',
    });
    await expect(analytics.insert('not_there', [{ id: 'x' }], { token: 'bad' })).rejects.toMatchObject({
      code: 'analytics_unavailable',
    });
  });

  it('reports the server and its version', async () => {
    expect(await analytics.ping()).toMatchObject({
      available: true,
      engine: 'clickhouse',
      version: expect.stringMatching(/^\d+\./),
    });
  });

  it('is unavailable, not broken, while the server is away', async () => {
    const away = new Analytics(serverAnalytics({ url: 'http://127.0.0.1:9', requestTimeoutSeconds: 2 }));
    expect(await away.ping()).toMatchObject({ available: false, reason: expect.stringContaining('ECONNREFUSED') });
    await expect(away.insert('things', [{ id: 'x' }], { token: 't' })).rejects.toMatchObject({ kind: 'unavailable' });
    await away.close();
  });
});
