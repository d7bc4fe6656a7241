import type { BoundStatement } from '#libs/database';
import type { Sql } from '#libs/graph';

/** What runs the statements of a read model: the graph's reader, or an open transaction. */
export interface StatementRunner {
  /** `fixed` says that the text is one of few, so that it pays to keep it prepared. */
  run<Row>(statement: Sql<Row> | BoundStatement<Row>, options?: { fixed?: boolean }): Promise<Row[]>;
}
