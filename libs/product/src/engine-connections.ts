import path from 'node:path';
import { type AnalyticsConnection, disabledAnalytics, embeddedAnalytics, serverAnalytics } from '#libs/analytics';
import { type Config, ConfigError } from '#libs/config';
import { type DatabaseConnection, serverConnection } from '#libs/database';

/** The PostgreSQL of the configuration. @throws ConfigError where none is set: only `imbi start` runs an embedded one */
export function databaseConnection(config: Config): DatabaseConnection {
  const { url, poolMax, statementTimeout } = config.database;
  if (url === undefined) {
    throw new ConfigError([
      'DATABASE_URL is required here: only `imbi start` runs an embedded engine (for example: DATABASE_URL=postgresql://imbi:…@localhost:5432/imbi)',
    ]);
  }
  return serverConnection({ url, poolMax, statementTimeoutSeconds: statementTimeout });
}

/** ClickHouse by its URL, else chDB in the data directory, which one process only may open. */
export function analyticsConnection(config: Config, options: { embedded: boolean }): AnalyticsConnection {
  const { enabled, url, database, cluster, requestTimeout, maxConnections } = config.analytics;
  if (!enabled) return disabledAnalytics();
  if (url !== undefined) {
    return serverAnalytics({ url, database, cluster, requestTimeoutSeconds: requestTimeout, maxConnections });
  }
  if (!options.embedded) return disabledAnalytics();
  return embeddedAnalytics({ directory: path.join(config.data.directory, 'analytics'), database });
}
