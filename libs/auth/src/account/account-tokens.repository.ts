import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { randomToken, sha256 } from '#libs/crypto';
import { Database, inBatches, type Transaction } from '#libs/database';

export type AccountTokenPurpose = 'password_reset' | 'email_verification' | 'invitation';

/** Whose a token is, and for which address it was sent: it is worth nothing once the account has another one. */
export interface AccountToken {
  readonly userId: string;
  readonly emailKey: string;
}

export interface NewAccountToken extends AccountToken {
  readonly purpose: AccountTokenPurpose;
  readonly lifetimeSeconds: number;
  /** Of several tokens with one cause only the first is made: a job may run twice. */
  readonly cause?: string;
}

interface Row {
  readonly user_id: string;
  readonly email_key: string;
}

/** Tokens of 256 random bits in the links of mails. Each works once, and a new one ends those before it. */
@Injectable()
export class AccountTokens {
  constructor(private readonly database: Database) {}

  /** The token, which is stored nowhere; undefined where its cause made one before. */
  async issue(tx: Transaction, token: NewAccountToken): Promise<{ text: string; expiresAt: Date } | undefined> {
    const { purpose, userId, emailKey, lifetimeSeconds, cause } = token;
    const text = randomToken();
    const expiresAt = new Date(Date.now() + lifetimeSeconds * 1000);
    const { rows } = await sql`
      insert into imbi_system.account_tokens (token_hash, purpose, user_id, email_key, cause, expires_at)
      values (${sha256(text)}, ${purpose}, ${userId}, ${emailKey}, ${cause ?? null}, ${expiresAt.toISOString()})
      on conflict (cause) do nothing returning 1
    `.execute(tx.kysely);
    if (rows.length === 0) return undefined;
    await sql`
      update imbi_system.account_tokens set ended_at = now()
      where user_id = ${userId} and purpose = ${purpose} and ended_at is null and token_hash <> ${sha256(text)}
    `.execute(tx.kysely);
    return { text, expiresAt };
  }

  /** Whose a token is that can still be used. */
  async find(text: string, purpose: AccountTokenPurpose): Promise<AccountToken | undefined> {
    const { rows } = await sql<Row>`
      select user_id, email_key from imbi_system.account_tokens
      where token_hash = ${sha256(text)} and purpose = ${purpose} and ended_at is null and expires_at > now()
    `.execute(this.database.kysely);
    return rows[0] && toToken(rows[0]);
  }

  /** Uses a token up: of several callers at once, for one. */
  async spend(tx: Transaction, text: string, purpose: AccountTokenPurpose): Promise<AccountToken | undefined> {
    const { rows } = await sql<Row>`
      update imbi_system.account_tokens set ended_at = now()
      where token_hash = ${sha256(text)} and purpose = ${purpose} and ended_at is null and expires_at > now()
      returning user_id, email_key
    `.execute(tx.kysely);
    return rows[0] && toToken(rows[0]);
  }

  /** Ends every link with which a user could set a password. */
  async endPasswordLinks(tx: Transaction, userId: string): Promise<void> {
    await sql`
      update imbi_system.account_tokens set ended_at = now()
      where user_id = ${userId} and purpose in ('password_reset', 'invitation') and ended_at is null
    `.execute(tx.kysely);
  }

  /** Forgets tokens a week after they have run out; by then no job can come again. */
  async purge(): Promise<number> {
    return inBatches(async (limit) => {
      const { numAffectedRows } = await sql`
        delete from imbi_system.account_tokens where token_hash in (
          select token_hash from imbi_system.account_tokens where expires_at < now() - interval '7 days' limit ${limit}
        )`.execute(this.database.kysely);
      return Number(numAffectedRows ?? 0);
    });
  }
}

function toToken({ user_id, email_key }: Row): AccountToken {
  return { userId: user_id, emailKey: email_key };
}
