// Runs once after the medium specs: on a native server, drops what specs that failed early have left behind.
import pg from 'pg';

export default async function tearDown() {
  const { IMBI_TEST_ENGINES, IMBI_TEST_DATABASE_URL, IMBI_TEST_RUN } = process.env;
  if (IMBI_TEST_ENGINES !== 'native' || !IMBI_TEST_DATABASE_URL || !IMBI_TEST_RUN) return;
  const client = new pg.Client({ connectionString: IMBI_TEST_DATABASE_URL });
  await client.connect();
  try {
    const { rows } = await client.query('select datname from pg_database where starts_with(datname, $1)', [
      `imbi_test_${IMBI_TEST_RUN}_`,
    ]);
    for (const { datname } of rows) {
      await client.query(`drop database if exists ${pg.escapeIdentifier(datname)} with (force)`);
    }
  } finally {
    await client.end();
  }
}
