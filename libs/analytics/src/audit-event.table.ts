import type { ActorKind } from '#libs/common';
import { analyticsMigration, DEDUPLICATION } from './analytics-migration.js';

export const AUDIT_EVENTS = 'audit_events';

/** A row of `audit_events`: who did, or was refused, what. Kept for two years. Absent texts are empty. */
export interface AuditEventRow {
  /** The outbox id of the event. */
  event_id: string;
  /** ISO 8601, UTC. */
  time: string;
  organization_id: string;
  actor_kind: ActorKind;
  actor_id: string;
  actor_name: string;
  /** The session or API key. */
  credential_id: string;
  /** Dotted, such as `auth.login`. */
  action: string;
  outcome: 'success' | 'failure' | 'denied';
  resource_kind: string;
  resource_id: string;
  reason: string;
  ip: string;
  user_agent: string;
  request_id: string;
  /** JSON text. */
  detail: string;
}

export const auditMigrations = [
  analyticsMigration('0002_audit_events', [
    `create table if not exists {database}.audit_events{on_cluster} (
      event_id String,
      time DateTime64(3, 'UTC') codec(Delta, ZSTD),
      organization_id String,
      actor_kind LowCardinality(String),
      actor_id String,
      actor_name String,
      credential_id String,
      action LowCardinality(String),
      outcome LowCardinality(String),
      resource_kind LowCardinality(String),
      resource_id String,
      reason String,
      ip String,
      user_agent String,
      request_id String,
      detail String codec(ZSTD(3)),
      index by_actor actor_id type bloom_filter granularity 4,
      index by_resource resource_id type bloom_filter granularity 4
    )
    engine = {replicated}MergeTree
    partition by toYYYYMM(time)
    order by (organization_id, time, event_id)
    ttl toDateTime(time) + interval 2 year
    settings ttl_only_drop_parts = 1, ${DEDUPLICATION}`,
  ]),
];
