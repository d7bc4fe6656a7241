import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database, inBatches, type Transaction } from '#libs/database';
import type { Client } from './client.js';
import { deviceDigest } from './device-digest.js';

/** For so long a device is remembered that is not used. */
const MEMORY_DAYS = 400;

/** From which devices users signed in, as digests. */
@Injectable()
export class KnownDevices {
  constructor(private readonly database: Database) {}

  /**
   * Remembers the device, and tells whether it is one that the user never used while they used others. The first one of
   * a user is nothing to be told of. The caller must hold the lock on the user.
   */
  async isNew(tx: Transaction, userId: string, client: Client): Promise<boolean> {
    const digest = deviceDigest(userId, client);
    const { rows } = await sql<{ is_known: boolean; has_others: boolean }>`
      with forgotten as (
        delete from imbi_system.known_devices
        where user_id = ${userId} and digest <> ${digest} and last_seen_at < now() - make_interval(days => ${MEMORY_DAYS})
      ), remembered as (
        insert into imbi_system.known_devices (user_id, digest) values (${userId}, ${digest})
        on conflict (user_id, digest) do update set last_seen_at = now()
      )
      select coalesce(bool_or(digest = ${digest}), false) as is_known,
        coalesce(bool_or(digest <> ${digest}), false) as has_others
      from imbi_system.known_devices where user_id = ${userId}
    `.execute(tx.kysely);
    return rows[0] !== undefined && !rows[0].is_known && rows[0].has_others;
  }

  /** Forgets devices that nobody used for longer than they are remembered; returns how many. */
  async purge(): Promise<number> {
    return inBatches(async (limit) => {
      const { numAffectedRows } = await sql`
        delete from imbi_system.known_devices where (user_id, digest) in (
          select user_id, digest from imbi_system.known_devices
          where last_seen_at < now() - make_interval(days => ${MEMORY_DAYS}) limit ${limit}
        )`.execute(this.database.kysely);
      return Number(numAffectedRows ?? 0);
    });
  }

  async forgetUser(tx: Transaction, userId: string): Promise<void> {
    await sql`delete from imbi_system.known_devices where user_id = ${userId}`.execute(tx.kysely);
  }
}
