import path from 'node:path';
import { switchLocalAuthOn } from '#libs/auth';
import { loadConfig } from '#libs/config';
import { Database } from '#libs/database';
import { UsageError } from '../report-failure.js';
import { openDatabase } from '../start/open-database.js';

/** Lets users sign in with passwords again, past the API: nobody may be able to sign in to it. */
export async function switchLocalAuth(state: string): Promise<void> {
  if (state !== 'on') throw new UsageError('Only `imbi local-auth on` is done here; the API switches passwords off.');
  const loaded = loadConfig();
  const { connection, close } = await openDatabase({
    ...loaded,
    data: { directory: path.resolve(loaded.data.directory) },
  });
  const database = new Database(connection);
  try {
    const wasOff = await switchLocalAuthOn(database);
    const now = wasOff ? 'may sign in with e-mail and password again' : 'may sign in with e-mail and password already';
    process.stdout.write(`Users ${now}.\n`);
  } finally {
    await database.end();
    await close();
  }
}
