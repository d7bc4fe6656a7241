// A process of its own over a chDB directory, for what one process cannot show: kills, restarts and locks.
// Usage: chdb-child.ts <directory> insert-and-die|insert|hold
import { Analytics, analyticsMigration, embeddedAnalytics } from '../src/index.js';

const [directory = '', task] = process.argv.slice(2);
const analytics = new Analytics(embeddedAnalytics({ directory }));

const migrations = [
  analyticsMigration('0001_readings', [
    `create table if not exists {database}.readings (id String, n UInt64) engine = MergeTree order by id
      settings non_replicated_deduplication_window = 10000`,
    `create table if not exists {database}.reading_counts (id String, c UInt64) engine = SummingMergeTree order by id
      settings non_replicated_deduplication_window = 10000`,
    `create materialized view if not exists {database}.count_readings to {database}.reading_counts as
      select id, count() as c from {database}.readings group by id`,
  ]),
];

async function report(): Promise<object> {
  const health = await analytics.ping();
  if (!health.available) return { health };
  const [rows] = await analytics.query(`select count() as rows from ${analytics.table('readings')}`);
  const [counted] = await analytics.query(`select sum(c) as counted from ${analytics.table('reading_counts')}`);
  return { health, ...Object(rows), ...Object(counted) };
}

if (task === 'hold') {
  await analytics.ping();
  process.stdout.write('held\n');
  setInterval(() => undefined, 1000);
} else {
  const health = await analytics.ping();
  if (health.available) {
    await analytics.migrate(migrations);
    const rows = Array.from({ length: 300 }, (_, index) => ({ id: `r${index % 30}`, n: index }));
    await analytics.insert('readings', rows, { token: 'batch-1' });
  }
  process.stdout.write(`${JSON.stringify(await report())}\n`, () => {
    if (task === 'insert-and-die') process.kill(process.pid, 'SIGKILL');
  });
  if (task !== 'insert-and-die') await analytics.close();
}
