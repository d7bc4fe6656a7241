import { CompiledQuery, type Kysely } from 'kysely';
import { OutboxBuffer } from './outbox-buffer.js';
import type { BoundStatement, PreparedStatements } from './prepared-statements.js';

/** One open transaction: the only handle that may be used inside it. */
export class Transaction {
  readonly outbox = new OutboxBuffer();
  private readonly committed: (() => void)[] = [];

  constructor(
    readonly kysely: Kysely<unknown>,
    private readonly statements: PreparedStatements,
  ) {}

  /** As {@link Database.execute}, inside this transaction: for statements whose text is one of few. */
  async execute<Row>(query: CompiledQuery<Row> | BoundStatement<Row>): Promise<Row[]> {
    this.statements.nameOf(query.sql);
    const sent = CompiledQuery.raw(query.sql, [...query.parameters]);
    return (await this.kysely.executeQuery<Row>({ ...sent })).rows;
  }

  /** Runs `callback` once the transaction has committed, and never if it does not. It must not throw. */
  afterCommit(callback: () => void): void {
    this.committed.push(callback);
  }

  /** Called by {@link Database} only, just before the commit. */
  async flushOutbox(): Promise<void> {
    await this.outbox.flush((statement) => this.execute(statement));
  }

  /** Called by {@link Database} only. */
  announceCommit(): void {
    this.outbox.announce();
    for (const callback of this.committed) callback();
  }
}
