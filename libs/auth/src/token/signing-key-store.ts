import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { createLogger, errorMessage } from '#libs/common';
import {
  exportSigningKey,
  generateSigningKey,
  importSigningKey,
  KeyRing,
  type SigningKey,
  SigningKeys,
} from '#libs/crypto';
import { Database, type Transaction } from '#libs/database';
import { recordAudit } from '../audit/audit.js';

interface StoredKey {
  readonly kid: string;
  readonly private_jwk: string;
}

const logger = createLogger('auth');
// Any number will do as long as every process takes the same one.
const LOCK_KEY = 4_624_722;
/** How long this process may sign with a key that another one has just replaced, and publish without the new one. */
const MAX_AGE_MS = 30_000;
/** A token with a key id we do not know has us look again, but not more often than this. */
const MIN_AGE_MS = 2000;

/** The signing keys of the installation: rows, encrypted at rest, shared by every process. */
@Injectable()
export class SigningKeyStore {
  readonly keys = new SigningKeys();
  private loadedAt = 0;
  private loading: Promise<void> | undefined;

  constructor(
    private readonly database: Database,
    private readonly keyRing: KeyRing,
  ) {}

  /**
   * Makes sure that there are keys, making the first one where the installation has none. Keys older than half a
   * minute are read again in the background: no request waits for it, nor fails by it.
   */
  async refresh(): Promise<void> {
    if (this.keys.size === 0) return this.load();
    if (Date.now() - this.loadedAt < MAX_AGE_MS || this.loading) return;
    this.load().catch((error: unknown) => {
      logger.warn({ reason: errorMessage(error) }, 'signing keys could not be read again');
    });
  }

  /** For a token whose key is not known here: it may be a new one. */
  async lookAgain(): Promise<void> {
    if (Date.now() - this.loadedAt > MIN_AGE_MS) await this.load();
  }

  /**
   * Makes a new key, which signs from now on (on other processes within half a minute); the old ones verify for
   * `overlapSeconds`, which should be as long as the tokens they signed. Returns the new key's id.
   */
  async rotate(overlapSeconds: number): Promise<string> {
    const key = await generateSigningKey();
    await this.database.transaction(async (tx) => {
      await lock(tx);
      await sql`update imbi_system.signing_keys set retires_at = now() + make_interval(secs => ${overlapSeconds})
        where retires_at is null`.execute(tx.kysely);
      await this.insert(tx, key);
      recordAudit(tx, { action: 'auth.signing_key.rotate', outcome: 'success', resourceId: key.kid });
    });
    await this.load();
    return key.kid;
  }

  private async load(): Promise<void> {
    this.loading ??= this.loadOnce().finally(() => {
      this.loading = undefined;
    });
    return this.loading;
  }

  private async loadOnce(): Promise<void> {
    let stored = await this.readStored();
    if (!stored.some((row) => row.is_current)) {
      await this.createFirst();
      stored = await this.readStored();
    }
    this.keys.replace(await Promise.all(stored.map((row) => this.open(row))));
    this.loadedAt = Date.now();
  }

  private async readStored(): Promise<readonly (StoredKey & { is_current: boolean })[]> {
    const { rows } = await sql<StoredKey & { is_current: boolean }>`
      select kid, private_jwk, retires_at is null as is_current from imbi_system.signing_keys
      where retires_at is null or retires_at > now()
      order by (retires_at is null) desc, created_at desc, kid
    `.execute(this.database.kysely);
    return rows;
  }

  private async open(row: StoredKey): Promise<SigningKey> {
    return importSigningKey({ kid: row.kid, privateJwk: this.keyRing.decryptText(row.private_jwk) });
  }

  private async createFirst(): Promise<void> {
    const key = await generateSigningKey();
    await this.database.transaction(async (tx) => {
      await lock(tx);
      const { rows } = await sql`select kid from imbi_system.signing_keys where retires_at is null`.execute(tx.kysely);
      if (rows.length > 0) return;
      await this.insert(tx, key);
      logger.info({ kid: key.kid }, 'first signing key made');
    });
  }

  private async insert(tx: Transaction, key: SigningKey): Promise<void> {
    const { kid, privateJwk } = await exportSigningKey(key);
    await sql`insert into imbi_system.signing_keys (kid, private_jwk) values (${kid}, ${this.keyRing.encrypt(privateJwk)})`.execute(
      tx.kysely,
    );
  }
}

async function lock(tx: Transaction): Promise<void> {
  await sql`select pg_advisory_xact_lock(${LOCK_KEY})`.execute(tx.kysely);
}
