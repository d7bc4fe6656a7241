import { Injectable } from '@nestjs/common';
import { isId, type JsonScalar, notFound } from '#libs/common';
import { Graph, type KeysetPosition } from '#libs/graph';
import { invalidParameters, type ListDefinition, type Page, type PageQueryDto, Pages } from '#libs/http';
import { unauthenticated } from '../auth-problems.js';
import { Permission } from '../model/identity.vertex.js';
import { type AuthContext, currentAuth } from '../principal/auth-context.js';
import { Principals } from '../principal/principals.js';
import { SessionsService } from '../session/sessions.service.js';
import { type MeResponseDto, type SessionResponseDto, toMeResponse, toSessionResponse } from './me.dto.js';

export const SESSION_LIST: ListDefinition = { sortable: ['created_at'], defaultSort: '-created_at', filterable: {} };

const ALL_PERMISSIONS = 1000;

/** What callers may know and do about themselves. */
@Injectable()
export class MeService {
  constructor(
    private readonly principals: Principals,
    private readonly sessions: SessionsService,
    private readonly graph: Graph,
    private readonly pages: Pages,
  ) {}

  /** @throws DomainError `not_found` for an organization that does not exist or in which the caller may do nothing */
  async get(organization: string | undefined): Promise<MeResponseDto> {
    const auth = requireAuth();
    if (organization === undefined) return toMeResponse(auth, await this.permissionsOf(auth));
    const there = await this.principals.resolve({ userId: auth.user.id, sessionId: auth.sessionId, organization });
    if (!there?.organizationId || !there.hasAccess) throw notFound(`The organization "${organization}"`);
    return toMeResponse(there, await this.permissionsOf(there));
  }

  async listSessions(query: PageQueryDto): Promise<Page<SessionResponseDto>> {
    const { user, sessionId } = requireAuth();
    const request = this.pages.read(`sessions of ${user.id}`, query, SESSION_LIST);
    const direction = request.sort[0]?.direction ?? 'desc';
    const { items, total } = await this.sessions.page(user.id, {
      direction,
      after: toPosition(request.after),
      limit: request.limit + 1,
      count: request.count,
    });
    return this.pages.answer(request, items, {
      item: (session) => toSessionResponse(session, sessionId),
      position: (session) => [session.created_at, session.id],
      total,
    });
  }

  async endSession(id: string): Promise<void> {
    const { user } = requireAuth();
    if (!isId(id)) throw notFound('The session');
    await this.sessions.end(user.id, id, 'revoked');
  }

  private async permissionsOf(auth: AuthContext): Promise<Iterable<string>> {
    if (!auth.user.isAdmin) return auth.permissions;
    const { items } = await this.graph.read.list(Permission, { limit: ALL_PERMISSIONS });
    return items.map((permission) => permission.name);
  }
}

function requireAuth(): AuthContext {
  const auth = currentAuth();
  if (!auth) throw unauthenticated();
  return auth;
}

function toPosition(after: readonly JsonScalar[] | undefined): KeysetPosition | undefined {
  if (!after) return undefined;
  const [createdAt, id] = after;
  if (typeof createdAt === 'string' && typeof id === 'string') return { values: [createdAt], id };
  const message = 'The cursor is of an older version of this list; start again without it.';
  throw invalidParameters([{ pointer: '/cursor', message, code: 'malformed_cursor' }]);
}
