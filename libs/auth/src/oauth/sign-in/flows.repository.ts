import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { KeyRing, randomToken, sha256 } from '#libs/crypto';
import { Database, type Transaction } from '#libs/database';
import type { FlowSecrets } from '../client/provider-client.js';

/** A browser that was sent to a provider. */
export interface Flow extends FlowSecrets {
  readonly browserHash: string;
  readonly providerId: string;
  readonly returnTo: string;
  /** Set where a signed-in user links an account, instead of signing in. */
  readonly link: { readonly userId: string; readonly sessionId: string } | undefined;
}

interface FlowRow {
  readonly browser_hash: string;
  readonly provider_id: string;
  readonly secrets: string;
  readonly return_to: string;
  readonly user_id: string | null;
  readonly session_id: string | null;
}

/** Who came back from a provider, before the browser has fetched the tokens. */
export interface PendingSignIn {
  readonly identityId: string;
  readonly hasSecondFactor: boolean;
}

/** Sign-ins on their way: each is taken once, and known by digests alone. */
@Injectable()
export class FlowsRepository {
  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
  ) {}

  /** Remembers a flow; returns the `state` that it is known by. */
  async insertFlow(flow: Flow, lifetimeSeconds: number): Promise<string> {
    const state = randomToken();
    const { nonce, codeVerifier, browserHash, providerId, returnTo, link } = flow;
    const secrets = this.keys.encrypt(JSON.stringify({ nonce, codeVerifier }));
    await this.database.transaction(async (tx) => {
      await sql`delete from imbi_system.oauth_flows where expires_at < now()`.execute(tx.kysely);
      await sql`
        insert into imbi_system.oauth_flows
          (state_hash, browser_hash, provider_id, secrets, return_to, user_id, session_id, expires_at)
        values (${sha256(state)}, ${browserHash}, ${providerId}, ${secrets}, ${returnTo}, ${link?.userId ?? null},
          ${link?.sessionId ?? null}, now() + make_interval(secs => ${lifetimeSeconds}))
      `.execute(tx.kysely);
    });
    return state;
  }

  /** The flow of a state, which nobody gets again. */
  async takeFlow(state: string): Promise<Flow | undefined> {
    const { rows } = await sql<FlowRow & { is_alive: boolean }>`
      delete from imbi_system.oauth_flows where state_hash = ${sha256(state)}
      returning browser_hash, provider_id, secrets, return_to, user_id, session_id, expires_at > now() as is_alive
    `.execute(this.database.kysely);
    return rows[0]?.is_alive ? this.toFlow(rows[0]) : undefined;
  }

  /** Remembers who came back; returns the code that the browser fetches the tokens with. */
  async insertCode(
    pending: PendingSignIn & { readonly browserHash: string },
    lifetimeSeconds: number,
  ): Promise<string> {
    const code = randomToken();
    await this.database.transaction(async (tx) => {
      await sql`delete from imbi_system.oauth_codes where expires_at < now()`.execute(tx.kysely);
      await sql`
        insert into imbi_system.oauth_codes (code_hash, browser_hash, identity_id, has_second_factor, expires_at)
        values (${sha256(code)}, ${pending.browserHash}, ${pending.identityId}, ${pending.hasSecondFactor},
          now() + make_interval(secs => ${lifetimeSeconds}))
      `.execute(tx.kysely);
    });
    return code;
  }

  async findCode(code: string, browser: string): Promise<PendingSignIn | undefined> {
    const { rows } = await sql<{ identity_id: string; has_second_factor: boolean }>`
      select identity_id, has_second_factor from imbi_system.oauth_codes
      where code_hash = ${sha256(code)} and browser_hash = ${sha256(browser)} and expires_at > now()
    `.execute(this.database.kysely);
    return rows[0] && { identityId: rows[0].identity_id, hasSecondFactor: rows[0].has_second_factor };
  }

  /** Whether the code was there to be used up; of several callers at once, it is for one. */
  async spendCode(tx: Transaction, code: string, browser: string): Promise<boolean> {
    const { rows } = await sql`
      delete from imbi_system.oauth_codes
      where code_hash = ${sha256(code)} and browser_hash = ${sha256(browser)} and expires_at > now() returning 1
    `.execute(tx.kysely);
    return rows.length > 0;
  }

  /** A code that nobody may use any more: it was tried from a browser that it was not given to. */
  async burnCode(code: string): Promise<void> {
    await sql`delete from imbi_system.oauth_codes where code_hash = ${sha256(code)}`.execute(this.database.kysely);
  }

  /** Gives somebody who must look for a second factor the time to; counted from when the code was made. */
  async prolongCode(code: string, lifetimeSeconds: number): Promise<void> {
    await sql`
      update imbi_system.oauth_codes set expires_at = created_at + make_interval(secs => ${lifetimeSeconds})
      where code_hash = ${sha256(code)}
    `.execute(this.database.kysely);
  }

  private toFlow(row: FlowRow): Flow {
    const secrets: FlowSecrets = JSON.parse(this.keys.decryptText(row.secrets));
    const { user_id: userId, session_id: sessionId } = row;
    return {
      nonce: secrets.nonce,
      codeVerifier: secrets.codeVerifier,
      browserHash: row.browser_hash,
      providerId: row.provider_id,
      returnTo: row.return_to,
      link: userId !== null && sessionId !== null ? { userId, sessionId } : undefined,
    };
  }
}
