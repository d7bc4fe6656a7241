import { Readable } from 'node:stream';
import type { ClickHouseClient } from '@clickhouse/client';
import { errorMessage } from '#libs/common';
import { NoAnalyticsEngine, openClient } from './analytics-client.js';
import type { AnalyticsConnection } from './analytics-connection.js';
import { insertError, queryError, unavailable } from './analytics-error.js';
import type { AnalyticsMigration } from './analytics-migration.js';
import { type AnalyticsMigrationReport, applyAnalyticsMigrations } from './analytics-migrator.js';

export interface InsertOptions {
  /** Names this batch for good: the same token again, however late, adds nothing. 1–128 of `A-Z a-z 0-9 _ : . -`. */
  readonly token: string;
}

export interface QueryOptions {
  /** Ends the query inside the engine (default 15). */
  readonly maxExecutionSeconds?: number;
}

export interface AnalyticsHealth {
  readonly available: boolean;
  readonly engine: 'clickhouse' | 'chdb' | 'none';
  readonly version?: string;
  /** Why it is not available. */
  readonly reason?: string;
}

const TABLE_NAME = /^[a-z][a-z0-9_]{0,62}$/;
const TOKEN = /^[A-Za-z0-9_:.-]{1,128}$/;
const REOPEN_AFTER_MS = 1000;

// Settings travel in the SQL: those of the client's API stay on chDB's session for ever (engines.md, section 2).
// Async inserts, the default of newer servers, would answer before the rows are safe.
const INSERT_SETTINGS = [
  'async_insert=0',
  'insert_deduplicate=1',
  'deduplicate_blocks_in_dependent_materialized_views=1',
  `date_time_input_format='best_effort'`,
  'input_format_skip_unknown_fields=0',
].join(', ');
// Servers differ in these defaults; pinned, rows look alike on all of them.
const QUERY_SETTINGS = `output_format_json_quote_64bit_integers=1, date_time_output_format='iso'`;

/**
 * The column store behind history, audit and usage: ClickHouse over HTTP or chDB in process, by the same client.
 * It is opened on first use, and an engine that is missing or down never stops the program: calls then throw a
 * DomainError of kind `unavailable`, and what was to be written waits in the outbox.
 */
export class Analytics {
  private opening: Promise<ClickHouseClient> | undefined;
  private failure: NoAnalyticsEngine | undefined;
  private failedAt = 0;
  private closed = false;

  constructor(private readonly connection: AnalyticsConnection) {}

  get database(): string {
    return this.connection.database;
  }

  /** Whether the engine could be opened, as far as is known; {@link ping} finds out. */
  get available(): boolean {
    return this.connection.kind !== 'disabled' && this.failure === undefined && !this.closed;
  }

  /** The qualified name of one of our tables. */
  table(name: string): string {
    if (!TABLE_NAME.test(name)) throw new Error(`"${name}" is no name of an analytics table`);
    return `\`${this.connection.database}\`.\`${name}\``;
  }

  /**
   * Writes rows as one batch that counts once however often it is sent: the table remembers the token, through crashes
   * and with the materialized views that hang on it. The rows of a token must always be the same ones, in the same
   * order. Unknown columns are refused rather than dropped; 64-bit integers may be given as text, times as ISO 8601.
   * @throws DomainError `analytics_rejected` (these rows can never go in) or `analytics_unavailable` (try again later)
   */
  async insert(table: string, rows: readonly object[], options: InsertOptions): Promise<void> {
    const lines = rows.map((row) => JSON.stringify(row));
    await this.insertLines(table, lines, options);
  }

  /** {@link insert} of rows that are JSON already, each without line breaks, as `JSON.stringify` writes it. */
  async insertLines(table: string, lines: readonly string[], options: InsertOptions): Promise<void> {
    if (!TOKEN.test(options.token)) throw new Error(`"${options.token}" is no insert token`);
    const target = this.table(table);
    if (lines.length === 0) return;
    const client = await this.client();
    const body = `${lines.join('\n')}\n`;
    const settings = `insert_deduplication_token='${options.token}', ${INSERT_SETTINGS}`;
    try {
      const { stream } = await client.exec({
        query: `INSERT INTO ${target} SETTINGS ${settings} FORMAT JSONEachRow`,
        values: Readable.from([body], { objectMode: false }),
      });
      for await (const _ of stream.resume()) {
        // The answer is empty, but its end is what says that the rows are stored.
      }
    } catch (error) {
      throw insertError(table, error);
    }
  }

  /**
   * Runs one SELECT, values bound as `{name:Type}`. It may carry neither FORMAT nor SETTINGS of its own.
   * (U)Int64 and wider arrive as text, exact; times as ISO 8601 in UTC.
   * @throws DomainError `analytics_unavailable`; ClickHouseError when the statement itself is at fault
   */
  async query<Row>(
    sql: string,
    parameters: Readonly<Record<string, unknown>> = {},
    options: QueryOptions = {},
  ): Promise<Row[]> {
    const client = await this.client();
    const limit = options.maxExecutionSeconds ?? 15;
    try {
      const result = await client.query({
        query: `${sql} SETTINGS max_execution_time=${Number(limit)}, ${QUERY_SETTINGS}`,
        format: 'JSONEachRow',
        query_params: { ...parameters },
      });
      return await result.json<Row>();
    } catch (error) {
      throw queryError(error);
    }
  }

  /** Runs a statement without an answer (DDL, mutations); never with text that came from a user. */
  async command(sql: string): Promise<void> {
    const client = await this.client();
    try {
      await client.command({ query: sql });
    } catch (error) {
      throw queryError(error);
    }
  }

  /**
   * Applies what is missing, in order. Statements are repeatable, so processes that start together, or one that died
   * half way, do no harm.
   * @throws Error when a migration that already ran was edited, or the database has one that we do not know
   */
  async migrate(migrations: readonly AnalyticsMigration[]): Promise<AnalyticsMigrationReport> {
    return applyAnalyticsMigrations(this, migrations, this.connection.cluster);
  }

  /** Whether the engine answers; never throws. */
  async ping(): Promise<AnalyticsHealth> {
    const { kind } = this.connection;
    const engine = kind === 'server' ? 'clickhouse' : kind === 'embedded' ? 'chdb' : 'none';
    try {
      const [row] = await this.query<{ version: string }>(
        'SELECT version() AS version',
        {},
        { maxExecutionSeconds: 5 },
      );
      return { available: true, engine, version: row?.version };
    } catch (error) {
      return { available: false, engine, reason: this.failure?.message ?? errorMessage(error) };
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    const opening = this.opening;
    this.opening = undefined;
    const client = await opening?.catch(() => undefined);
    await client?.close();
  }

  private async client(): Promise<ClickHouseClient> {
    if (this.closed) throw unavailable('it is closed.');
    if (this.failure && (this.failure.permanent || Date.now() - this.failedAt < REOPEN_AFTER_MS)) {
      throw unavailable(`${this.failure.message}.`, this.failure);
    }
    this.opening ??= openClient(this.connection);
    try {
      const client = await this.opening;
      this.failure = undefined;
      return client;
    } catch (error) {
      this.opening = undefined;
      this.failedAt = Date.now();
      this.failure =
        error instanceof NoAnalyticsEngine ? error : new NoAnalyticsEngine(errorMessage(error), false, error);
      throw unavailable(`${this.failure.message}.`, error);
    }
  }
}
