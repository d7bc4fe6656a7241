import type { JsonObject } from '#libs/common';

/** Where the relay sends analytics rows. */
export interface AnalyticsSink {
  /**
   * Stores `rows` in `table`. The same token always comes with the same rows in the same order and must leave one copy
   * of them; an error means that they will be sent again.
   */
  insert(table: string, rows: readonly JsonObject[], options: { token: string }): Promise<void>;
}

/** Injection token of the {@link AnalyticsSink}; where nothing provides it, analytics rows wait in the outbox. */
export const ANALYTICS_SINK = Symbol('imbi.queue.analytics-sink');
