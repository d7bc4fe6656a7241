import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Analytics, disabledAnalytics, UsageRecorder } from '#libs/analytics';
import { requestContext } from '#libs/common';
import { Metrics, RateLimiter, type RateLimitPolicy } from '#libs/http';
import { type TestAnalytics, testAnalytics } from '#test/analytics';
import { UsageModule } from './usage.module.js';

const policy: RateLimitPolicy = { name: 'login', limit: 1, windowSeconds: 60, whenStoreIsDown: 'refuse' };

/** As much of a store as a limiter asks for: it counts. */
function limiter(): RateLimiter {
  let hits = 0;
  const increment = async () => {
    hits += 1;
    return { totalHits: hits, timeToExpire: 60, isBlocked: hits > 1, timeToBlockExpire: 60 };
  };
  return new RateLimiter({ increment });
}

function wire(usage: UsageRecorder) {
  const parts = { limiter: limiter(), metrics: new Metrics() };
  new UsageModule(parts.limiter, usage, parts.metrics).onModuleInit();
  return parts;
}

let test: TestAnalytics;
beforeAll(async () => {
  test = await testAnalytics();
});
afterAll(() => test.close());

describe('refused calls', () => {
  it('are rows with who it was, and those that pass are none', async () => {
    if (!test.analytics.available) return;
    const usage = new UsageRecorder(test.analytics);
    const { limiter } = wire(usage);
    const actor = { kind: 'user', id: 'u1', name: 'Ada' } as const;
    await requestContext.run({ requestId: 'r1', actor, ip: '203.0.113.9' }, async () => {
      for (let call = 0; call < 3; call += 1) await limiter.consume('user:u1', policy);
    });
    await usage.close();
    const rows = await test.analytics.query(`select * except time from ${test.analytics.table('rate_limit_events')}`);
    const row = { policy: 'login', caller: 'user:u1', actor_kind: 'user', actor_id: 'u1', ip: '203.0.113.9' };
    expect(rows).toEqual(Array(2).fill({ ...row, request_id: 'r1' }));
  });

  it('are counted where they are lost', async () => {
    const usage = new UsageRecorder(new Analytics(disabledAnalytics()), { maxRows: 1 });
    const { limiter, metrics } = wire(usage);
    for (let call = 0; call < 4; call += 1) await limiter.consume('ip:203.0.113.9', policy);
    expect(await metrics.render()).toContain('imbi_usage_rows_dropped_total{table="rate_limit_events"} 2');
    await usage.close();
    expect(await metrics.render()).toContain('imbi_usage_rows_dropped_total{table="rate_limit_events"} 3');
  });
});
