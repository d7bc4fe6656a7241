import { type Analytics, platformAnalyticsMigrations } from '#libs/analytics';
import { testAnalytics as emptyAnalytics, type TestAnalytics } from '../../libs/analytics/test/test-analytics.js';

export type { TestAnalytics };

/**
 * A fresh analytics database with the platform's tables, for one spec file: on ClickHouse when IMBI_TEST_CLICKHOUSE_URL
 * is set, else on chDB. Where chDB has no build, `analytics.available` is false and nothing is migrated.
 */
export async function testAnalytics(): Promise<TestAnalytics> {
  const test = emptyAnalytics();
  if (await isThere(test.analytics)) await test.analytics.migrate(platformAnalyticsMigrations);
  return test;
}

async function isThere(analytics: Analytics): Promise<boolean> {
  return (await analytics.ping()).available;
}
