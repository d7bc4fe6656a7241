import type { Database, Transaction, TransactionOptions } from '#libs/database';
import type { GraphModel } from './graph-model.js';
import { GraphReader } from './graph-reader.js';
import { GraphTransaction } from './graph-transaction.js';
import { noCipher, type PropertyCipher } from './property-cipher.js';
import { type GraphContext, RootSession } from './session.js';

/** The property graph: `read` outside transactions, {@link transaction} or {@link in} to write. */
export class Graph {
  readonly read: GraphReader;
  private readonly context: GraphContext;

  constructor(
    private readonly database: Database,
    readonly model: GraphModel,
    cipher: PropertyCipher = noCipher,
  ) {
    this.context = { model, cipher };
    this.read = new GraphReader(new RootSession(database, this.context));
  }

  /** Makes a read that many requests do at once one statement for all of them; see `Database.batched`. */
  batched<Question, Answer>(
    answerAll: (questions: readonly Question[]) => Promise<readonly Answer[]>,
  ): (question: Question) => Promise<Answer> {
    return this.database.batched(answerAll);
  }

  /** Runs `work` in a transaction of its own; it may be run again after a write conflict. */
  async transaction<Result>(
    work: (tx: GraphTransaction) => Promise<Result>,
    options?: TransactionOptions,
  ): Promise<Result> {
    return this.database.transaction((tx) => work(this.in(tx)), options);
  }

  /** The graph inside a transaction that somebody else opened. */
  in(transaction: Transaction): GraphTransaction {
    return new GraphTransaction(transaction, this.context);
  }
}
