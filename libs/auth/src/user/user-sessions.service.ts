import { Injectable } from '@nestjs/common';
import { isId, notFound } from '#libs/common';
import { Graph } from '#libs/graph';
import type { Page, PageQueryDto } from '#libs/http';
import { type SessionResponseDto, toSessionResponse } from '../http/me.dto.js';
import { User } from '../model/identity.vertex.js';
import { ActorPowers } from '../permission/actor-powers.js';
import { currentAuth } from '../principal/auth-context.js';
import { SessionPages } from '../session/session-pages.js';
import { SessionsService } from '../session/sessions.service.js';

/** The sessions of users as those see them who manage the users. */
@Injectable()
export class UserSessions {
  constructor(
    private readonly graph: Graph,
    private readonly pages: SessionPages,
    private readonly sessions: SessionsService,
    private readonly powers: ActorPowers,
  ) {}

  async list(userId: string, query: PageQueryDto): Promise<Page<SessionResponseDto>> {
    if (!isId(userId) || !(await this.graph.read.find(User, { id: userId }))) throw notFound('The user');
    const own = currentAuth()?.credential.id ?? '';
    return this.pages.read(userId, query, (session) => toSessionResponse(session, own));
  }

  /** @throws DomainError `not_found` where the user has no such session alive, `beyond_own_powers` */
  async end(userId: string, sessionId: string): Promise<void> {
    if (!isId(userId) || !isId(sessionId)) throw notFound('The session');
    await this.graph.transaction((tx) => this.powers.assertCoverPrincipal(tx, userId));
    await this.sessions.end(userId, sessionId, 'revoked');
  }
}
