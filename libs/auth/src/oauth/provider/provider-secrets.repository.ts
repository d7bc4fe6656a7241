import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database } from '#libs/database';
import { anyOf, col, encodeList, type GraphTransaction, idOf, tableOf, textOf } from '#libs/graph';
import { OAuthProvider } from '../model/oauth.vertex.js';

/** What is told of client secrets: whether there is one. */
@Injectable()
export class ProviderSecrets {
  constructor(private readonly database: Database) {}

  /** Which of these providers have a secret. */
  async withSecret(ids: readonly string[], tx?: GraphTransaction): Promise<ReadonlySet<string>> {
    const { rows } = await sql<{ id: string }>`
      select ${textOf(idOf('p'))} as id from ${tableOf(OAuthProvider)} p
      where ${anyOf(idOf('p'), encodeList(ids))} and ${col(OAuthProvider, 'client_secret', 'p')} is not null
    `.execute(tx?.transaction.kysely ?? this.database.kysely);
    return new Set(rows.map((row) => row.id));
  }
}
