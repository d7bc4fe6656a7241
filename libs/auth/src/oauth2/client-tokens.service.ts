import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '#libs/config';
import { JwtError } from '#libs/crypto';
import { Database } from '#libs/database';
import { ApiKeyCodec } from '../api-key/api-key-codec.js';
import { recordAudit } from '../audit/audit.js';
import { Principals } from '../principal/principals.js';
import { type AccessTokenFacts, AccessTokens } from '../token/access-tokens.js';
import { type AuthenticatedClient, ClientAuthentication } from './client-authentication.service.js';
import type { OAuthForm } from './client-secret.js';
import { ClientSecretsRepository } from './client-secrets.repository.js';
import type { ClientTokenDto, TokenIntrospectionDto, TokenRevocationDto } from './oauth2.dto.js';
import {
  invalidRequest,
  invalidScope,
  unauthorizedClient,
  unsupportedGrantType,
  unsupportedTokenType,
} from './oauth2-problems.js';

/** Who may ask about the tokens of others. */
const INTROSPECT = 'token:introspect';
/** A token must fit into a header, and its verifier looks at no longer ones. */
const SCOPE_MAX_LENGTH = 4000;
const INACTIVE: TokenIntrospectionDto = { active: false };

/** Gives tokens to the clients of service accounts, takes them back, and tells what they are good for. */
@Injectable()
export class ClientTokens {
  constructor(
    private readonly clients: ClientAuthentication,
    private readonly repository: ClientSecretsRepository,
    private readonly tokens: AccessTokens,
    private readonly keys: ApiKeyCodec,
    private readonly principals: Principals,
    private readonly database: Database,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** @throws DomainError `invalid_client`, `invalid_request`, `unsupported_grant_type`, `invalid_scope` */
  async issue(authorization: string | undefined, form: OAuthForm, now = new Date()): Promise<ClientTokenDto> {
    const client = await this.clients.authenticate(authorization, form, now);
    if (!form['grant_type']) throw invalidRequest('The parameter grant_type is missing.');
    if (form['grant_type'] !== 'client_credentials') throw unsupportedGrantType();
    const scopes = grantedScopes(client, form['scope']);
    const { clientId, serviceAccountId } = client;
    const { token, expiresInSeconds } = await this.tokens.issueForClient(
      { clientId, serviceAccountId, scopes },
      this.lifeOf(client, now),
      now,
    );
    await this.database.transaction(async (tx) =>
      recordAudit(tx, {
        action: 'auth.token',
        outcome: 'success',
        resourceKind: 'ClientCredential',
        resourceId: client.id,
        detail: { scopes },
      }),
    );
    return { access_token: token, token_type: 'Bearer', expires_in: expiresInSeconds, scope: scopes.join(' ') };
  }

  /** @throws DomainError `invalid_client`, `invalid_request`, `unauthorized_client`, `unsupported_token_type` */
  async revoke(authorization: string | undefined, form: OAuthForm): Promise<TokenRevocationDto> {
    const client = await this.clients.authenticate(authorization, form);
    const token = tokenIn(form);
    if (this.keys.isKey(token)) throw unsupportedTokenType();
    const facts = await this.factsOf(token);
    // One that is over or was none needs no taking back (RFC 7009, section 2.2).
    if (!facts) return { revoked: true };
    const { subject, tokenId, expiresAt } = facts;
    if (subject.kind !== 'client' || subject.clientId !== client.clientId) throw unauthorizedClient();
    await this.database.transaction(async (tx) => {
      await this.repository.revokeToken(tx, tokenId, expiresAt);
      recordAudit(tx, {
        action: 'auth.token.revoke',
        outcome: 'success',
        resourceKind: 'ClientCredential',
        resourceId: client.id,
        detail: { token_id: tokenId },
      });
    });
    return { revoked: true };
  }

  /** @throws DomainError `invalid_client`, `invalid_request` */
  async introspect(authorization: string | undefined, form: OAuthForm): Promise<TokenIntrospectionDto> {
    const client = await this.clients.authenticate(authorization, form);
    const token = tokenIn(form);
    if (this.keys.isKey(token)) return this.describeKey(client, token);
    const facts = await this.factsOf(token);
    if (!facts) return INACTIVE;
    const { subject, tokenId, issuedAt, expiresAt, issuer, audience } = facts;
    const isOwn = subject.kind === 'client' && subject.clientId === client.clientId;
    const auth = await this.principals.resolve(subject);
    if (!auth || !(isOwn || (await this.mayAskAboutOthers(client)))) return INACTIVE;
    return {
      active: true,
      scope: auth.credential.scopes ? [...auth.credential.scopes].join(' ') : 'api',
      ...(subject.kind === 'client' ? { client_id: subject.clientId } : {}),
      username: auth.principal.name,
      token_type: 'Bearer',
      exp: secondsOf(expiresAt),
      iat: secondsOf(issuedAt),
      sub: auth.principal.id,
      aud: audience,
      iss: issuer,
      jti: tokenId,
    };
  }

  private async describeKey(client: AuthenticatedClient, token: string): Promise<TokenIntrospectionDto> {
    const subject = this.keys.read(token);
    const auth = subject && (await this.principals.resolve(subject));
    if (!auth || !(await this.mayAskAboutOthers(client))) return INACTIVE;
    const { scopes = [], expiresAt } = auth.credential;
    return {
      active: true,
      scope: [...scopes].join(' '),
      username: auth.principal.name,
      token_type: 'Bearer',
      ...(expiresAt === undefined ? {} : { exp: secondsOf(new Date(expiresAt)) }),
      sub: auth.principal.id,
    };
  }

  private async mayAskAboutOthers({ clientId, serviceAccountId, scopes }: AuthenticatedClient): Promise<boolean> {
    const subject = { kind: 'client', clientId, serviceAccountId, scopes, tokenId: '' } as const;
    return (await this.principals.resolve(subject))?.can(INTROSPECT) ?? false;
  }

  /** Undefined of what is no token of ours, or is over. */
  private async factsOf(token: string): Promise<AccessTokenFacts | undefined> {
    try {
      return await this.tokens.inspect(token);
    } catch (error) {
      if (error instanceof JwtError) return undefined;
      throw error;
    }
  }

  // What a client is given does not outlive it, though it would be refused then anyway.
  private lifeOf({ expiresAt }: AuthenticatedClient, now: Date): number {
    const { clientTokenTtl } = this.config.auth;
    if (expiresAt === null) return clientTokenTtl;
    return Math.max(1, Math.min(clientTokenTtl, Math.floor((Date.parse(expiresAt) - now.getTime()) / 1000)));
  }
}

function grantedScopes({ scopes }: AuthenticatedClient, asked: string | undefined): string[] {
  const wanted = [...new Set((asked ?? '').split(' ').filter((scope) => scope !== ''))];
  const beyond = wanted.filter((scope) => !scopes.includes(scope));
  if (beyond.length > 0) throw invalidScope('The client does not have all of these scopes.');
  const granted = wanted.length > 0 ? wanted : [...scopes];
  if (granted.join(' ').length > SCOPE_MAX_LENGTH) {
    throw invalidScope(`More than ${SCOPE_MAX_LENGTH} characters of scopes do not fit into a token; ask for fewer.`);
  }
  return granted;
}

function tokenIn({ token }: OAuthForm): string {
  if (!token) throw invalidRequest('The parameter token is missing.');
  return token;
}

function secondsOf(time: Date): number {
  return Math.floor(time.getTime() / 1000);
}
