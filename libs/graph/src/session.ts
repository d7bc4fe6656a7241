import type { BoundStatement, Database, Transaction } from '#libs/database';
import { isBound } from './fixed-statement.js';
import type { GraphModel } from './graph-model.js';
import type { PropertyCipher } from './property-cipher.js';
import type { Sql } from './sql.js';

/** What reads and writes need of the graph they work on. */
export interface GraphContext {
  readonly model: GraphModel;
  readonly cipher: PropertyCipher;
}

/** Where statements run: on the root handle, or inside one transaction. */
export interface Session {
  readonly context: GraphContext;
  /** `fixed` says that the text is one of few, so that it pays to keep it prepared. */
  run<Row>(statement: Sql<Row> | BoundStatement<Row>, options?: { fixed?: boolean }): Promise<Row[]>;
}

export class RootSession implements Session {
  constructor(
    private readonly database: Database,
    readonly context: GraphContext,
  ) {}

  async run<Row>(statement: Sql<Row> | BoundStatement<Row>, options: { fixed?: boolean } = {}): Promise<Row[]> {
    if (isBound(statement)) return this.database.execute<Row>(statement);
    const { kysely } = this.database;
    if (options.fixed) return this.database.execute(statement.compile(kysely));
    return (await statement.execute(kysely)).rows;
  }
}

export class TransactionSession implements Session {
  constructor(
    readonly transaction: Transaction,
    readonly context: GraphContext,
  ) {}

  async run<Row>(statement: Sql<Row> | BoundStatement<Row>, options: { fixed?: boolean } = {}): Promise<Row[]> {
    if (isBound(statement)) return this.transaction.execute<Row>(statement);
    const { kysely } = this.transaction;
    if (options.fixed) return this.transaction.execute(statement.compile(kysely));
    return (await statement.execute(kysely)).rows;
  }
}
