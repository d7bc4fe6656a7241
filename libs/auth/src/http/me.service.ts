import { Injectable } from '@nestjs/common';
import { isId, notFound } from '#libs/common';
import { Graph } from '#libs/graph';
import type { Page, PageQueryDto } from '#libs/http';
import { unauthenticated } from '../auth-problems.js';
import { Permission, User } from '../model/identity.vertex.js';
import { type AuthContext, currentAuth } from '../principal/auth-context.js';
import { Principals } from '../principal/principals.js';
import { SessionPages } from '../session/session-pages.js';
import { SessionsService } from '../session/sessions.service.js';
import { type MeResponseDto, type SessionResponseDto, toMeResponse, toSessionResponse } from './me.dto.js';

const ALL_PERMISSIONS = 1000;

/** What callers may know and do about themselves. */
@Injectable()
export class MeService {
  constructor(
    private readonly principals: Principals,
    private readonly sessions: SessionsService,
    private readonly graph: Graph,
    private readonly sessionPages: SessionPages,
  ) {}

  /** @throws DomainError `not_found` for an organization that does not exist or in which the caller may do nothing */
  async get(organization: string | undefined): Promise<MeResponseDto> {
    const auth = requireAuth();
    if (organization === undefined) return this.describe(auth);
    const there = await this.principals.resolve(auth.subject, { organization });
    if (!there?.organizationId || !there.hasAccess) throw notFound(`The organization "${organization}"`);
    return this.describe(there);
  }

  async listSessions(query: PageQueryDto): Promise<Page<SessionResponseDto>> {
    const { user, sessionId } = requireAuth();
    return this.sessionPages.read(user.id, query, (session) => toSessionResponse(session, sessionId));
  }

  async endSession(id: string): Promise<void> {
    const { user } = requireAuth();
    if (!isId(id)) throw notFound('The session');
    await this.sessions.end(user.id, id, 'revoked');
  }

  private async describe(auth: AuthContext): Promise<MeResponseDto> {
    const { kind, id } = auth.principal;
    const user = kind === 'user' ? await this.graph.read.find(User, { id }) : undefined;
    return toMeResponse(auth, { permissions: await this.permissionsOf(auth), avatar: user?.avatar ?? null });
  }

  private async permissionsOf(auth: AuthContext): Promise<Iterable<string>> {
    if (!auth.isAdmin) return auth.permissions;
    const { items } = await this.graph.read.list(Permission, { limit: ALL_PERMISSIONS });
    return items.map((permission) => permission.name);
  }
}

function requireAuth(): AuthContext {
  const auth = currentAuth();
  if (!auth) throw unauthenticated();
  return auth;
}
