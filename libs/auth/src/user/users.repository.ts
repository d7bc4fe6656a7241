import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database } from '#libs/database';
import { col, decodeMap, encode, equal, propertiesOf, tableOf } from '#libs/graph';
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
