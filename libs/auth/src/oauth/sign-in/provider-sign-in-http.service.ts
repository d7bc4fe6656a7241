import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { JsonScalar } from '#libs/common';
import { type ListDefinition, type ListRequest, type Page, type PageQueryDto, Pages } from '#libs/http';
import type { TokenResponseDto } from '../../http/auth.dto.js';
import { RefreshCookie } from '../../http/refresh-cookie.js';
import { SessionTokens } from '../../http/session-tokens.js';
import { currentClient } from '../../session/client.js';
import { ProviderRegistry, type SignInProvider } from '../provider/provider-registry.js';
import { BrowserCookie } from './browser-cookie.js';
import { CodeExchange } from './code-exchange.service.js';
import { ProviderSignIn } from './provider-sign-in.service.js';
import type { ReturnQueryDto, SignInProviderDto, TokenExchangeDto } from './sign-in.dto.js';

export const SIGN_IN_PROVIDER_LIST: ListDefinition = { sortable: ['name'], defaultSort: 'name', filterable: {} };

/** Signing in with a provider in terms of requests, cookies and redirects. */
@Injectable()
export class ProviderSignInHttp {
  constructor(
    private readonly registry: ProviderRegistry,
    private readonly signIn: ProviderSignIn,
    private readonly exchanges: CodeExchange,
    private readonly cookie: BrowserCookie,
    private readonly refreshCookie: RefreshCookie,
    private readonly tokens: SessionTokens,
    private readonly pages: Pages,
  ) {}

  async list(query: PageQueryDto): Promise<Page<SignInProviderDto>> {
    const request = this.pages.read('sign-in providers', query, SIGN_IN_PROVIDER_LIST);
    const providers = await this.registry.list();
    const position = (provider: SignInProvider) => positionOf(request, provider);
    const { after } = request;
    const rows = [...providers]
      .sort((left, right) => compare(request, position(left), position(right)))
      .filter((provider) => !after || compare(request, position(provider), after) > 0);
    return this.pages.answer(request, rows.slice(0, request.limit + 1), {
      item: toSignInProvider,
      position,
      total: request.count ? providers.length : undefined,
    });
  }

  async start(slug: string, query: ReturnQueryDto, request: FastifyRequest, reply: FastifyReply) {
    const browser = this.cookie.ensure(request, reply);
    return redirectTo(await this.signIn.start({ slug, returnTo: query.return_to, browser }));
  }

  async finish(slug: string, request: FastifyRequest) {
    // As it was sent: what a provider adds of its own is no fault, and a parameter sent twice must be seen.
    const { searchParams } = new URL(request.url, 'http://localhost');
    return redirectTo(await this.signIn.finish(slug, searchParams, this.cookie.read(request)));
  }

  async exchange(body: TokenExchangeDto, request: FastifyRequest, reply: FastifyReply): Promise<TokenResponseDto> {
    if (body.refresh_cookie) this.refreshCookie.assertOwnOrigin(request);
    const browser = this.cookie.read(request);
    const given = { code: body.code, browser, secondFactorCode: body.mfa_code };
    const session = await this.exchanges.exchange(given, currentClient(body.device_label));
    this.cookie.clear(reply);
    return this.tokens.answer(session, body.refresh_cookie ? reply : undefined);
  }
}

type Order = Pick<ListRequest, 'sort'>;

function positionOf({ sort }: Order, { id, name }: SignInProvider): string[] {
  return sort.map(({ field }) => (field === 'name' ? name : id));
}

function compare({ sort }: Order, left: readonly JsonScalar[], right: readonly JsonScalar[]): number {
  for (const [index, { direction }] of sort.entries()) {
    const [one, other] = [String(left[index]), String(right[index])];
    if (one !== other) return one < other === (direction === 'asc') ? -1 : 1;
  }
  return 0;
}

function redirectTo(url: string) {
  return { url, statusCode: 302 };
}

function toSignInProvider({ slug, name, type, icon }: SignInProvider): SignInProviderDto {
  return { slug, name, type, icon, start_url: `/api/auth/providers/${slug}/start` };
}
