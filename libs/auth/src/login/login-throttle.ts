import { Inject, Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { CONFIG, type Config } from '#libs/config';
import { sha256 } from '#libs/crypto';
import { Database, inBatches } from '#libs/database';
import { loginThrottled } from '../auth-problems.js';

interface ThrottleRow {
  readonly key: string;
  readonly wait_seconds: number;
  readonly has_succeeded: boolean;
}

/** An account as a whole takes this many times the failures of one address before it makes everybody wait. */
const ACCOUNT_FACTOR = 10;
/** For so long an address from which the account was signed in to counts as its owner's. */
const TRUST_DAYS = 90;

/**
 * Slows down guessing at one account, known or not: failures from one address, and from all addresses together, make
 * the next tries wait, twice as long each time, up to a bound. An address that has signed in to the account before is
 * held to its own failures only, so nobody can keep the owner out by failing from elsewhere; and tries while waiting
 * are refused without counting.
 */
@Injectable()
export class LoginThrottle {
  constructor(
    private readonly database: Database,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** @throws DomainError `login_throttled` (rate_limited) with the seconds to wait */
  async assertAllowed(account: string, address: string): Promise<void> {
    const keys = keysOf(account, address);
    const { rows } = await sql<ThrottleRow>`
      select key, ceil(greatest(extract(epoch from blocked_until - now()), 0))::int as wait_seconds,
        coalesce(succeeded_at > now() - make_interval(days => ${TRUST_DAYS}), false) as has_succeeded
      from imbi_system.login_throttle where key in (${keys.account}, ${keys.pair})
    `.execute(this.database.kysely);
    const pair = rows.find((row) => row.key === keys.pair);
    const whole = pair?.has_succeeded ? undefined : rows.find((row) => row.key === keys.account);
    const wait = Math.max(pair?.wait_seconds ?? 0, whole?.wait_seconds ?? 0);
    if (wait > 0) throw loginThrottled(wait);
  }

  /** Counts a failure. */
  async failed(account: string, address: string): Promise<void> {
    const { loginFailuresFree, loginDelayMax } = this.config.auth;
    const keys = keysOf(account, address);
    await sql`
      insert into imbi_system.login_throttle as known (key, failures, blocked_until)
      select key, 1, case when free <= 1 then now() + interval '1 second' end
      from (values (${keys.account}, ${loginFailuresFree * ACCOUNT_FACTOR}::int), (${keys.pair}, ${loginFailuresFree}::int))
        as given (key, free)
      order by key
      on conflict (key) do update set
        failures = known.failures + 1,
        updated_at = now(),
        blocked_until = case
          when known.failures + 1 < ${freeOf(keys, loginFailuresFree)} then null
          else now() + make_interval(secs => least(
            ${loginDelayMax}, power(2, least(known.failures + 1 - ${freeOf(keys, loginFailuresFree)}, 30))
          ))
        end
    `.execute(this.database.kysely);
  }

  /** Forgets the failures of both, and remembers that the address is the owner's. */
  async succeeded(account: string, address: string): Promise<void> {
    const keys = keysOf(account, address);
    await sql`
      insert into imbi_system.login_throttle as known (key, failures, succeeded_at)
      values (${keys.account}, 0, null), (${keys.pair}, 0, now())
      on conflict (key) do update set
        failures = 0, blocked_until = null, updated_at = now(), succeeded_at = excluded.succeeded_at
    `.execute(this.database.kysely);
  }

  /** Lets everybody try at once again at this account, from wherever they failed; whom it trusts stays as it is. */
  async forgive(account: string): Promise<void> {
    const { account: whole, pairs } = keysOf(account, '');
    await sql`update imbi_system.login_throttle set failures = 0, blocked_until = null
      where key = ${whole} or starts_with(key, ${pairs})`.execute(this.database.kysely);
  }

  /** Removes what has not been touched for longer than trust lasts; returns how much it was. */
  async purge(): Promise<number> {
    return inBatches(async (limit) => {
      const { numAffectedRows } = await sql`
        delete from imbi_system.login_throttle where key in (
          select key from imbi_system.login_throttle
          where updated_at < now() - make_interval(days => ${TRUST_DAYS}) limit ${limit}
        )`.execute(this.database.kysely);
      return Number(numAffectedRows ?? 0);
    });
  }
}

interface ThrottleKeys {
  readonly account: string;
  /** What the pairs of the account with any address begin with. */
  readonly pairs: string;
  readonly pair: string;
}

// Digests: the table must not tell which addresses people typed, some of which will be passwords.
function keysOf(account: string, address: string): ThrottleKeys {
  const digest = sha256(account);
  const pairs = `pair:${digest}:`;
  return { account: `account:${digest}`, pairs, pair: pairs + sha256(address) };
}

function freeOf(keys: ThrottleKeys, free: number) {
  return sql`(case when known.key = ${keys.account} then ${free * ACCOUNT_FACTOR}::int else ${free}::int end)`;
}
