import type { Database } from '#libs/database';

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

/** `begun`: carry it out and finish with `lock`. */
export type IdempotencyState =
  | { readonly kind: 'begun'; readonly lock: string }
  | { readonly kind: 'answered'; readonly answer: KeptAnswer }
  | { readonly kind: 'running'; readonly retryAfterSeconds: number }
  | { readonly kind: 'other_request' };

// Longer than any request runs; after it a key whose process died can be taken over by a retry.
const LOCK_SECONDS = 120;

/**
 * Idempotency keys in `imbi_system.idempotency_keys`. The lock is a row with an end: it holds over processes, and a
 * crash cannot hold it for ever. It is outside the transaction of the work, so a crash between the work's commit and the
 * answer's storing lets a retry do the work again, after LOCK_SECONDS.
 */
export class IdempotencyStore {
  constructor(
    private readonly database: Database,
    private readonly keepSeconds: number,
  ) {}

  async begin(request: IdempotentRequest): Promise<IdempotencyState> {
    const rows = await this.database.execute<{ lock: string }>({
      sql: `insert into imbi_system.idempotency_keys as held (caller, key, fingerprint, locked_until, expires_at)
       values ($1, $2, $3, now() + make_interval(secs => $4), now() + make_interval(secs => $5))
       on conflict (caller, key) do update
         set fingerprint = excluded.fingerprint, status = null, headers = null, body = null,
             locked_until = excluded.locked_until, expires_at = excluded.expires_at, created_at = now()
         where held.expires_at <= now()
            or (held.status is null and held.locked_until <= now() and held.fingerprint = excluded.fingerprint)
       returning locked_until::text as lock`,
      parameters: [request.caller, request.key, request.fingerprint, LOCK_SECONDS, this.keepSeconds],
    });
    const lock = rows[0]?.lock;
    return lock === undefined ? this.read(request) : { kind: 'begun', lock };
  }

  /** Keeps the answer for retries; does nothing when the lock was lost to one meanwhile. */
  async finish(request: IdempotentRequest, lock: string, answer: KeptAnswer): Promise<void> {
    await this.database.execute({
      sql: `update imbi_system.idempotency_keys set status = $4, headers = $5, body = $6, locked_until = now()
       where caller = $1 and key = $2 and locked_until = $3::timestamptz and status is null`,
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

  /** Forgets the key, so that a retry is carried out anew. */
  async release(request: IdempotentRequest, lock: string): Promise<void> {
    await this.database.execute({
      sql: `delete from imbi_system.idempotency_keys
       where caller = $1 and key = $2 and locked_until = $3::timestamptz and status is null`,
      parameters: [request.caller, request.key, lock],
    });
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
      left: number;
    }>({
      sql: `select fingerprint, status, headers, body, extract(epoch from locked_until - now())::float8 as left
       from imbi_system.idempotency_keys where caller = $1 and key = $2`,
      parameters: [request.caller, request.key],
    });
    // Released between the two statements: the other request failed, and the next try will do it.
    if (!row) return { kind: 'running', retryAfterSeconds: 1 };
    if (row.fingerprint !== request.fingerprint) return { kind: 'other_request' };
    if (row.status === null) return { kind: 'running', retryAfterSeconds: Math.min(5, Math.max(1, row.left)) };
    return {
      kind: 'answered',
      answer: { status: row.status, headers: row.headers ?? {}, body: row.body ?? undefined },
    };
  }
}
