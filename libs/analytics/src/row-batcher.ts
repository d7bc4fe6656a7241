import { AsyncLocalStorage } from 'node:async_hooks';
import { createLogger, errorMessage, newId } from '#libs/common';

export interface RowBatcherOptions<Row> {
  /** Of what, for the log. */
  readonly name: string;
  /** Stores a batch. It is called again with the same rows and the same token until it succeeds. */
  readonly write: (rows: readonly Row[], token: string) => Promise<void>;
  /** Rows held at most, those being written included (default 10,000). */
  readonly maxRows?: number;
  /** Rows in one batch at most; as many at once are written without waiting (default 1000). */
  readonly batchRows?: number;
  /** How long a row waits for others, in milliseconds (default 1000). */
  readonly intervalMs?: number;
  /** How long to wait after a batch that could not be written, in milliseconds (default 5000). */
  readonly retryMs?: number;
}

interface Batch<Row> {
  readonly rows: readonly Row[];
  readonly token: string;
}

const logger = createLogger('batches');

/**
 * Collects rows in memory and writes them in batches, away from the request that they are about. Memory is bounded: what
 * does not fit is turned away, and whoever adds is told.
 */
export class RowBatcher<Row> {
  private readonly options: Required<RowBatcherOptions<Row>>;
  // A timer would else run in the context, and under the name, of whatever request happened to start it.
  private readonly detached = AsyncLocalStorage.snapshot();
  private waiting: Row[] = [];
  private current: Batch<Row> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> | undefined;
  private isClosed = false;

  constructor(options: RowBatcherOptions<Row>) {
    this.options = { maxRows: 10_000, batchRows: 1000, intervalMs: 1000, retryMs: 5000, ...options };
  }

  /** Rows that are not stored yet. */
  get size(): number {
    return this.waiting.length + (this.current?.rows.length ?? 0);
  }

  /** Takes a row to be written soon; false where there is no room for it. */
  add(row: Row): boolean {
    if (this.isClosed || this.size >= this.options.maxRows) return false;
    this.waiting.push(row);
    if (this.waiting.length >= this.options.batchRows && !this.current) this.schedule(0);
    else if (!this.timer && !this.writing) this.schedule(this.options.intervalMs);
    return true;
  }

  /** Writes everything there is at this moment. @throws what `write` throws; the rows are kept */
  async flush(): Promise<void> {
    // Whoever comes while it runs waits for the round after it too, for this one may have missed their rows.
    await this.writing?.catch(() => undefined);
    this.writing ??= this.writeAll().finally(() => {
      this.writing = undefined;
      if (this.size > 0 && !this.timer) this.schedule(this.options.retryMs);
    });
    await this.writing;
  }

  /** Writes what is left and takes no more. Resolves with the number of rows that are lost. */
  async close(): Promise<number> {
    this.isClosed = true;
    try {
      await this.flush();
    } catch {
      // What it was has been logged; nobody is left to try again.
    }
    clearTimeout(this.timer);
    this.timer = undefined;
    return this.size;
  }

  private async writeAll(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (;;) {
      this.current ??= this.nextBatch();
      if (!this.current) return;
      await this.options.write(this.current.rows, this.current.token);
      this.current = undefined;
    }
  }

  private nextBatch(): Batch<Row> | undefined {
    if (this.waiting.length === 0) return undefined;
    return { rows: this.waiting.splice(0, this.options.batchRows), token: `rows:${newId()}` };
  }

  private schedule(ms: number): void {
    if (this.isClosed) return;
    clearTimeout(this.timer);
    this.timer = this.detached(() => setTimeout(() => this.onTimer(), ms));
    this.timer.unref();
  }

  private onTimer(): void {
    this.timer = undefined;
    this.flush().catch((error: unknown) => {
      const { name } = this.options;
      logger.warn({ rows: name, waiting: this.size, reason: errorMessage(error) }, 'rows could not be written yet');
    });
  }
}
