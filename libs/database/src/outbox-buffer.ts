import { EventEmitter } from 'node:events';
import { type JsonObject, newId } from '#libs/common';
import type { BoundStatement } from './prepared-statements.js';

export type OutboxTopic = 'job' | 'analytics' | 'event';

/** What is to happen outside the database because of a transaction, written with it or not at all. */
export interface OutboxRow {
  readonly topic: OutboxTopic;
  /** `queue/name` of a job, the table of an analytics row, or the name of a domain event. */
  readonly name: string;
  readonly payload: JsonObject;
  /** Rows of one key are handed over in the order they were written; for jobs also the debounce key. */
  readonly key?: string;
  readonly availableAt?: Date;
}

export interface StoredOutboxRow extends OutboxRow {
  readonly id: string;
}

/** PostgreSQL channel notified at the commit of every transaction that wrote outbox rows. */
export const OUTBOX_CHANNEL = 'imbi_outbox';

const FLUSH = `
  with added as (
    insert into imbi_system.outbox (id, topic, name, payload, key, available_at)
    select id, topic, name, payload, key, coalesce(available_at, now())
    from jsonb_to_recordset($1::jsonb)
      as row (id text, topic text, name text, payload jsonb, key text, available_at timestamptz)
  )
  select pg_notify($2, '')`;

const pokes = new EventEmitter().setMaxListeners(0);

/** Calls `listener` after each commit of this process that wrote outbox rows; returns how to stop it. */
export function onOutboxCommit(listener: () => void): () => void {
  pokes.on('commit', listener);
  return () => pokes.off('commit', listener);
}

/** Collects a transaction's outbox rows, so that however many there are they cost one statement. */
export class OutboxBuffer {
  private readonly rows: StoredOutboxRow[] = [];

  /** Returns the row's id, which a job handler sees as its job id. */
  add(row: OutboxRow): string {
    const id = newId();
    this.rows.push({ ...row, id });
    return id;
  }

  get size(): number {
    return this.rows.length;
  }

  /** Forgets the rows added since `size` was `length`: what a rolled-back savepoint must not leave behind. */
  truncate(length: number): void {
    this.rows.length = length;
  }

  async flush(execute: (statement: BoundStatement<unknown>) => Promise<unknown>): Promise<void> {
    if (this.rows.length === 0) return;
    const rows = this.rows.map((row) => ({
      id: row.id,
      topic: row.topic,
      name: row.name,
      payload: row.payload,
      key: row.key ?? null,
      available_at: row.availableAt?.toISOString() ?? null,
    }));
    await execute({ sql: FLUSH, parameters: [JSON.stringify(rows), OUTBOX_CHANNEL] });
  }

  announce(): void {
    if (this.rows.length > 0) pokes.emit('commit');
  }
}
