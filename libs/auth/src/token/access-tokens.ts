import { Inject, Injectable } from '@nestjs/common';
import { newId } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';
import { type JwtClaims, JwtError, JwtVerifier, signJwt } from '#libs/crypto';
import type { ClientSubject, SessionSubject } from '../principal/credential-subject.js';
import { SigningKeyStore } from './signing-key-store.js';

export interface IssuedAccessToken {
  readonly token: string;
  readonly expiresInSeconds: number;
}

/** What a client's token is made for; its id comes with it. */
export type ClientGrant = Omit<ClientSubject, 'kind' | 'tokenId'>;

/** What a good token says. */
export interface AccessTokenFacts {
  readonly subject: SessionSubject | ClientSubject;
  readonly tokenId: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly issuer: string;
  readonly audience: string;
}

/** RFC 9068; a token made for anything else has another type. */
const ACCESS_TOKEN_TYPE = 'at+jwt';
const SCOPE = 'api';

/** Issues and checks access tokens. They prove who; whether the session is alive is asked of the database each time. */
@Injectable()
export class AccessTokens {
  /** The `iss` of every token. */
  readonly issuer: string;
  private readonly audience: string;
  private readonly ttlSeconds: number;
  private readonly verifier: JwtVerifier;

  constructor(
    private readonly store: SigningKeyStore,
    @Inject(CONFIG) config: Config,
  ) {
    const { auth, server } = config;
    this.issuer = auth.issuer ?? server.publicUrl ?? 'urn:imbi';
    this.audience = auth.audience;
    // A session counts as idle from its last refresh, so a client must come to refresh well before it is over.
    this.ttlSeconds = Math.min(auth.accessTokenTtl, Math.ceil(auth.sessionIdleTtl / 2));
    this.verifier = new JwtVerifier({
      issuer: this.issuer,
      audience: this.audience,
      typ: ACCESS_TOKEN_TYPE,
      keys: store.keys,
    });
  }

  async issue(subject: Omit<SessionSubject, 'kind'>, now = new Date()): Promise<IssuedAccessToken> {
    const { userId, sessionId } = subject;
    return this.sign(userId, { sid: sessionId, scope: SCOPE }, this.ttlSeconds, now);
  }

  /** A token for the client of a service account; its scopes are permissions, parted by spaces. */
  async issueForClient(grant: ClientGrant, ttlSeconds: number, now = new Date()): Promise<IssuedAccessToken> {
    const { serviceAccountId, clientId, scopes } = grant;
    return this.sign(serviceAccountId, { client_id: clientId, scope: scopes.join(' ') }, ttlSeconds, now);
  }

  /** @throws JwtError when the token must be refused */
  async verify(token: string, now = new Date()): Promise<SessionSubject | ClientSubject> {
    return subjectOf(await this.check(token, now));
  }

  /** As {@link verify}, with all that the token says of itself. */
  async inspect(token: string, now = new Date()): Promise<AccessTokenFacts> {
    const claims = await this.check(token, now);
    return {
      subject: subjectOf(claims),
      tokenId: claims.jti,
      issuedAt: new Date(claims.iat * 1000),
      expiresAt: new Date(claims.exp * 1000),
      issuer: claims.iss,
      audience: claims.aud,
    };
  }

  private async sign(
    subject: string,
    claims: Record<string, string>,
    ttlSeconds: number,
    now: Date,
  ): Promise<IssuedAccessToken> {
    await this.store.refresh();
    const { issuer, audience } = this;
    const jti = newId();
    const token = signJwt(this.store.keys.current, {
      typ: ACCESS_TOKEN_TYPE,
      issuer,
      audience,
      subject,
      jti,
      issuedAt: now,
      ttlSeconds,
      claims,
    });
    return { token, expiresInSeconds: ttlSeconds };
  }

  private async check(token: string, now: Date): Promise<JwtClaims> {
    await this.store.refresh();
    try {
      return await this.verifier.verify(token, now);
    } catch (error) {
      if (!(error instanceof JwtError) || error.fault !== 'unknown_key') throw error;
      await this.store.lookAgain();
      return this.verifier.verify(token, now);
    }
  }
}

function subjectOf({ sub, jti, sid, client_id: clientId, scope }: JwtClaims): SessionSubject | ClientSubject {
  if (typeof sid === 'string') return { kind: 'session', userId: sub, sessionId: sid };
  if (typeof clientId !== 'string' || typeof scope !== 'string') throw new JwtError('claims');
  const scopes = scope.split(' ').filter((name) => name !== '');
  return { kind: 'client', serviceAccountId: sub, clientId, tokenId: jti, scopes };
}
