import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { invalid, isDomainError } from '#libs/common';
import { unauthenticated } from '../auth-problems.js';
import { LoginService } from '../login/login.service.js';
import { LocalAuth } from '../oauth/local-auth/local-auth.service.js';
import { currentAuth } from '../principal/auth-context.js';
import { currentClient } from '../session/client.js';
import { RefreshService } from '../session/refresh.service.js';
import { SessionsService } from '../session/sessions.service.js';
import { SigningKeyStore } from '../token/signing-key-store.js';
import type { JsonWebKeySetDto, LoginDto, LogoutDto, RefreshDto, TokenResponseDto } from './auth.dto.js';
import { RefreshCookie } from './refresh-cookie.js';
import { SessionTokens } from './session-tokens.js';

/** The authentication routes in terms of the services behind them. */
@Injectable()
export class AuthHttpService {
  constructor(
    private readonly logins: LoginService,
    private readonly localAuth: LocalAuth,
    private readonly refreshes: RefreshService,
    private readonly sessions: SessionsService,
    private readonly cookie: RefreshCookie,
    private readonly tokens: SessionTokens,
    private readonly signingKeys: SigningKeyStore,
  ) {}

  /** @throws DomainError `foreign_origin` where a cookie is asked for from elsewhere; and as {@link LoginService.login} */
  async login(
    { email, password, mfa_code, device_label, refresh_cookie }: LoginDto,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<TokenResponseDto> {
    if (refresh_cookie) this.cookie.assertOwnOrigin(request);
    await this.localAuth.assertEnabled();
    const client = currentClient(device_label);
    const session = await this.logins.login({ email, password, mfaCode: mfa_code }, client);
    return this.tokens.answer(session, refresh_cookie ? reply : undefined);
  }

  /** By the token in the body, else by the one in the cookie, whose successor is a cookie again. */
  async refresh(
    { refresh_token }: RefreshDto,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<TokenResponseDto> {
    if (refresh_token !== undefined) {
      return this.tokens.answer(await this.refreshes.refresh(refresh_token, currentClient()));
    }
    const token = this.cookie.read(request);
    if (token === undefined) throw missingRefreshToken();
    this.cookie.assertOwnOrigin(request);
    try {
      return await this.tokens.answer(await this.refreshes.refresh(token, currentClient()), reply);
    } catch (error) {
      // It is good for nothing any more; the next visit shall begin with signing in.
      if (isDomainError(error) && error.code === 'invalid_refresh_token') this.cookie.clear(reply);
      throw error;
    }
  }

  async logout({ all_sessions }: LogoutDto, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const auth = currentAuth();
    if (!auth) throw unauthenticated();
    if (this.cookie.read(request) !== undefined) this.cookie.clear(reply);
    if (all_sessions) await this.sessions.endAll(auth.user.id, 'logout');
    else await this.sessions.end(auth.user.id, auth.sessionId, 'logout');
  }

  async keys(): Promise<JsonWebKeySetDto> {
    await this.signingKeys.refresh();
    return { keys: this.signingKeys.keys.jwks().keys.map((key) => ({ ...key, kty: String(key.kty) })) };
  }
}

function missingRefreshToken(): Error {
  const message = 'There is none in the body, and no cookie.';
  return invalid([{ pointer: '/refresh_token', code: 'is_string', message }]);
}
