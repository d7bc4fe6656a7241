import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database } from '#libs/database';
import {
  anyOf,
  col,
  decodeMap,
  encode,
  encodeList,
  equal,
  type GraphTransaction,
  idOf,
  propertiesOf,
  tableOf,
  textOf,
} from '#libs/graph';
import { emailKey, User } from '../model/identity.vertex.js';

/** What checking a password needs of a user, and nothing else may see. */
export interface LoginCandidate {
  readonly id: string;
  readonly isActive: boolean;
  /** Null where the user signs in by a provider only. */
  readonly passwordHash: string | null;
}

@Injectable()
export class UsersRepository {
  constructor(private readonly database: Database) {}

  /** Which of these users have a password. */
  async withPassword(ids: readonly string[], tx?: GraphTransaction): Promise<ReadonlySet<string>> {
    const { rows } = await sql<{ id: string }>`
      select ${textOf(idOf('u'))} as id from ${tableOf(User)} u
      where ${anyOf(idOf('u'), encodeList(ids))} and ${col(User, 'password_hash', 'u')} is not null
    `.execute(tx?.transaction.kysely ?? this.database.kysely);
    return new Set(rows.map((row) => row.id));
  }

  /**
   * Whether another active administrator is there, who stays one until the transaction ends. Two administrators who
   * remove each other at once meet in a deadlock, which one of them survives.
   */
  async lockOtherAdmins(tx: GraphTransaction, exceptId: string): Promise<boolean> {
    const { rows } = await sql`
      select 1 from ${tableOf(User)} u
      where ${equal(col(User, 'is_admin', 'u'), encode(true))} and ${equal(col(User, 'is_active', 'u'), encode(true))}
        and not (${equal(idOf('u'), encode(exceptId))})
      limit 1 for update
    `.execute(tx.transaction.kysely);
    return rows.length > 0;
  }

  async findCandidate(email: string): Promise<LoginCandidate | undefined> {
    const { rows } = await sql<{ properties: string }>`
      select ${propertiesOf('u')} as properties from ${tableOf(User)} u
      where ${equal(col(User, 'email_key', 'u'), encode(emailKey(email)))}
    `.execute(this.database.kysely);
    if (!rows[0]) return undefined;
    const { id, is_active, password_hash } = decodeMap(rows[0].properties);
    return {
      id: String(id),
      isActive: is_active === true,
      passwordHash: typeof password_hash === 'string' ? password_hash : null,
    };
  }
}
