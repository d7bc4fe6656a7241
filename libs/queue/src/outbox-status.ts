import { sql } from 'kysely';
import type { Database, OutboxTopic } from '#libs/database';

export interface OutboxTopicStatus {
  readonly topic: OutboxTopic;
  /** Rows in the outbox, delayed and parked ones included. */
  readonly depth: number;
  /** Rows that could have left by now. */
  readonly due: number;
  /** How long the oldest due row has been waiting; 0 when nothing waits. */
  readonly oldestSeconds: number;
  /** Rows that failed to be handed over at least once. */
  readonly failing: number;
  /** Rows that nothing here knows what to do with. */
  readonly parked: number;
  readonly lastError?: string;
}

/** How the outbox stands, for readiness, metrics and the admin: one entry for each topic that has rows. */
export async function outboxStatus(database: Database): Promise<OutboxTopicStatus[]> {
  const statement = sql<OutboxTopicStatus & { lastError: string | null }>`
    select topic,
      count(*)::int as depth,
      (count(*) filter (where available_at <= now()))::int as due,
      coalesce(extract(epoch from now() - min(available_at) filter (where available_at <= now())), 0)::float8
        as "oldestSeconds",
      (count(*) filter (where attempts > 0))::int as failing,
      (count(*) filter (where available_at = 'infinity'))::int as parked,
      (array_agg(last_error order by attempts desc, seq) filter (where last_error is not null))[1] as "lastError"
    from imbi_system.outbox
    group by topic
    order by topic
  `;
  const rows = await database.execute(statement.compile(database.kysely));
  return rows.map((row) => ({ ...row, lastError: row.lastError ?? undefined }));
}
