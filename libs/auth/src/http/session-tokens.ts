import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { OpenedSession } from '../session/sessions.service.js';
import { AccessTokens } from '../token/access-tokens.js';
import type { TokenResponseDto } from './auth.dto.js';
import { RefreshCookie } from './refresh-cookie.js';

/** What whoever signs in is answered, however they did. */
@Injectable()
export class SessionTokens {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly cookie: RefreshCookie,
  ) {}

  /** @param cookieTo the answer that gets the refresh token as a cookie, where its body shall not have it */
  async answer(session: OpenedSession, cookieTo?: FastifyReply, now = new Date()): Promise<TokenResponseDto> {
    const { token, expiresInSeconds } = await this.tokens.issue(session, now);
    const { refreshToken, refreshExpiresAt, sessionId } = session;
    const refreshSeconds = Math.max(0, Math.floor((refreshExpiresAt.getTime() - now.getTime()) / 1000));
    if (cookieTo) this.cookie.set(cookieTo, refreshToken, refreshSeconds);
    return {
      access_token: token,
      token_type: 'Bearer',
      expires_in: expiresInSeconds,
      ...(cookieTo ? {} : { refresh_token: refreshToken }),
      refresh_expires_in: refreshSeconds,
      session_id: sessionId,
    };
  }
}
