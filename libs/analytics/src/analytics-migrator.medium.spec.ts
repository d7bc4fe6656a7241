import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type TestAnalytics, testAnalytics } from '../test/test-analytics.js';
import { analyticsMigration } from './analytics-migration.js';
import { pendingAnalyticsMigrations } from './analytics-migrator.js';
import { platformAnalyticsMigrations } from './platform-migrations.js';

const first = analyticsMigration('0001_visits', [
  'create table if not exists {database}.visits{on_cluster} (id String) engine = {replicated}MergeTree order by id',
]);
const second = analyticsMigration('0002_visit_seconds', [
  'alter table {database}.visits{on_cluster} add column if not exists seconds UInt32 default 7',
]);

describe('analytics migrations', () => {
  let test: TestAnalytics;
  beforeEach(() => {
    test = testAnalytics();
  });
  afterEach(() => test.close());

  it('applies each once, and later ones to a database with data in it', async () => {
    expect(await pendingAnalyticsMigrations(test.analytics, [first])).toEqual(['0001_visits']);
    expect(await test.analytics.migrate([first])).toEqual({ applied: ['0001_visits'], already: 0 });
    await test.analytics.insert('visits', [{ id: 'a' }], { token: 'a' });
    expect(await pendingAnalyticsMigrations(test.analytics, [first, second])).toEqual(['0002_visit_seconds']);
    expect(await test.analytics.migrate([first, second])).toEqual({ applied: ['0002_visit_seconds'], already: 1 });
    expect(await test.analytics.migrate([first, second])).toEqual({ applied: [], already: 2 });
    expect(await test.analytics.query(`select * from ${test.analytics.table('visits')}`)).toEqual([
      { id: 'a', seconds: 7 },
    ]);
  });

  it('bears several starters at once', async () => {
    const all = [first, second];
    const reports = await Promise.allSettled(Array.from({ length: 5 }, () => test.analytics.migrate(all)));
    expect(reports.filter((report) => report.status === 'rejected')).toEqual([]);
    expect(await pendingAnalyticsMigrations(test.analytics, all)).toEqual([]);
  });

  it('takes up again after a migration that stopped half way', async () => {
    const broken = analyticsMigration('0002_visit_seconds', [
      ...second.statements,
      'alter table {database}.nowhere{on_cluster} add column if not exists seconds UInt32',
    ]);
    await expect(test.analytics.migrate([first, broken])).rejects.toThrow();
    expect(await test.analytics.migrate([first, second])).toEqual({ applied: ['0002_visit_seconds'], already: 1 });
  });

  it('refuses an edited one, a repeated id and a database newer than the program', async () => {
    await test.analytics.migrate([first, second]);
    const edited = analyticsMigration('0002_visit_seconds', [...second.statements, ...first.statements]);
    await expect(test.analytics.migrate([first, edited])).rejects.toThrow('was edited');
    await expect(test.analytics.migrate([first, first])).rejects.toThrow('Two analytics migrations');
    await expect(test.analytics.migrate([first])).rejects.toThrow('newer than this program');
  });

  it('makes the tables that every installation has', async () => {
    await test.analytics.migrate(platformAnalyticsMigrations);
    const tables = await test.analytics.query<{ name: string }>(
      'select name from system.tables where database = {database:String} order by name',
      { database: test.analytics.database },
    );
    expect(tables.map((table) => table.name)).toEqual([
      ...['api_key_usage', 'audit_events', 'email_audit', 'entity_changes', 'mfa_events', 'migrations'],
      ...['rate_limit_events', 'score_history', 'score_latest', 'score_latest_view', 'session_events'],
    ]);
  });
});
