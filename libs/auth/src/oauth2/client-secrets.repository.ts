import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database, type Transaction } from '#libs/database';
import { col, decodeMap, encode, equal, idOf, propertiesOf, tableOf } from '#libs/graph';
import { ClientCredential } from '../model/credential.vertex.js';
import { ServiceAccount } from '../model/identity.vertex.js';

/** A client with what tells whether a secret is its own, which nothing else may see. */
export interface StoredClient {
  readonly id: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly serviceAccountId: string;
  readonly serviceAccountName: string;
  readonly isActive: boolean;
  readonly secretMac: string;
  readonly previousMac: string | null;
  readonly previousUntil: string | null;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
  readonly lastUsedAt: string | null;
}

@Injectable()
export class ClientSecretsRepository {
  constructor(private readonly database: Database) {}

  async find(clientId: string): Promise<StoredClient | undefined> {
    const { rows } = await sql<{ client: string; account: string }>`
      select ${propertiesOf('c')} as client, ${propertiesOf('a')} as account
      from ${tableOf(ClientCredential)} c join ${tableOf(ServiceAccount)} a
        on ${equal(idOf('a'), col(ClientCredential, 'owner_id', 'c'))}
      where ${equal(col(ClientCredential, 'client_id', 'c'), encode(clientId))}
    `.execute(this.database.kysely);
    return rows[0] && toClient(decodeMap(rows[0].client), decodeMap(rows[0].account));
  }

  /** Takes an access token back before its time; it is asked about at each request. */
  async revokeToken(tx: Transaction, tokenId: string, expiresAt: Date): Promise<void> {
    await sql`insert into imbi_system.revoked_tokens (jti, expires_at) values (${tokenId}, ${expiresAt})
      on conflict do nothing`.execute(tx.kysely);
  }
}

type Properties = ReturnType<typeof decodeMap>;

function toClient(client: Properties, account: Properties): StoredClient {
  const { scopes } = client;
  return {
    id: String(client['id']),
    clientId: String(client['client_id']),
    scopes: Array.isArray(scopes) ? scopes.map(String) : [],
    serviceAccountId: String(account['id']),
    serviceAccountName: String(account['name']),
    isActive: account['is_active'] === true,
    secretMac: String(client['secret_mac']),
    previousMac: textOrNull(client['previous_mac']),
    previousUntil: textOrNull(client['previous_until']),
    expiresAt: textOrNull(client['expires_at']),
    revokedAt: textOrNull(client['revoked_at']),
    lastUsedAt: textOrNull(client['last_used_at']),
  };
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
