import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '#libs/common';
import { Analytics, embeddedAnalytics, serverAnalytics } from '../src/index.js';

const DIRECTORY_PREFIX = 'imbi-test-chdb-';
const serverUrl = process.env['IMBI_TEST_CLICKHOUSE_URL'];

export interface TestAnalytics {
  readonly analytics: Analytics;
  /** The chDB directory of this process; absent on a server. */
  readonly directory?: string;
  close(): Promise<void>;
}

/**
 * A fresh, empty analytics database: on ClickHouse when IMBI_TEST_CLICKHOUSE_URL is set, else on chDB, which gives a
 * process one directory for its whole life; so each process has its own directory and each caller its own database.
 */
export function testAnalytics(): TestAnalytics {
  const database = `imbi_test_${newId().replaceAll('-', '_')}`;
  if (serverUrl) return track(new Analytics(serverAnalytics({ url: serverUrl, database })));
  const directory = processDirectory();
  return track(new Analytics(embeddedAnalytics({ directory, database })), directory);
}

function track(analytics: Analytics, directory?: string): TestAnalytics {
  const close = async () => {
    if (analytics.available) await analytics.command(`drop database if exists \`${analytics.database}\``);
    await analytics.close();
  };
  return { analytics, directory, close };
}

/** The one chDB directory of this process. */
export function processDirectory(): string {
  const directory = join(tmpdir(), `${DIRECTORY_PREFIX}${process.pid}`);
  if (!existsSync(directory)) sweep();
  mkdirSync(directory, { recursive: true });
  return directory;
}

// A process cannot remove the directory it has open, so the next one does.
function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(name.startsWith(DIRECTORY_PREFIX) ? name.slice(DIRECTORY_PREFIX.length) : Number.NaN);
    if (pid > 0 && !isAlive(pid)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return Object(error).code === 'EPERM';
  }
}
