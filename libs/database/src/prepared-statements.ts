import { createHash } from 'node:crypto';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type { Pool, PoolClient } from 'pg';

/** A statement ready to be sent: its text, one of few, and the values of this call. */
export interface BoundStatement<Row> {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  /** Only says of what type the rows are. */
  readonly row?: Row;
}

/** Texts of statements that are few enough to be kept prepared on every connection, and what they are called there. */
export class PreparedStatements {
  private readonly names = new Map<string, string>();

  /** The name of a statement, which is kept prepared from now on, inside transactions too. */
  nameOf(text: string): string {
    let name = this.names.get(text);
    if (!name) {
      name = `imbi_${createHash('sha1').update(text).digest('hex').slice(0, 24)}`;
      this.names.set(text, name);
    }
    return name;
  }

  /** The name of a statement that was named before. */
  find(text: string): string | undefined {
    return this.names.get(text);
  }
}

/** A pool as Kysely wants it, whose clients send the statements that have names by their names. Kysely itself knows none. */
export function preparingPool(pool: Pool, statements: PreparedStatements): PostgresPool {
  const wrapped = new WeakMap<PoolClient, PostgresPoolClient>();
  return {
    options: pool.options,
    connect: async () => {
      const client = await pool.connect();
      const known = wrapped.get(client);
      if (known) return known;
      const preparing = preparingClient(client, statements);
      wrapped.set(client, preparing);
      return preparing;
    },
    end: () => pool.end(),
  };
}

function preparingClient(client: PoolClient, statements: PreparedStatements): PostgresPoolClient {
  const query = (text: string, values: unknown[]) => {
    const name = statements.find(text);
    return name === undefined ? client.query(text, values) : client.query({ name, text, values });
  };
  return Object.create(client, { query: { value: query } });
}
