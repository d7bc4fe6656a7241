import { ApiClient, readPaths } from './api-client.mjs';
import { copyDatabase, urlOf, withClient } from './native.mjs';
import { startApi, startBaseline } from './processes.mjs';
import { CALLER, seededDatabase } from './seed.mjs';

/**
 * A graph of so many projects with an api and the bare baseline server over it, both warm, and the paths to ask them
 * for. `writes` is an exact copy of its database, for what changes it.
 */
export async function openGraph({ serverUrl, redisUrl, projects, fresh, say }) {
  const database = await seededDatabase({ serverUrl, redisUrl, projects, fresh });
  const seeded =
    database.seededSeconds === undefined ? 'of an earlier run' : `in ${database.seededSeconds.toFixed(0)} s`;
  say(`graph of ${projects.toLocaleString('en')} projects ${seeded}`);
  const writesName = `imbi_bench_writes_${projects}`;
  await copyDatabase(serverUrl, database.name, writesName);
  const api = await startApi({ databaseUrl: database.url, redisUrl });
  const client = await ApiClient.signIn(api.url, CALLER);
  const paths = await readPaths(client, projects);
  await storeAnswers(database.url, client, paths);
  const baseline = await startBaseline({ databaseUrl: database.url });
  return {
    projects,
    redisUrl,
    databaseUrl: database.url,
    writesUrl: urlOf(serverUrl, writesName),
    api,
    client,
    paths,
    baseline,
    /** What {@link alternate} loads: the product's routes as its caller, … */
    ours: (routes) => ({
      url: api.url,
      paths: routes,
      headers: client.headers,
      pids: [api.pid],
      findDatabasePids: () => backendsOf(database.url, 'imbi'),
    }),
    /** … and the bare routes. */
    bare: (routes) => ({
      url: baseline.url,
      paths: routes,
      pids: [baseline.pid],
      findDatabasePids: () => backendsOf(database.url, 'bench-baseline'),
    }),
    close: async () => {
      await baseline.stop();
      await api.stop();
    },
  };
}

/** The answers of the product's own routes, for the baseline to return the same JSON: as values and as mere text. */
async function storeAnswers(databaseUrl, client, paths) {
  const { items } = await client.get(paths.list[0]);
  await withClient(databaseUrl, async (database) => {
    await database.query(`
      drop table if exists imbi_bench.document;
      drop table if exists imbi_bench.page_item;
      create table imbi_bench.document (id text primary key, body jsonb not null, body_text text not null);
      create table imbi_bench.page_item (page text, position int, body jsonb not null, body_text text not null,
        primary key (page, position))`);
    for (const path of paths.one) {
      const text = await client.send('GET', path);
      await database.query('insert into imbi_bench.document values ($1, $2, $3)', [path.split('/').at(-1), text, text]);
    }
    for (const [position, item] of items.entries()) {
      const text = JSON.stringify(item);
      await database.query('insert into imbi_bench.page_item values ($1, $2, $3, $4)', ['first', position, text, text]);
    }
    await database.query('analyze imbi_bench.document; analyze imbi_bench.page_item');
  });
}

export async function backendsOf(databaseUrl, application) {
  const { rows } = await withClient(databaseUrl, (client) =>
    client.query('select pid from pg_stat_activity where datname = current_database() and application_name = $1', [
      application,
    ]),
  );
  return rows.map(({ pid }) => pid);
}
