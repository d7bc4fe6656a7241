import { Injectable } from '@nestjs/common';
import type { OpenedSession } from '../session/sessions.service.js';
import { AccessTokens } from '../token/access-tokens.js';
import type { TokenResponseDto } from './auth.dto.js';

/** What whoever signs in is answered, however they did. */
@Injectable()
export class SessionTokens {
  constructor(private readonly tokens: AccessTokens) {}

  async answer(session: OpenedSession, now = new Date()): Promise<TokenResponseDto> {
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
