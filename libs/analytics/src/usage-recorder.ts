import type { Analytics } from './analytics.js';
import { RowBatcher } from './row-batcher.js';
import type { API_KEY_USAGE, ApiKeyUsageRow, RATE_LIMIT_EVENTS, RateLimitEventRow } from './usage.tables.js';

/** The tables of what is worth counting but not worth keeping a request waiting for. */
export interface UsageRows {
  [API_KEY_USAGE]: ApiKeyUsageRow;
  [RATE_LIMIT_EVENTS]: RateLimitEventRow;
}

export type UsageTable = keyof UsageRows;

export interface UsageRecorderOptions {
  /** Rows of a table held at most (default 10,000). */
  readonly maxRows?: number;
  /** How long a row waits for others, in milliseconds (default 1000). */
  readonly intervalMs?: number;
  readonly retryMs?: number;
}

type DropListener = (table: UsageTable, rows: number) => void;

/**
 * Writes usage rows straight to the column store, in batches and off the request path. They are statistics: while the
 * store is away a bounded number waits, and what comes on top is dropped and counted.
 */
export class UsageRecorder {
  private readonly batchers = new Map<UsageTable, RowBatcher<object>>();
  private readonly dropListeners: DropListener[] = [];

  constructor(
    private readonly analytics: Analytics,
    private readonly options: UsageRecorderOptions = {},
  ) {}

  /** Takes a row; its time is now. Never throws and never waits. */
  record<Table extends UsageTable>(table: Table, row: Omit<UsageRows[Table], 'time'>): void {
    if (!this.batcherOf(table).add({ time: new Date().toISOString(), ...row })) this.dropped(table, 1);
  }

  /** Called for rows that are lost, to count them; must not throw. */
  onDropped(listener: DropListener): void {
    this.dropListeners.push(listener);
  }

  /** Writes what there is. @throws DomainError `analytics_unavailable`; the rows are kept */
  async flush(): Promise<void> {
    await Promise.all([...this.batchers.values()].map((batcher) => batcher.flush()));
  }

  /** Writes what is left and takes no more; to be called before the column store is closed. */
  async close(): Promise<void> {
    for (const [table, batcher] of this.batchers) {
      const lost = await batcher.close();
      if (lost > 0) this.dropped(table, lost);
    }
  }

  private batcherOf(table: UsageTable): RowBatcher<object> {
    const known = this.batchers.get(table);
    if (known) return known;
    const write = (rows: readonly object[], token: string) => this.analytics.insert(table, rows, { token });
    const batcher = new RowBatcher<object>({ name: table, write, ...this.options });
    this.batchers.set(table, batcher);
    return batcher;
  }

  private dropped(table: UsageTable, rows: number): void {
    for (const listener of this.dropListeners) listener(table, rows);
  }
}
