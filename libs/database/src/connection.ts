import { Pool, type PoolConfig } from 'pg';

/** How to reach PostgreSQL. `embedded` is the one-connection engine whose sessions outlive connections. */
export interface DatabaseConnection {
  readonly embedded: boolean;
  readonly pool: PoolConfig;
}

/** A PostgreSQL server by its URL. */
export function serverConnection(options: {
  url: string;
  poolMax: number;
  statementTimeoutSeconds: number;
}): DatabaseConnection {
  return {
    embedded: false,
    pool: {
      connectionString: options.url,
      max: options.poolMax,
      application_name: 'imbi',
      // The planner overestimates recursive statements by orders of magnitude, and would compile each for longer than it runs.
      options: '-c jit=off',
      statement_timeout: options.statementTimeoutSeconds * 1000,
      idle_in_transaction_session_timeout: 60_000,
      connectionTimeoutMillis: 10_000,
      keepAlive: true,
    },
  };
}

/** The embedded engine: exactly one connection, kept for good, because it is shared with everything else. */
export function embeddedConnection(address: {
  host: string;
  port: number;
  database: string;
  user: string;
}): DatabaseConnection {
  return { embedded: true, pool: { ...address, max: 1, idleTimeoutMillis: 0 } };
}

export function createPool(connection: DatabaseConnection): Pool {
  const pool = new Pool(connection.pool);
  // An idle connection that breaks is replaced on next use; without a listener it would end the process.
  pool.on('error', () => undefined);
  // So would one that breaks while it is taken but between two statements: its next statement fails, and that is enough.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}
