import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isId, notFound } from '#libs/common';
import { Graph } from '#libs/graph';
import {
  type ListDefinition,
  type Page,
  type PageQueryDto,
  Pages,
  toCursorPosition,
  toGraphOrder,
  toKeysetPosition,
} from '#libs/http';
import { recordAudit } from '../../audit/audit.js';
import { unauthenticated } from '../../auth-problems.js';
import { User } from '../../model/identity.vertex.js';
import { Session } from '../../model/session.vertex.js';
import { type AuthContext, currentAuth } from '../../principal/auth-context.js';
import { UsersRepository } from '../../user/users.repository.js';
import { assertSomebodyGetsIn, readLocalAuth } from '../local-auth/way-in.js';
import { OAuthIdentity, OAuthProvider } from '../model/oauth.vertex.js';
import { oauthProblem } from '../oauth-problems.js';
import type { ProviderVertex } from '../provider/provider-registry.js';
import { BrowserCookie } from '../sign-in/browser-cookie.js';
import { ProviderSignIn } from '../sign-in/provider-sign-in.service.js';
import { IdentitiesRepository, type IdentityVertex } from './identities.repository.js';
import type { IdentityLinkAddressDto, IdentityLinkDto, IdentityResponseDto } from './identity.dto.js';

export const IDENTITY_LIST: ListDefinition = { sortable: ['created_at'], defaultSort: 'created_at', filterable: {} };

/** A session this young was opened by somebody who has just proven who they are. */
const FRESH_MS = 15 * 60 * 1000;

/** The caller's own accounts at providers. */
@Injectable()
export class MyIdentities {
  constructor(
    private readonly graph: Graph,
    private readonly pages: Pages,
    private readonly identities: IdentitiesRepository,
    private readonly users: UsersRepository,
    private readonly signIn: ProviderSignIn,
    private readonly cookie: BrowserCookie,
  ) {}

  async list(query: PageQueryDto): Promise<Page<IdentityResponseDto>> {
    const { user } = requireAuth();
    const request = this.pages.read(`identities of ${user.id}`, query, IDENTITY_LIST);
    const where = { user_id: user.id };
    const { items } = await this.graph.read.list(OAuthIdentity, {
      where,
      order: toGraphOrder(request.sort),
      after: toKeysetPosition(request.after),
      limit: request.limit + 1,
    });
    const total = request.count ? await this.graph.read.count(OAuthIdentity, where) : undefined;
    const providers = await this.graph.read.findMany(
      OAuthProvider,
      items.map((identity) => identity.provider_id),
    );
    return this.pages.answer(request, items, {
      item: (identity) => toIdentityResponse(identity, providers.get(identity.provider_id)),
      position: (identity) => toCursorPosition(request.sort, identity),
      total,
    });
  }

  /** @throws DomainError `fresh_sign_in_required`, and what {@link ProviderSignIn.start} throws */
  async link(
    slug: string,
    { return_to }: IdentityLinkDto,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<IdentityLinkAddressDto> {
    const auth = requireAuth();
    await this.assertFresh(auth);
    const link = { userId: auth.user.id, sessionId: auth.sessionId };
    const browser = this.cookie.ensure(request, reply);
    return { authorization_url: await this.signIn.start({ slug, returnTo: return_to, browser, link }) };
  }

  /** @throws DomainError `not_found`, `fresh_sign_in_required`, `last_sign_in_method`, `local_auth_needed` */
  async unlink(id: string): Promise<void> {
    const auth = requireAuth();
    await this.assertFresh(auth);
    const { user } = auth;
    await this.graph.transaction(async (tx) => {
      // Two unlinked at once must not both count on the other.
      await tx.lock(User, user.id);
      const all = await this.identities.listOf(user.id, tx);
      const unlinked = isId(id) ? all.find((identity) => identity.id === id) : undefined;
      if (!unlinked) throw notFound('The identity');
      const others = all.filter((identity) => identity.id !== id).map(({ provider_id }) => provider_id);
      const providers = await tx.findMany(OAuthProvider, others);
      const hasOther = others.some((provider) => providers.get(provider)?.enabled);
      const hasPassword = (await this.users.withPassword([user.id], tx)).has(user.id);
      if (!hasOther && !(hasPassword && (await readLocalAuth(tx.transaction))))
        throw oauthProblem('last_sign_in_method');
      await this.identities.remove(tx, [id]);
      await assertSomebodyGetsIn(tx);
      recordAudit(tx.transaction, {
        action: 'user.identity.unlink',
        outcome: 'success',
        resourceKind: 'User',
        resourceId: user.id,
        detail: { identity_id: id, provider_id: unlinked.provider_id },
      });
    });
  }

  // A session that was found open, or stolen, must not be made into a way in that outlives it.
  private async assertFresh({ sessionId }: AuthContext): Promise<void> {
    const session = await this.graph.read.find(Session, { id: sessionId });
    if (!session || Date.parse(session.created_at) < Date.now() - FRESH_MS)
      throw oauthProblem('fresh_sign_in_required');
  }
}

function requireAuth(): AuthContext {
  const auth = currentAuth();
  if (!auth) throw unauthenticated();
  return auth;
}

function toIdentityResponse(identity: IdentityVertex, provider: ProviderVertex | undefined): IdentityResponseDto {
  const { id, email, last_signed_in_at, created_at } = identity;
  return {
    id,
    provider: provider?.slug ?? '',
    provider_name: provider?.name ?? '',
    is_enabled: provider?.enabled ?? false,
    email,
    last_signed_in_at,
    created_at,
  };
}
