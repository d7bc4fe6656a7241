import { sql } from 'kysely';
import { createLogger, DomainError, errorMessage, type RequestContext, requestContext } from '#libs/common';
import type { Database, Transaction } from '#libs/database';

/** What one request with a key is about. */
export interface IdempotentRequest {
  readonly caller: string;
  readonly key: string;
  /** A keyed digest of method, address and body. */
  readonly fingerprint: string;
}

export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** undefined where the answer had none, or was not to be kept. */
  readonly body?: string;
}

/** A request that is being carried out, and the proof that it is the one that may be. */
export interface HeldLock {
  readonly request: IdempotentRequest;
  readonly lock: string;
}

/** `begun`: carry it out and finish with `lock`; `answer_lost`: it was carried out, and nobody knows what came of it. */
export type IdempotencyState =
  | { readonly kind: 'begun'; readonly lock: string }
  | { readonly kind: 'answered'; readonly answer: KeptAnswer }
  | { readonly kind: 'running'; readonly retryAfterSeconds: number }
  | { readonly kind: 'answer_lost' }
  | { readonly kind: 'other_request' };

/** How long a retry waits for a process that died. */
const LOCK_SECONDS = 15;
const RENEW_MILLISECONDS = 5000;
/** Nothing runs for longer; a handler that never answers must not hold its key for ever. */
const RENEW_FOR_MILLISECONDS = 600_000;
const logger = createLogger('http');

interface RenewedLock extends HeldLock {
  readonly since: number;
}

/**
 * Idempotency keys in `imbi_system.idempotency_keys`. The lock is a row with an end, renewed while the request runs: it
 * holds over processes, and a crash holds it for LOCK_SECONDS. `created_at` is its fence: it is new with every begin and
 * nothing else changes it. Each transaction of a request with a key notes its commit in the row, and fails where the row
 * is not the request's any more; so what was committed is never carried out again, whoever died when.
 */
export class IdempotencyStore {
  private readonly held = new Map<RequestContext, RenewedLock>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly keepSeconds: number,
  ) {
    database.beforeCommit((tx) => {
      if (this.held.size === 0) return undefined;
      const context = requestContext.current();
      const held = context && this.held.get(context);
      return held && noteCommit(tx, held);
    });
  }

  async begin(request: IdempotentRequest): Promise<IdempotencyState> {
    const rows = await this.database.execute<{ lock: string }>({
      sql: `insert into imbi_system.idempotency_keys as held (caller, key, fingerprint, locked_until, expires_at)
       values ($1, $2, $3, now() + make_interval(secs => $4), now() + make_interval(secs => $5))
       on conflict (caller, key) do update
         set fingerprint = excluded.fingerprint, status = null, headers = null, body = null, committed_at = null,
             locked_until = excluded.locked_until, expires_at = excluded.expires_at, created_at = clock_timestamp()
         where held.expires_at <= now()
            or (held.status is null and held.committed_at is null and held.locked_until <= now()
                and held.fingerprint = excluded.fingerprint)
       returning created_at::text as lock`,
      parameters: [request.caller, request.key, request.fingerprint, LOCK_SECONDS, this.keepSeconds],
    });
    const lock = rows[0]?.lock;
    return lock === undefined ? this.read(request) : { kind: 'begun', lock };
  }

  /** From here on the request's lock is renewed and its transactions are fenced, until it is finished or released. */
  hold(context: RequestContext, held: HeldLock): void {
    this.held.set(context, { ...held, since: Date.now() });
    this.timer ??= setInterval(() => void this.renew(), RENEW_MILLISECONDS).unref();
  }

  /** Keeps the answer for retries; does nothing when the lock was lost to one meanwhile. */
  async finish({ request, lock }: HeldLock, answer: KeptAnswer): Promise<void> {
    await this.database.execute({
      sql: `update imbi_system.idempotency_keys set status = $4, headers = $5, body = $6, locked_until = now()
       where caller = $1 and key = $2 and created_at = $3::timestamptz and status is null`,
      parameters: [
        request.caller,
        request.key,
        lock,
        answer.status,
        JSON.stringify(answer.headers),
        answer.body ?? null,
      ],
    });
  }

  /** Forgets the key, so that a retry is carried out anew; where anything was committed, that there is no answer. */
  async release({ request, lock }: HeldLock): Promise<void> {
    await this.database.execute({
      sql: `with released as (
         delete from imbi_system.idempotency_keys
         where caller = $1 and key = $2 and created_at = $3::timestamptz and status is null and committed_at is null
       )
       update imbi_system.idempotency_keys set locked_until = now()
       where caller = $1 and key = $2 and created_at = $3::timestamptz and status is null and committed_at is not null`,
      parameters: [request.caller, request.key, lock],
    });
  }

  /** The lock of a request that is over; what was held for it is not renewed any more. */
  letGo(context: RequestContext): HeldLock | undefined {
    const held = this.held.get(context);
    this.held.delete(context);
    if (this.held.size === 0) this.close();
    return held;
  }

  close(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Puts off the end of every lock that is held. Called by a timer. */
  async renew(): Promise<void> {
    for (const [context, { since }] of this.held) {
      if (Date.now() - since > RENEW_FOR_MILLISECONDS) this.letGo(context);
    }
    const locks = [...this.held.values()];
    if (locks.length === 0) return;
    try {
      await this.database.execute({
        sql: `update imbi_system.idempotency_keys kept set locked_until = now() + make_interval(secs => $4)
         from unnest($1::text[], $2::text[], $3::text[]) as held (caller, key, lock)
         where kept.caller = held.caller and kept.key = held.key and kept.created_at = held.lock::timestamptz
           and kept.status is null`,
        parameters: [
          locks.map(({ request }) => request.caller),
          locks.map(({ request }) => request.key),
          locks.map(({ lock }) => lock),
          LOCK_SECONDS,
        ],
      });
    } catch (error) {
      logger.warn({ reason: errorMessage(error) }, 'locks of idempotency keys could not be renewed');
    }
  }

  /** Deletes keys that have expired, at most `limit` of them; for a janitor. Returns how many. */
  async deleteExpired(limit = 10_000): Promise<number> {
    const result = await this.database.pool.query(
      `delete from imbi_system.idempotency_keys where (caller, key) in (
         select caller, key from imbi_system.idempotency_keys where expires_at <= now() limit $1
       )`,
      [limit],
    );
    return result.rowCount ?? 0;
  }

  private async read(request: IdempotentRequest): Promise<IdempotencyState> {
    const [row] = await this.database.execute<{
      fingerprint: string;
      status: number | null;
      headers: Record<string, string> | null;
      body: string | null;
      is_committed: boolean;
      left: number;
    }>({
      sql: `select fingerprint, status, headers, body, committed_at is not null as is_committed,
         extract(epoch from locked_until - now())::float8 as left
       from imbi_system.idempotency_keys where caller = $1 and key = $2`,
      parameters: [request.caller, request.key],
    });
    // Released between the two statements: the other request failed, and the next try will do it.
    if (!row) return { kind: 'running', retryAfterSeconds: 1 };
    if (row.fingerprint !== request.fingerprint) return { kind: 'other_request' };
    if (row.status === null && row.is_committed && row.left <= 0) return { kind: 'answer_lost' };
    if (row.status === null) return { kind: 'running', retryAfterSeconds: Math.min(5, Math.max(1, row.left)) };
    return {
      kind: 'answered',
      answer: { status: row.status, headers: row.headers ?? {}, body: row.body ?? undefined },
    };
  }
}

// The row is locked from here to the commit: a retry that would take it over waits, and then sees that it is too late.
async function noteCommit(tx: Transaction, { request, lock }: HeldLock): Promise<void> {
  const { rows } = await sql`
    update imbi_system.idempotency_keys
    set committed_at = now(), locked_until = greatest(locked_until, now() + make_interval(secs => ${LOCK_SECONDS}))
    where caller = ${request.caller} and key = ${request.key} and created_at = ${lock}::timestamptz and status is null
    returning 1`.execute(tx.kysely);
  if (rows.length > 0) return;
  const message = 'The same request was taken over by a retry.';
  throw new DomainError('idempotency_in_progress', 'conflict', message, { retryAfterSeconds: 1 });
}
