import { Inject, Injectable } from '@nestjs/common';
import { newId } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';
import { type JwtClaims, JwtError, JwtVerifier, signJwt } from '#libs/crypto';
import { SigningKeyStore } from './signing-key-store.js';

export interface IssuedAccessToken {
  readonly token: string;
  readonly expiresInSeconds: number;
}

export interface AccessTokenSubject {
  readonly userId: string;
  readonly sessionId: string;
}

/** RFC 9068; a token made for anything else has another type. */
const ACCESS_TOKEN_TYPE = 'at+jwt';
const SCOPE = 'api';

/** Issues and checks access tokens. They prove who; whether the session is alive is asked of the database each time. */
@Injectable()
export class AccessTokens {
  private readonly issuer: string;
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

  async issue(subject: AccessTokenSubject, now = new Date()): Promise<IssuedAccessToken> {
    await this.store.refresh();
    const token = await signJwt(this.store.keys.current, {
      typ: ACCESS_TOKEN_TYPE,
      issuer: this.issuer,
      audience: this.audience,
      subject: subject.userId,
      jti: newId(),
      issuedAt: now,
      ttlSeconds: this.ttlSeconds,
      claims: { sid: subject.sessionId, scope: SCOPE },
    });
    return { token, expiresInSeconds: this.ttlSeconds };
  }

  /** @throws JwtError when the token must be refused */
  async verify(token: string, now = new Date()): Promise<AccessTokenSubject> {
    const claims = await this.check(token, now);
    const sessionId = claims['sid'];
    if (typeof sessionId !== 'string') throw new JwtError('claims');
    return { userId: claims.sub, sessionId };
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
