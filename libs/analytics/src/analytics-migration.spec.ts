import { describe, expect, it } from '@jest/globals';
import { analyticsMigration, renderStatement } from './analytics-migration.js';
import { platformAnalyticsMigrations } from './platform-migrations.js';

const statement =
  'create table if not exists {database}.t{on_cluster} (id String) engine = {replicated}MergeTree order by id';

describe('analyticsMigration', () => {
  it('renders for one server', () => {
    expect(renderStatement(statement, 'imbi', undefined)).toBe(
      'create table if not exists `imbi`.t (id String) engine = MergeTree order by id',
    );
  });

  it('renders for a cluster', () => {
    expect(renderStatement(statement, 'imbi', 'main')).toBe(
      `create table if not exists \`imbi\`.t on cluster 'main' (id String) engine = ReplicatedMergeTree order by id`,
    );
  });

  it('has a checksum that depends on the statements and not on where they run', () => {
    expect(analyticsMigration('0001_a', [statement]).checksum).toBe(analyticsMigration('0002_b', [statement]).checksum);
    expect(analyticsMigration('0001_a', [`${statement} `]).checksum).not.toBe(
      analyticsMigration('0001_a', [statement]).checksum,
    );
  });

  it('refuses a statement that could not be run twice', () => {
    expect(() => analyticsMigration('0001_a', ['create table {database}.t (id String)'])).toThrow('not repeatable');
  });

  it('refuses a statement outside our database and an id without a number', () => {
    expect(() => analyticsMigration('0001_a', ['create table if not exists t (id String)'])).toThrow('{database}');
    expect(() => analyticsMigration('first', [statement])).toThrow('no migration id');
  });

  it('leaves no placeholder in the migrations that we ship', () => {
    const rendered = platformAnalyticsMigrations.flatMap((one) =>
      one.statements.map((text) => renderStatement(text, 'imbi', 'main')),
    );
    for (const text of rendered) {
      expect(text).not.toMatch(/[{}]/);
      expect(text).toContain(`on cluster 'main'`);
      if (/^create table/.test(text)) expect(text).toMatch(/engine = Replicated(Aggregating)?MergeTree$/m);
    }
  });
});
