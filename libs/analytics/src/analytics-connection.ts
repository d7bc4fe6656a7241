/** Where analytics live: a ClickHouse server, the chDB engine in this process, or nowhere. */
export type AnalyticsConnection =
  | {
      readonly kind: 'server';
      readonly url: string;
      readonly database: string;
      readonly cluster?: string;
      readonly requestTimeoutSeconds: number;
      readonly maxConnections: number;
    }
  | { readonly kind: 'embedded'; readonly directory: string; readonly database: string; readonly cluster?: undefined }
  | { readonly kind: 'disabled'; readonly database: string; readonly cluster?: undefined };

/** A ClickHouse server by its URL, which may carry user and password; its path, if any, is ignored. */
export function serverAnalytics(options: {
  url: string;
  database?: string;
  cluster?: string;
  requestTimeoutSeconds?: number;
  maxConnections?: number;
}): AnalyticsConnection {
  const { url, database = 'imbi', cluster, requestTimeoutSeconds = 30, maxConnections = 10 } = options;
  return { kind: 'server', url, database, cluster, requestTimeoutSeconds, maxConnections };
}

/**
 * chDB over a directory. One process may have it open, and a process may open only one for its whole life; several
 * databases in it are fine.
 */
export function embeddedAnalytics(options: { directory: string; database?: string }): AnalyticsConnection {
  return { kind: 'embedded', directory: options.directory, database: options.database ?? 'imbi' };
}

/** Switched off: reads and inserts say unavailable, so rows wait in the outbox. */
export function disabledAnalytics(): AnalyticsConnection {
  return { kind: 'disabled', database: 'imbi' };
}
