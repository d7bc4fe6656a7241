import { Inject, Injectable } from '@nestjs/common';
import { type CompiledQuery, type RawBuilder, sql } from 'kysely';
import type { JsonObject } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';
import { Database } from '#libs/database';

export interface ClaimedRow {
  readonly id: string;
  readonly name: string;
  readonly payload: JsonObject;
  readonly seq: number;
  /** A newer row of the same job and key, which no relay has touched yet, will be handed over instead. */
  readonly superseded: boolean;
}

export interface AnalyticsBatch {
  /** Also the de-duplication token: it stays with these rows, in this order, until they are stored. */
  readonly id: string;
  readonly table: string;
  readonly rowIds: readonly string[];
  readonly rows: readonly JsonObject[];
}

interface BatchRow {
  id: string;
  batch_id: string;
  name: string;
  payload: JsonObject;
  seq: number;
}

const FIRST_WAIT_SECONDS = 0.5;
const LONGEST_WAIT_SECONDS = 30;

/**
 * The relay's side of the outbox. Every method is one short statement that commits by itself, so no lock is held while
 * the network is used, and a relay that dies leaves nothing but a lease that runs out.
 */
@Injectable()
export class OutboxRepository {
  constructor(
    private readonly database: Database,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Leases up to `limit` rows that are due. */
  async claim(topic: 'job' | 'event', limit: number): Promise<ClaimedRow[]> {
    // The subquery sees the outbox as it was when this statement began. A newer row that is untouched then can only be
    // handed over later than this row was committed, so its run sees this row's change too. A leased or failed one may
    // have run already and must not swallow this row.
    const rows = await this.run(sql<ClaimedRow>`
      with due as (
        select id from imbi_system.outbox
        where topic = ${topic} and batch_id is null and available_at <= now()
          and (leased_until is null or leased_until < now())
        order by available_at, seq
        limit ${limit}
        for update skip locked
      )
      update imbi_system.outbox as claimed
      set leased_until = now() + make_interval(secs => ${this.config.queue.relayLease})
      from due
      where claimed.id = due.id
      returning claimed.id, claimed.name, claimed.payload, claimed.seq::float8 as seq,
        claimed.key is not null and exists (
          select from imbi_system.outbox as newer
          where newer.topic = 'job' and newer.name = claimed.name and newer.key = claimed.key
            and newer.seq > claimed.seq and newer.leased_until is null and newer.attempts = 0
        ) as superseded
    `);
    return rows.sort((left, right) => left.seq - right.seq);
  }

  async remove(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.run(sql`delete from imbi_system.outbox where id = any(${ids}::text[])`);
  }

  /** Keeps the rows for another try, after a wait that doubles with each failure. */
  async postpone(ids: readonly string[], reason: string): Promise<void> {
    await this.run(sql`
      update imbi_system.outbox
      set attempts = attempts + 1, last_error = ${reason},
        leased_until = now() + make_interval(
          secs => least(${FIRST_WAIT_SECONDS}::float8 * power(2, least(attempts, 20)), ${LONGEST_WAIT_SECONDS}::float8)
        )
      where id = any(${ids}::text[])
    `);
  }

  /** Takes the rows out of the relay's way until a person or a newer program deals with them. */
  async park(ids: readonly string[], reason: string): Promise<void> {
    if (ids.length === 0) return;
    await this.run(sql`
      update imbi_system.outbox
      set available_at = 'infinity', leased_until = null, batch_id = null, last_error = ${reason}
      where id = any(${ids}::text[])
    `);
  }

  /** Brings parked jobs back whose name is known by now. */
  async unparkJobs(knownNames: readonly string[]): Promise<void> {
    await this.run(sql`
      update imbi_system.outbox set available_at = now(), last_error = null
      where topic = 'job' and available_at = 'infinity' and name = any(${knownNames}::text[])
    `);
  }

  /** Milliseconds until the next delayed job is due. */
  async nextDue(): Promise<number | undefined> {
    const [next] = await this.run(sql<{ wait: number }>`
      select (extract(epoch from available_at - now()) * 1000)::float8 as wait from imbi_system.outbox
      where topic = 'job' and batch_id is null and available_at > now() and available_at < 'infinity'
      order by available_at
      limit 1
    `);
    return next?.wait;
  }

  /** Leases a batch whose lease ran out: because its relay died, or because its table did not take it. */
  async reclaimBatch(): Promise<AnalyticsBatch | undefined> {
    // A batch is named after its first row, so that locking this one row locks the batch.
    const rows = await this.run(sql<BatchRow>`
      with first as (
        select id from imbi_system.outbox
        where topic = 'analytics' and batch_id = id and leased_until < now()
        order by seq
        limit 1
        for update skip locked
      )
      update imbi_system.outbox as claimed
      set leased_until = now() + make_interval(secs => ${this.config.queue.relayLease})
      from first
      where claimed.batch_id = first.id
      returning claimed.id, claimed.batch_id, claimed.name, claimed.payload, claimed.seq::float8 as seq
    `);
    return toBatch(rows);
  }

  /** Makes a batch of waiting rows of one table, leaving out tables that still refuse an earlier batch. */
  async formBatch(limit: number): Promise<AnalyticsBatch | undefined> {
    const rows = await this.run(sql<BatchRow>`
      with failing as (
        select distinct name from imbi_system.outbox where topic = 'analytics' and batch_id is not null and attempts > 0
      ), oldest as (
        select name from imbi_system.outbox
        where topic = 'analytics' and batch_id is null and available_at <= now()
          and name not in (select name from failing)
        order by available_at, seq
        limit 1
      ), picked as (
        select id, seq from imbi_system.outbox
        where topic = 'analytics' and batch_id is null and available_at <= now()
          and name = (select name from oldest)
        order by available_at, seq
        limit ${limit}
        for update skip locked
      ), first as (
        select id from picked order by seq limit 1
      )
      update imbi_system.outbox as claimed
      set batch_id = first.id, leased_until = now() + make_interval(secs => ${this.config.queue.relayLease})
      from picked, first
      where claimed.id = picked.id
      returning claimed.id, claimed.batch_id, claimed.name, claimed.payload, claimed.seq::float8 as seq
    `);
    return toBatch(rows);
  }

  /** Makes two batches of one that was refused, so that what is wrong in it ends up alone. */
  async splitBatch(batch: AnalyticsBatch): Promise<void> {
    const second = batch.rowIds.slice(Math.ceil(batch.rowIds.length / 2));
    await this.run(sql`
      update imbi_system.outbox
      set leased_until = now() - interval '1 second', attempts = 0,
        batch_id = case when id = any(${second}::text[]) then ${second[0]} else batch_id end
      where batch_id = ${batch.id}
    `);
  }

  async removeBatch(batch: AnalyticsBatch): Promise<void> {
    await this.run(sql`delete from imbi_system.outbox where batch_id = ${batch.id}`);
  }

  private run<Row>(statement: RawBuilder<Row>): Promise<Row[]> {
    const compiled: CompiledQuery<Row> = statement.compile(this.database.kysely);
    return this.database.execute(compiled);
  }
}

function toBatch(rows: BatchRow[]): AnalyticsBatch | undefined {
  const ordered = rows.sort((left, right) => left.seq - right.seq);
  const [first] = ordered;
  if (!first) return undefined;
  return {
    id: first.batch_id,
    table: first.name,
    rowIds: ordered.map((row) => row.id),
    rows: ordered.map((row) => row.payload),
  };
}
