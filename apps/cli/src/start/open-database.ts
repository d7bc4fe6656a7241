import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Config } from '#libs/config';
import { type DatabaseConnection, embeddedConnection } from '#libs/database';
import { DataDirectoryInUseError, EmbeddedPostgres } from '#libs/engines';
import { databaseConnection } from '#libs/product';
import { UsageError } from '../report-failure.js';

export interface OpenedDatabase {
  readonly connection: DatabaseConnection;
  close(): Promise<void>;
}

/** Whether an embedded database was ever made in the data directory. */
export function hasEmbeddedDatabase({ data }: Config): boolean {
  return existsSync(path.join(data.directory, 'postgres', 'PG_VERSION'));
}

/**
 * The database for a command that works on it directly: the configured server, else the embedded one, which no running
 * server may hold.
 * @throws UsageError where there is none, or a server has it
 */
export async function openDatabase(config: Config): Promise<OpenedDatabase> {
  if (config.database.url !== undefined)
    return { connection: databaseConnection(config), close: async () => undefined };
  const { directory } = config.data;
  if (!hasEmbeddedDatabase(config)) {
    throw new UsageError(`There is no database in ${directory} yet: start Imbi there once, or set DATABASE_URL.`);
  }
  const engine = new EmbeddedPostgres({ dataDir: directory });
  try {
    const connection = embeddedConnection(await engine.start());
    return { connection, close: () => engine.stop() };
  } catch (error) {
    if (!(error instanceof DataDirectoryInUseError)) throw error;
    throw new UsageError(
      `The embedded database in ${directory} is in use by process ${error.pid ?? 'unknown'}. Stop it first: it serves one program at a time.`,
    );
  }
}
