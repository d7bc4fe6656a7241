import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database, inBatches, type Transaction } from '#libs/database';

const LEASE_SECONDS = 15;

/** What a worker that may send a mail knows of it. */
export interface Claim {
  /** All attempts so far, this one included. */
  readonly attempts: number;
  /** Those since it was last retried by hand. */
  readonly tries: number;
  readonly errors: readonly string[];
}

export type ClaimOutcome =
  | { readonly kind: 'claimed'; readonly claim: Claim }
  | { readonly kind: 'held'; readonly seconds: number }
  | { readonly kind: 'settled' };

/** Who sends which mail, and what became of it: the lock that keeps a job that runs twice from mailing twice. */
@Injectable()
export class SendLedger {
  constructor(private readonly database: Database) {}

  /** Whether the mail is new: with `once`, the first of that word. */
  async add(tx: Transaction, id: string, once?: string): Promise<boolean> {
    const { rows } = await sql`
      insert into imbi_system.email_sends (id, once) values (${id}, ${once ?? null}) on conflict do nothing returning 1
    `.execute(tx.kysely);
    return rows.length > 0;
  }

  /** Takes the mail for `owner`, for as long as {@link renew} is called. */
  async claim(id: string, owner: string): Promise<ClaimOutcome> {
    const { rows } = await sql<Claim>`
      update imbi_system.email_sends set state = 'sending', attempts = attempts + 1, tries = tries + 1,
        leased_by = ${owner}, leased_until = now() + make_interval(secs => ${LEASE_SECONDS}), updated_at = now()
      where id = ${id} and state in ('queued', 'sending') and coalesce(leased_until <= now(), true)
      returning attempts, tries, errors
    `.execute(this.database.kysely);
    if (rows[0]) return { kind: 'claimed', claim: rows[0] };
    const held = await sql<{ seconds: number }>`
      select greatest(1, ceil(extract(epoch from leased_until - now())))::int as seconds
      from imbi_system.email_sends where id = ${id} and state in ('queued', 'sending')
    `.execute(this.database.kysely);
    return held.rows[0] ? { kind: 'held', seconds: held.rows[0].seconds } : { kind: 'settled' };
  }

  async renew(id: string, owner: string): Promise<void> {
    await sql`
      update imbi_system.email_sends set leased_until = now() + make_interval(secs => ${LEASE_SECONDS})
      where id = ${id} and leased_by = ${owner} and state = 'sending'
    `.execute(this.database.kysely);
  }

  /** Gives the mail back, to be tried again. */
  async release(id: string, error: string): Promise<void> {
    await sql`
      update imbi_system.email_sends set state = 'queued', leased_by = null, leased_until = null, updated_at = now(),
        errors = errors || jsonb_build_array(${error}::text)
      where id = ${id} and state = 'sending'
    `.execute(this.database.kysely);
  }

  /** Whether the mail was not settled before. */
  async settle(tx: Transaction, id: string, state: 'sent' | 'skipped' | 'failed', error?: string): Promise<boolean> {
    const { rows } = await sql`
      update imbi_system.email_sends set state = ${state}, leased_by = null, leased_until = null, updated_at = now(),
        errors = errors || case when ${error ?? null}::text is null then '[]'::jsonb
          else jsonb_build_array(${error ?? null}::text) end
      where id = ${id} and state in ('queued', 'sending') returning 1
    `.execute(tx.kysely);
    return rows.length > 0;
  }

  /** What is known of a mail that nobody sends at the moment. */
  async find(id: string): Promise<Claim | undefined> {
    const { rows } = await sql<Claim>`
      select attempts, tries, errors from imbi_system.email_sends where id = ${id}
    `.execute(this.database.kysely);
    return rows[0];
  }

  /** Lets a failed mail be tried as often as a new one; its errors stay. */
  async reopen(tx: Transaction, id: string): Promise<void> {
    await sql`
      insert into imbi_system.email_sends (id) values (${id})
      on conflict (id) do update set state = 'queued', tries = 0, updated_at = now()
    `.execute(tx.kysely);
  }

  /** How many mails there are in each state. */
  async counts(): Promise<readonly { state: string; count: number }[]> {
    const { rows } = await sql<{ state: string; count: number }>`
      select state, count(*)::int as count from imbi_system.email_sends group by state
    `.execute(this.database.kysely);
    return rows;
  }

  /** Forgets mails that were settled more than a week ago; by then no job can come again. */
  async purge(): Promise<number> {
    return inBatches(async (limit) => {
      const { numAffectedRows } = await sql`
        delete from imbi_system.email_sends where id in (
          select id from imbi_system.email_sends
          where state in ('sent', 'skipped') and updated_at < now() - interval '7 days' limit ${limit}
        )`.execute(this.database.kysely);
      return Number(numAffectedRows ?? 0);
    });
  }

  /** Forgets mails that are failed ones no more. */
  async forget(tx: Transaction, ids: readonly string[]): Promise<void> {
    await sql`delete from imbi_system.email_sends where id = any(${ids}::text[])`.execute(tx.kysely);
  }
}
