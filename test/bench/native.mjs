import { execFileSync, spawnSync } from 'node:child_process';
import path from 'node:path';
import pg from 'pg';

const ENGINES = path.join(import.meta.dirname, '../support/native/engines.sh');

/**
 * The native engines: those that the tests' variables name, else our own, started where they do not run; undefined where
 * this machine cannot have them. What they say about it goes to standard error.
 */
export function nativeEngines() {
  const { IMBI_TEST_DATABASE_URL: given, IMBI_TEST_REDIS_URL: givenRedis } = process.env;
  if (given !== undefined && givenRedis !== undefined) return { serverUrl: given, redisUrl: givenRedis };
  const up = spawnSync(ENGINES, ['up'], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (up.status !== 0) return undefined;
  const variables = Object.fromEntries(
    execFileSync(ENGINES, ['env'], { encoding: 'utf8' })
      .split('\n')
      .map((line) => /^export (\w+)=(.*)$/.exec(line))
      .filter((match) => match !== null)
      .map(([, name, value]) => [name, value]),
  );
  return { serverUrl: variables.IMBI_TEST_DATABASE_URL, redisUrl: variables.IMBI_TEST_REDIS_URL };
}

export function versionOfServer(serverUrl) {
  return asAdministrator(serverUrl, async (client) => {
    const { rows } = await client.query(
      `select current_setting('server_version') as server, extversion as age from pg_extension where extname = 'age'`,
    );
    return `PostgreSQL ${rows[0].server}, Apache AGE ${rows[0].age}`;
  });
}

export function urlOf(serverUrl, database) {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

export async function withClient(url, work) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** With AGE preloaded, a server refuses every DROP in a database that lacks the extension. */
export async function asAdministrator(serverUrl, work) {
  return withClient(serverUrl, async (client) => {
    await client.query('set client_min_messages = warning; create extension if not exists age');
    return work(client);
  });
}

export async function dropDatabase(serverUrl, name) {
  await asAdministrator(serverUrl, (client) =>
    client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`),
  );
}

/** `name` as an exact copy of `template`, to which nobody may be connected. */
export async function copyDatabase(serverUrl, template, name) {
  await asAdministrator(serverUrl, async (client) => {
    await client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
    await client.query(`create database ${pg.escapeIdentifier(name)} template ${pg.escapeIdentifier(template)}`);
  });
}
