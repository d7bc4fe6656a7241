import { Injectable } from '@nestjs/common';
import { unauthenticated } from '../auth-problems.js';
import { LoginService } from '../login/login.service.js';
import { LocalAuth } from '../oauth/local-auth/local-auth.service.js';
import { currentAuth } from '../principal/auth-context.js';
import { currentClient } from '../session/client.js';
import { RefreshService } from '../session/refresh.service.js';
import { SessionsService } from '../session/sessions.service.js';
import { SigningKeyStore } from '../token/signing-key-store.js';
import type { JsonWebKeySetDto, LoginDto, LogoutDto, RefreshDto, TokenResponseDto } from './auth.dto.js';
import { SessionTokens } from './session-tokens.js';

/** The authentication routes in terms of the services behind them. */
@Injectable()
export class AuthHttpService {
  constructor(
    private readonly logins: LoginService,
    private readonly localAuth: LocalAuth,
    private readonly refreshes: RefreshService,
    private readonly sessions: SessionsService,
    private readonly tokens: SessionTokens,
    private readonly signingKeys: SigningKeyStore,
  ) {}

  async login({ email, password, mfa_code, device_label }: LoginDto): Promise<TokenResponseDto> {
    await this.localAuth.assertEnabled();
    return this.tokens.answer(
      await this.logins.login({ email, password, mfaCode: mfa_code }, currentClient(device_label)),
    );
  }

  async refresh({ refresh_token }: RefreshDto): Promise<TokenResponseDto> {
    return this.tokens.answer(await this.refreshes.refresh(refresh_token, currentClient()));
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
}
