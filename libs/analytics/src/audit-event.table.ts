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

const COLUMNS = `event_id, time, organization_id, actor_kind, actor_id, actor_name, credential_id, action, outcome,
  resource_kind, resource_id, reason, ip, user_agent, request_id, detail`;

const VIEWS = {
  mfa_events: '(^|[.])mfa([.]|$)',
  session_events: '^auth[.](login|refresh|session)([.]|$)',
};

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
  // Its first order serves one organization; the projection serves the log of the whole installation. The views are for
  // people with a SQL console: `distinct` hides a row that was sent twice, and conditions are pushed down through it.
  analyticsMigration('0003_audit_reads', [
    `alter table {database}.audit_events{on_cluster}
      add index if not exists by_request request_id type bloom_filter granularity 4`,
    `alter table {database}.audit_events{on_cluster}
      add index if not exists by_ip ip type bloom_filter granularity 4`,
    `alter table {database}.audit_events{on_cluster}
      add projection if not exists by_time (select * order by time, event_id)`,
    'alter table {database}.audit_events{on_cluster} materialize projection by_time',
    ...Object.entries(VIEWS).map(
      ([name, actions]) => `create view if not exists {database}.${name}{on_cluster} as
        select distinct ${COLUMNS} from {database}.audit_events where match(action, '${actions}')`,
    ),
  ]),
];
