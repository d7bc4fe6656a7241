import { Injectable } from '@nestjs/common';
import { requestContext } from '#libs/common';
import { ClientCodec } from '../client/client-codec.js';
import { actAs } from '../principal/auth-context.js';
import { CredentialUse } from '../principal/credential-use.js';
import { findSecret } from '../principal/stored-secret.js';
import { type OAuthForm, presentedClient } from './client-secret.js';
import { ClientSecretsRepository, type StoredClient } from './client-secrets.repository.js';
import { invalidClient } from './oauth2-problems.js';

/** A client that has shown its secret. */
export type AuthenticatedClient = Pick<StoredClient, 'id' | 'clientId' | 'scopes' | 'serviceAccountId' | 'expiresAt'>;

/** Lets clients of service accounts in at the endpoints of OAuth, by id and secret. */
@Injectable()
export class ClientAuthentication {
  constructor(
    private readonly repository: ClientSecretsRepository,
    private readonly codec: ClientCodec,
    private readonly use: CredentialUse,
  ) {}

  /**
   * The client is the actor of the request from here on.
   * @throws DomainError `invalid_client`, whatever is wrong with it; `invalid_request`
   */
  async authenticate(
    authorization: string | undefined,
    form: OAuthForm,
    now = new Date(),
  ): Promise<AuthenticatedClient> {
    const { clientId, secret } = presentedClient(authorization, form);
    const macs = this.codec.macs(secret);
    const client = await this.repository.find(clientId);
    const found = client && findSecret(client, macs, now);
    if (!client || !found || !isAlive(client, now)) throw invalidClient();
    const credential = { kind: 'client', clientId, serviceAccountId: client.serviceAccountId } as const;
    this.use.note(credential, { lastUsedAt: client.lastUsedAt, renewal: found.renewal }, now);
    actAs({ kind: 'service_account', id: client.serviceAccountId, name: client.serviceAccountName });
    const context = requestContext.current();
    if (context) context.credentialId = clientId;
    return client;
  }
}

function isAlive({ isActive, revokedAt, expiresAt }: StoredClient, now: Date): boolean {
  return isActive && revokedAt === null && (expiresAt === null || Date.parse(expiresAt) > now.getTime());
}
