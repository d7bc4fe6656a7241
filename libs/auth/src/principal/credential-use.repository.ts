import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database } from '#libs/database';
import { col, encode, equal, namedCol, type Sql, tableOf } from '#libs/graph';
import { ApiKey, ClientCredential } from '../model/credential.vertex.js';
import type { ApiKeySubject, ClientSubject } from './credential-subject.js';

/** As much of a key's or client's subject as it takes to find it. */
export type UsedCredential = Pick<ApiKeySubject, 'kind' | 'keyId'> | Pick<ClientSubject, 'kind' | 'clientId'>;

/** A secret that was found by a later key of the ring, and what it is found by from now on. */
export interface MacRenewal {
  readonly property: 'secret_mac' | 'previous_mac';
  readonly from: string;
  readonly to: string;
}

/**
 * Writes down what nobody reads as a change: neither the version nor the history of a credential knows of it, as
 * nothing changes that its owner has written.
 */
@Injectable()
export class CredentialUseRepository {
  constructor(private readonly database: Database) {}

  async setLastUsed(credential: UsedCredential, at: Date): Promise<void> {
    await this.merge(credential, { last_used_at: at.toISOString() });
  }

  /** Where the secret is still the one that was given: a rotation that came between is not undone. */
  async renewMac(credential: UsedCredential, { property, from, to }: MacRenewal): Promise<void> {
    const { definition } = tableAndKey(credential);
    await this.merge(credential, { [property]: to }, equal(namedCol(definition, property, 'c'), encode(from)));
  }

  private async merge(
    credential: UsedCredential,
    properties: Readonly<Record<string, string>>,
    condition: Sql = sql`true`,
  ): Promise<void> {
    const { definition, key } = tableAndKey(credential);
    await sql`update ${tableOf(definition)} c
      set properties = c.properties operator(ag_catalog.||) ${encode({ ...properties })}
      where ${key} and ${condition}`.execute(this.database.kysely);
  }
}

function tableAndKey(credential: UsedCredential) {
  return credential.kind === 'api_key'
    ? { definition: ApiKey, key: equal(col(ApiKey, 'key_id', 'c'), encode(credential.keyId)) }
    : {
        definition: ClientCredential,
        key: equal(col(ClientCredential, 'client_id', 'c'), encode(credential.clientId)),
      };
}
