import type { ActorKind } from '#libs/common';
import { analyticsMigration, DEDUPLICATION } from './analytics-migration.js';

export const API_KEY_USAGE = 'api_key_usage';
export const RATE_LIMIT_EVENTS = 'rate_limit_events';

/** A row of `api_key_usage`: one call made with an API key. Kept for 90 days. Absent texts are empty. */
export interface ApiKeyUsageRow {
  /** ISO 8601, UTC. */
  time: string;
  /** The public part of the key. */
  key_id: string;
  principal_kind: ActorKind;
  principal_id: string;
  organization_id: string;
  method: string;
  /** The route's template, never the address itself. */
  route: string;
  status: number;
  latency_ms: number;
  ip: string;
  request_id: string;
}

/** A row of `rate_limit_events`: one refused call. Kept for 90 days. Absent texts are empty. */
export interface RateLimitEventRow {
  /** ISO 8601, UTC. */
  time: string;
  policy: string;
  /** Whose calls were counted together, such as `user:<id>` or `ip:<address>`. */
  caller: string;
  actor_kind: ActorKind;
  actor_id: string;
  ip: string;
  request_id: string;
}

// A partition a week: whole parts leave when the newest row of theirs is 90 days old.
export const usageMigrations = [
  analyticsMigration('0004_usage', [
    `create table if not exists {database}.api_key_usage{on_cluster} (
      time DateTime64(3, 'UTC') codec(Delta, ZSTD),
      key_id String,
      principal_kind LowCardinality(String),
      principal_id String,
      organization_id String,
      method LowCardinality(String),
      route LowCardinality(String),
      status UInt16,
      latency_ms Float32,
      ip String,
      request_id String
    )
    engine = {replicated}MergeTree
    partition by toMonday(time)
    order by (key_id, time)
    ttl toDateTime(time) + interval 90 day
    settings ttl_only_drop_parts = 1, ${DEDUPLICATION}`,
    `create table if not exists {database}.rate_limit_events{on_cluster} (
      time DateTime64(3, 'UTC') codec(Delta, ZSTD),
      policy LowCardinality(String),
      caller String,
      actor_kind LowCardinality(String),
      actor_id String,
      ip String,
      request_id String
    )
    engine = {replicated}MergeTree
    partition by toMonday(time)
    order by (policy, time, caller)
    ttl toDateTime(time) + interval 90 day
    settings ttl_only_drop_parts = 1, ${DEDUPLICATION}`,
  ]),
];
