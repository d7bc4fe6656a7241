import { analyticsMigration, DEDUPLICATION } from './analytics-migration.js';

export const EMAIL_AUDIT = 'email_audit';

/** A row of `email_audit`: what became of a mail; never what was in it. Kept for a year. Absent texts are empty. */
export interface EmailAuditRow {
  email_id: string;
  /** ISO 8601, UTC. */
  time: string;
  recipient: string;
  template: string;
  subject: string;
  status: 'sent' | 'failed' | 'skipped' | 'dry_run';
  error: string;
  attempts: number;
  sent_at: string | null;
  user_id: string;
  related_kind: string;
  related_id: string;
}

export const emailAuditMigrations = [
  analyticsMigration('0005_email_audit', [
    `create table if not exists {database}.email_audit{on_cluster} (
      email_id String,
      time DateTime64(3, 'UTC') codec(Delta, ZSTD),
      recipient String,
      template LowCardinality(String),
      subject String,
      status LowCardinality(String),
      error String codec(ZSTD(3)),
      attempts UInt16,
      sent_at Nullable(DateTime64(3, 'UTC')),
      user_id String,
      related_kind LowCardinality(String),
      related_id String,
      index by_recipient recipient type bloom_filter granularity 4,
      index by_user user_id type bloom_filter granularity 4
    )
    engine = {replicated}MergeTree
    partition by toYYYYMM(time)
    order by (time, email_id)
    ttl toDateTime(time) + interval 1 year
    settings ttl_only_drop_parts = 1, ${DEDUPLICATION}`,
  ]),
];
