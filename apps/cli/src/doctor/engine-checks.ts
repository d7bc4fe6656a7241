import { existsSync } from 'node:fs';
import path from 'node:path';
import { Redis } from 'ioredis';
import { createTransport } from 'nodemailer';
import type { Pool } from 'pg';
import { Analytics, pendingAnalyticsMigrations, platformAnalyticsMigrations } from '#libs/analytics';
import { errorMessage } from '#libs/common';
import type { Config } from '#libs/config';
import { createPool, pendingMigrations } from '#libs/database';
import { transportOptions } from '#libs/email';
import { analyticsConnection, migrations } from '#libs/product';
import { S3Storage } from '#libs/storage';
import { hasEmbeddedDatabase, openDatabase } from '../start/open-database.js';
import { type Finding, fail, ok, warn } from './finding.js';
import { shownUrl } from './secrets.js';

const TIMEOUT_MILLISECONDS = 5000;

/** PostgreSQL: whether it answers, has AGE, and has our schema. */
export async function checkDatabase(config: Config): Promise<Finding[]> {
  const name = 'database';
  if (config.database.url === undefined && !hasEmbeddedDatabase(config)) {
    return [ok(name, 'embedded; it is made at the first start')];
  }
  const where = config.database.url === undefined ? 'embedded' : shownUrl(config.database.url);
  try {
    const { connection, close } = await openDatabase(config);
    const pool = createPool(connection);
    try {
      return [await describeServer(pool, where), await describeSchema(pool)];
    } finally {
      await pool.end();
      await close();
    }
  } catch (error) {
    const remedy =
      config.database.url === undefined
        ? 'stop what uses it; if nothing does, restore a backup or delete the data directory'
        : 'start it, or check DATABASE_URL (host, port, user, password, database)';
    return [fail(name, `${where}: ${reasonOf(error)}`, remedy)];
  }
}

async function describeServer(pool: Pool, where: string): Promise<Finding> {
  const { rows } = await pool.query<{ version: string; available: string | null; installed: string | null }>(`
    select current_setting('server_version') as version,
      (select default_version from pg_catalog.pg_available_extensions where name = 'age') as available,
      (select extversion from pg_catalog.pg_extension where extname = 'age') as installed`);
  const { version = '?', available, installed } = rows[0] ?? {};
  const text = `${where}: PostgreSQL ${version.split(' ')[0]}`;
  if (installed) return ok('database', `${text}, AGE ${installed}`);
  if (available) return warn('database', `${text}, AGE ${available} not yet installed`, 'run `imbi migrate`');
  return fail('database', `${text} without Apache AGE`, 'install the extension `age` on that server');
}

async function describeSchema(pool: Pool): Promise<Finding> {
  const { pending } = await pendingMigrations(pool, migrations);
  if (pending.length === 0) return ok('migrations', `all ${migrations.length} are applied`);
  return warn(
    'migrations',
    `${pending.length} pending, from ${pending[0]} on`,
    'they run at the next start, or by `imbi migrate`',
  );
}

/** Valkey or Redis: whether it answers, and keeps what it is given. */
export async function checkJobs({ queue }: Config): Promise<Finding[]> {
  if (queue.redisUrl === undefined) return [ok('jobs', 'kept in the database')];
  const where = shownUrl(queue.redisUrl);
  const redis = new Redis(queue.redisUrl, {
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    connectTimeout: TIMEOUT_MILLISECONDS,
  });
  let fault: Error | undefined;
  redis.on('error', (error) => {
    fault = error;
  });
  try {
    await redis.connect();
    const info = await redis.info();
    const value = (key: string) => new RegExp(`^${key}:(.*)$`, 'm').exec(info)?.[1]?.trim();
    const version = value('valkey_version') ?? value('redis_version');
    const findings = [ok('jobs', `${where}: version ${version}`)];
    const policy = value('maxmemory_policy');
    if (policy !== 'noeviction') {
      findings.push(fail('jobs', `maxmemory-policy is ${policy}: jobs may be thrown away`, 'set it to noeviction'));
    }
    if (value('aof_enabled') === '0') {
      findings.push(warn('jobs', 'nothing is appended to disk: a crash loses jobs', 'set `appendonly yes`'));
    }
    return findings;
  } catch (error) {
    return [fail('jobs', `${where}: ${reasonOf(fault ?? error)}`, 'start it, or check REDIS_URL')];
  } finally {
    redis.disconnect();
  }
}

/** ClickHouse, or chDB: whether it answers and has our tables. Without it only history is missing. */
export async function checkAnalytics(config: Config): Promise<Finding[]> {
  const { enabled, url } = config.analytics;
  if (!enabled)
    return [warn('analytics', 'switched off: history waits in the outbox', 'set IMBI_ANALYTICS_ENABLED=true')];
  const directory = path.join(config.data.directory, 'analytics');
  // Opening it would make it.
  if (url === undefined && !existsSync(directory)) return [ok('analytics', 'embedded; it is made at the first start')];
  const analytics = new Analytics(analyticsConnection(config, { embedded: true }));
  try {
    const { available, version, reason, engine } = await analytics.ping();
    const where = url === undefined ? `embedded in ${directory}` : shownUrl(url);
    if (!available) {
      const remedy =
        url === undefined
          ? 'install the optional package chdb, or set CLICKHOUSE_URL'
          : 'start it, or check CLICKHOUSE_URL';
      return [warn('analytics', `${where}: ${reason ?? 'no answer'}; history waits in the outbox`, remedy)];
    }
    const pending = await pendingAnalyticsMigrations(analytics, platformAnalyticsMigrations);
    const answer = ok('analytics', `${where}: ${engine} ${version}`);
    if (pending.length === 0) return [answer];
    return [
      answer,
      warn(
        'analytics',
        `${pending.length} migrations pending`,
        url === undefined ? 'they run at the next start' : 'run `imbi migrate`, or start',
      ),
    ];
  } catch (error) {
    return [warn('analytics', reasonOf(error), 'history waits in the outbox until that is mended')];
  } finally {
    await analytics.close();
  }
}

/** The bucket for files, where there is one. */
export async function checkStorage({ storage }: Config): Promise<Finding[]> {
  const { bucket, endpoint, region, accessKeyId, secretAccessKey, forcePathStyle } = storage;
  if (bucket === undefined) return [ok('files', 'kept in the data directory')];
  const credentials =
    accessKeyId !== undefined && secretAccessKey !== undefined ? { accessKeyId, secretAccessKey } : undefined;
  const s3 = new S3Storage({ bucket, region, endpoint, credentials, forcePathStyle });
  const where = `bucket ${bucket} at ${endpoint === undefined ? `AWS ${region}` : shownUrl(endpoint)}`;
  try {
    await withinTime(s3.ping());
    return [ok('files', `${where} answers`)];
  } catch (error) {
    return [
      fail('files', `${where}: ${reasonOf(error)}`, 'create the bucket, or check S3_BUCKET, S3_ENDPOINT and the keys'),
    ];
  } finally {
    await s3.close();
  }
}

/** The mail server, where there is one: whether it answers and takes our sign-in. */
export async function checkMail(config: Config): Promise<Finding[]> {
  const { mail } = config;
  if (mail.smtpUrl === undefined) return [ok('mail', 'goes to the embedded catcher')];
  const where = shownUrl(mail.smtpUrl);
  const transport = createTransport({
    ...transportOptions(config),
    connectionTimeout: TIMEOUT_MILLISECONDS,
    greetingTimeout: TIMEOUT_MILLISECONDS,
    socketTimeout: TIMEOUT_MILLISECONDS,
  });
  try {
    await transport.verify();
    return [ok('mail', `${where} takes mail`)];
  } catch (error) {
    return [fail('mail', `${where}: ${reasonOf(error)}`, 'start it, or check SMTP_URL')];
  } finally {
    transport.close();
  }
}

async function withinTime<Result>(work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer within 5 s')), TIMEOUT_MILLISECONDS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

// Node's error for a name with several addresses has no message of its own.
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  if (error instanceof Error && error.cause instanceof Error) return `${error.message} (${reasonOf(error.cause)})`;
  return errorMessage(error);
}
