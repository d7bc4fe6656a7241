import { Client, escapeIdentifier } from 'pg';
import { newId } from '#libs/common';
import { createPool, type Migration, migrate, serverConnection } from '#libs/database';

const BUILD_LOCK = 4_624_722;

/** A fresh database on the server, made from a migrated template that stays on it for the next caller. */
export async function databaseFromTemplate(
  serverUrl: string,
  digest: string,
  migrations: readonly Migration[],
): Promise<{ url: string; drop(): Promise<void> }> {
  const run = process.env['IMBI_TEST_RUN'] ?? 'alone';
  const template = `imbi_template_${digest}`;
  const name = `imbi_test_${run}_${newId().toLowerCase().replaceAll('-', '_')}`;
  await asAdministrator(serverUrl, async (client) => {
    await ensureTemplate(client, serverUrl, template, migrations);
    await client.query(`create database ${escapeIdentifier(name)} template ${escapeIdentifier(template)}`);
  });
  const drop = () =>
    asAdministrator(serverUrl, async (client) => {
      await client.query(`drop database if exists ${escapeIdentifier(name)} with (force)`);
    });
  return { url: withDatabase(serverUrl, name), drop };
}

async function ensureTemplate(
  client: Client,
  serverUrl: string,
  template: string,
  migrations: readonly Migration[],
): Promise<void> {
  await client.query('select pg_advisory_lock($1)', [BUILD_LOCK]);
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [template]);
    if (rowCount) return;
    const draft = `${template}_draft`;
    await client.query(`drop database if exists ${escapeIdentifier(draft)} with (force)`);
    await client.query(`create database ${escapeIdentifier(draft)}`);
    const pool = createPool(
      serverConnection({ url: withDatabase(serverUrl, draft), poolMax: 2, statementTimeoutSeconds: 60 }),
    );
    await migrate(pool, migrations).finally(() => pool.end());
    await client.query(`alter database ${escapeIdentifier(draft)} rename to ${escapeIdentifier(template)}`);
  } finally {
    await client.query('select pg_advisory_unlock($1)', [BUILD_LOCK]);
  }
}

async function asAdministrator(url: string, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    // With AGE preloaded, a server refuses every DROP in a database that lacks the extension.
    await client.query('create extension if not exists age');
    await work(client);
  } finally {
    await client.end();
  }
}

function withDatabase(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
