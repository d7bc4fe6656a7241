import { mkdir } from 'node:fs/promises';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { errorMessage } from '#libs/common';
import type { AnalyticsConnection } from './analytics-connection.js';
import { asClientConnection } from './chdb-connection.js';

/** Why there is no client, and whether asking again may help. */
export class NoAnalyticsEngine extends Error {
  constructor(
    message: string,
    readonly permanent: boolean,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/** @throws NoAnalyticsEngine */
export async function openClient(connection: AnalyticsConnection): Promise<ClickHouseClient> {
  if (connection.kind === 'disabled') throw new NoAnalyticsEngine('switched off by IMBI_ANALYTICS_ENABLED', true);
  if (connection.kind === 'embedded') return openEmbedded(connection.directory);
  return createClient({
    url: connection.url,
    application: 'imbi',
    pathname: '/',
    request_timeout: connection.requestTimeoutSeconds * 1000,
    max_open_connections: connection.maxConnections,
    log: { level: ClickHouseLogLevel.OFF },
  });
}

async function openEmbedded(directory: string): Promise<ClickHouseClient> {
  const { createChdbConnection } = await loadChdb();
  await mkdir(directory, { recursive: true, mode: 0o700 });
  try {
    return createClient({
      connection: asClientConnection(createChdbConnection({ path: directory })),
      log: { level: ClickHouseLogLevel.OFF },
    });
  } catch (error) {
    throw new NoAnalyticsEngine(
      `chDB could not open ${directory}; most likely another process has it open (${errorMessage(error)})`,
      false,
      error,
    );
  }
}

async function loadChdb(): Promise<typeof import('chdb/connection')> {
  try {
    return await import('chdb/connection');
  } catch (error) {
    const platform = `${process.platform}-${process.arch}`;
    throw new NoAnalyticsEngine(
      `chDB is not installed or has no build for ${platform}; set CLICKHOUSE_URL to use a server`,
      true,
      error,
    );
  }
}
