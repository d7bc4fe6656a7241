import { Injectable } from '@nestjs/common';
import { unauthenticated } from '../auth-problems.js';
import { LoginService } from '../login/login.service.js';
import { currentAuth } from '../principal/auth-context.js';
import { currentClient } from '../session/client.js';
import { RefreshService } from '../session/refresh.service.js';
import { type OpenedSession, SessionsService } from '../session/sessions.service.js';
import { AccessTokens } from '../token/access-tokens.js';
import { SigningKeyStore } from '../token/signing-key-store.js';
import type { JsonWebKeySetDto, LoginDto, LogoutDto, RefreshDto, TokenResponseDto } from './auth.dto.js';

/** The authentication routes in terms of the services behind them. */
@Injectable()
export class AuthHttpService {
  constructor(
    private readonly logins: LoginService,
    private readonly refreshes: RefreshService,
    private readonly sessions: SessionsService,
    private readonly tokens: AccessTokens,
    private readonly signingKeys: SigningKeyStore,
  ) {}

  async login({ email, password, device_label }: LoginDto): Promise<TokenResponseDto> {
    return this.answer(await this.logins.login({ email, password }, currentClient(device_label)));
  }

  async refresh({ refresh_token }: RefreshDto): Promise<TokenResponseDto> {
    return this.answer(await this.refreshes.refresh(refresh_token, currentClient()));
  }

  async logout({ all_sessions }: LogoutDto): Promise<void> {
    const auth = currentAuth();
    if (!auth) throw unauthenticated();
    if (all_sessions) await this.sessions.endAll(auth.user.id, 'logout');
    else await this.sessions.end(auth.user.id, auth.sessionId, 'logout');
  }

  async keys(): Promise<JsonWebKeySetDto> {
    await this.signingKeys.refresh();
    return { keys: this.signingKeys.keys.jwks().keys.map((key) => ({ ...key, kty: String(key.kty) })) };
  }

  private async answer(session: OpenedSession): Promise<TokenResponseDto> {
    const now = new Date();
    const { token, expiresInSeconds } = await this.tokens.issue(session, now);
    return {
      access_token: token,
      token_type: 'Bearer',
      expires_in: expiresInSeconds,
      refresh_token: session.refreshToken,
      refresh_expires_in: Math.max(0, Math.floor((session.refreshExpiresAt.getTime() - now.getTime()) / 1000)),
      session_id: session.sessionId,
    };
  }
}
