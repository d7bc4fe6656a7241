import { AsyncLocalStorage } from 'node:async_hooks';
import { type CompiledQuery, type IsolationLevel, Kysely, PostgresDialect } from 'kysely';
import type { Pool } from 'pg';
import { Batch, createLogger, errorMessage, type Span, sleep, tracing } from '#libs/common';
import { createPool, type DatabaseConnection } from './connection.js';
import { NotificationListener } from './notification-listener.js';
import { isTransient } from './pg-error.js';
import { type BoundStatement, PreparedStatements, preparingPool } from './prepared-statements.js';
import { traceQuery, traceStatement } from './statement-span.js';
import { Transaction } from './transaction.js';

export interface TransactionOptions {
  isolation?: IsolationLevel;
  /** Whether the work may be run again after a serialization failure or deadlock (default true). */
  retry?: boolean;
}

/** Runs inside a transaction just before its commit; when it throws, nothing is committed. Returns nothing to skip it. */
export type CommitHook = (tx: Transaction) => Promise<void> | undefined;

const MAX_ATTEMPTS = 6;
/** One batch of a kind at a time: the next one is the larger for it, and larger batches are what saves the work. */
const BATCHES = { largest: 64, concurrent: 1, retryApart: true };
const logger = createLogger('database');

/**
 * The one way to PostgreSQL: reads by {@link execute} or `kysely`, writes by {@link transaction}.
 * The root handle refuses to be used inside a transaction callback: on the embedded engine, which has one connection,
 * that would wait for ever, and on a server it would silently escape the transaction.
 */
export class Database {
  readonly embedded: boolean;
  readonly pool: Pool;
  private readonly root: Kysely<unknown>;
  private readonly inside = new AsyncLocalStorage<true>();
  private readonly listener: NotificationListener;
  private readonly statements = new PreparedStatements();
  private readonly commitHooks: CommitHook[] = [];
  private ended = false;

  constructor(connection: DatabaseConnection) {
    this.embedded = connection.embedded;
    this.pool = createPool(connection);
    this.root = new Kysely<unknown>({
      dialect: new PostgresDialect({ pool: preparingPool(this.pool, this.statements) }),
      log: tracing.enabled ? traceQuery : undefined,
    });
    this.listener = new NotificationListener(connection, this.pool);
  }

  get kysely(): Kysely<unknown> {
    this.assertOutside();
    return this.root;
  }

  /**
   * Runs a compiled query as a named prepared statement: the server parses and plans it once a connection, which is
   * most of the cost of a small read. For statements whose text is one of few; `kysely` is for the rest.
   */
  async execute<Row>(query: CompiledQuery<Row> | BoundStatement<Row>): Promise<Row[]> {
    this.assertOutside();
    const statement = { name: this.statements.nameOf(query.sql), text: query.sql, values: [...query.parameters] };
    if (!tracing.active()) return (await this.pool.query(statement)).rows;
    const startedAt = performance.now();
    try {
      const { rows } = await this.pool.query(statement);
      traceStatement(query.sql, startedAt);
      return rows;
    } catch (error) {
      traceStatement(query.sql, startedAt, error);
      throw error;
    }
  }

  /**
   * Makes a read that many requests do at once one statement for all of them: `answerAll` gives an answer for each
   * question. Each batch begins after its questions were asked, so everybody sees what was committed before they asked.
   * A request that is traced asks alone, so that its trace shows its statement.
   */
  batched<Question, Answer>(
    answerAll: (questions: readonly Question[]) => Promise<readonly Answer[]>,
  ): (question: Question) => Promise<Answer> {
    const batch = new Batch(answerAll, BATCHES);
    const alone = async (question: Question): Promise<Answer> => {
      for (const answer of await answerAll([question])) return answer;
      throw new Error('a question got no answer');
    };
    return (question) => {
      this.assertOutside();
      return tracing.active()?.sampled ? alone(question) : batch.ask(question);
    };
  }

  /**
   * Runs `work` in a transaction and commits when it resolves. Its outbox rows are written by one statement just before
   * the commit. Unless `retry` is false, work that met a serialization failure is run again: it must have no effects
   * of its own outside the transaction.
   */
  async transaction<Result>(
    work: (tx: Transaction) => Promise<Result>,
    options: TransactionOptions = {},
  ): Promise<Result> {
    this.assertOutside();
    return tracing.within('transaction', { kind: 'internal' }, (span) => this.attemptAll(work, options, span));
  }

  /** Has `hook` run before the commit of every transaction of this handle. */
  beforeCommit(hook: CommitHook): void {
    this.commitHooks.push(hook);
  }

  /** Calls `onNotify` at each notification on `channel`, over reconnects too; returns how to stop it. */
  async listen(channel: string, onNotify: (payload: string) => void): Promise<() => Promise<void>> {
    return this.listener.listen(channel, onNotify);
  }

  /** Resolves when the engine answers. */
  async ping(): Promise<void> {
    await this.pool.query('select 1');
  }

  async end(): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    await this.listener.close();
    await this.root.destroy();
    // Kysely ends only a pool that it has used.
    if (!this.pool.ending) await this.pool.end();
  }

  private async attemptAll<Result>(
    work: (tx: Transaction) => Promise<Result>,
    options: TransactionOptions,
    span: Span | undefined,
  ): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.attempt(work, options.isolation);
      } catch (error) {
        if (options.retry === false || attempt >= MAX_ATTEMPTS || !isTransient(error)) throw error;
        span?.set({ 'imbi.transaction.retries': attempt });
        logger.debug({ attempt, reason: errorMessage(error) }, 'transaction is retried');
        await sleep(2 ** attempt * (0.5 + Math.random()));
      }
    }
  }

  private async attempt<Result>(
    work: (tx: Transaction) => Promise<Result>,
    isolation: IsolationLevel | undefined,
  ): Promise<Result> {
    const builder = this.root.transaction();
    const started = isolation ? builder.setIsolationLevel(isolation) : builder;
    let open: Transaction | undefined;
    const result = await started.execute((kysely) =>
      this.inside.run(true, async () => {
        open = new Transaction(kysely, this.statements);
        const value = await work(open);
        for (const hook of this.commitHooks) await hook(open);
        await open.flushOutbox();
        return value;
      }),
    );
    open?.announceCommit();
    return result;
  }

  private assertOutside(): void {
    if (!this.inside.getStore()) return;
    throw new Error('The database was used inside a transaction without its handle; pass the transaction through.');
  }
}
