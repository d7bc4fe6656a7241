import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import passport from 'passport';
import { JwtError } from '#libs/crypto';
import { ApiKeyCodec } from '../api-key/api-key-codec.js';
import type { CredentialSubject } from '../principal/credential-subject.js';
import { AccessTokens } from '../token/access-tokens.js';

// RFC 6750. Anchored and without overlapping repetitions: the pattern of passport-jwt takes 160 ms for a 16 KB header.
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/**
 * Passport strategy for access tokens and API keys in the Authorization header, and nowhere else: not in the query, the body or a
 * cookie. It behaves as passport-jwt, but verifies by {@link AccessTokens}, which pins everything and remembers good
 * signatures.
 */
@Injectable()
export class BearerStrategy extends passport.Strategy {
  override readonly name = 'bearer';

  constructor(
    private readonly tokens: AccessTokens,
    private readonly keys: ApiKeyCodec,
  ) {
    super();
  }

  override authenticate(
    this: passport.StrategyCreated<this>,
    request: { readonly headers: IncomingHttpHeaders },
  ): Promise<void> {
    return this.subjectOf(request.headers.authorization).then(
      (outcome) => ('fault' in outcome ? this.fail(outcome.fault, 401) : this.success(outcome)),
      (error: unknown) => this.error(error),
    );
  }

  /** The subject of an Authorization header, or why there is none. */
  async subjectOf(header: string | undefined): Promise<CredentialSubject | { readonly fault: string }> {
    const token = header === undefined ? undefined : BEARER.exec(header)?.[1];
    if (token === undefined) return { fault: 'no_token' };
    if (this.keys.isKey(token)) return this.keys.read(token) ?? { fault: 'malformed_key' };
    try {
      return await this.tokens.verify(token);
    } catch (error) {
      if (error instanceof JwtError) return { fault: error.fault };
      throw error;
    }
  }
}
