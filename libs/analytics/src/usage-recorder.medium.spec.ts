import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestAnalytics, testAnalytics } from '../test/test-analytics.js';
import { Analytics } from './analytics.js';
import { disabledAnalytics } from './analytics-connection.js';
import { platformAnalyticsMigrations } from './platform-migrations.js';
import type { ApiKeyUsageRow } from './usage.tables.js';
import { UsageRecorder } from './usage-recorder.js';

const call: Omit<ApiKeyUsageRow, 'time'> = {
  key_id: 'ik_one',
  principal_kind: 'user',
  principal_id: 'u1',
  organization_id: 'o1',
  method: 'GET',
  route: '/api/organizations/:org/projects',
  status: 200,
  latency_ms: 1.5,
  ip: '203.0.113.9',
  request_id: 'r1',
};
const refusal = {
  policy: 'login',
  caller: 'ip:203.0.113.9',
  actor_kind: 'anonymous',
  actor_id: 'anonymous',
  ip: '203.0.113.9',
  request_id: 'r2',
} as const;

describe('usage rows', () => {
  let test: TestAnalytics;
  beforeAll(async () => {
    test = testAnalytics();
    await test.analytics.migrate(platformAnalyticsMigrations);
  });
  afterAll(() => test.close());

  it('reach their tables in batches, and what is left does at the end', async () => {
    const usage = new UsageRecorder(test.analytics, { intervalMs: 20 });
    for (let index = 0; index < 2500; index += 1) usage.record('api_key_usage', call);
    await usage.flush();
    usage.record('rate_limit_events', refusal);
    await usage.close();
    const [counted] = await test.analytics.query<{ calls: string; routes: string; ms: number }>(
      `select count() as calls, any(route) as routes, avg(latency_ms) as ms
       from ${test.analytics.table('api_key_usage')} where key_id = 'ik_one' and time > now() - interval 1 hour`,
    );
    expect(counted).toEqual({ calls: '2500', routes: call.route, ms: 1.5 });
    expect(await test.analytics.query(`select * from ${test.analytics.table('rate_limit_events')}`)).toEqual([
      { time: expect.stringMatching(/^\d{4}-.*Z$/), ...refusal },
    ]);
  });

  it('are bounded while the column store is away, and the others counted', async () => {
    const usage = new UsageRecorder(new Analytics(disabledAnalytics()), { maxRows: 10 });
    const dropped: [string, number][] = [];
    usage.onDropped((table, rows) => dropped.push([table, rows]));
    for (let index = 0; index < 12; index += 1) usage.record('rate_limit_events', refusal);
    await usage.close();
    expect(dropped).toEqual([
      ['rate_limit_events', 1],
      ['rate_limit_events', 1],
      ['rate_limit_events', 10],
    ]);
  });
});
