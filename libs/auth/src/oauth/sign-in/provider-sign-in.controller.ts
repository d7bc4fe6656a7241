import { Body, Controller, Get, HttpCode, Param, Post, Query, Redirect, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { NoIdempotencyStore, Paged, PageQueryDto, Public, RateLimit } from '#libs/http';
import { TokenResponseDto } from '../../http/auth.dto.js';
import { ProviderSignInHttp, SIGN_IN_PROVIDER_LIST } from './provider-sign-in-http.service.js';
import { ReturnQueryDto, SignInProviderPageDto, TokenExchangeDto } from './sign-in.dto.js';

/** Where Nest is to send the browser. */
interface RedirectTo {
  readonly url: string;
  readonly statusCode: number;
}

@ApiTags('Authentication')
@Controller('auth')
export class ProviderSignInController {
  constructor(private readonly signIn: ProviderSignInHttp) {}

  /**
   * Lists the providers that users may sign in with.
   *
   * @remarks For sign-in pages: the enabled ones, by name, without anything secret. A change of them shows at once.
   */
  @Get('providers')
  @Public()
  @Paged(SIGN_IN_PROVIDER_LIST)
  listSignInProviders(@Query() query: PageQueryDto): Promise<SignInProviderPageDto> {
    return this.signIn.list(query);
  }

  /**
   * Sends the browser to a provider to sign in.
   *
   * @remarks To be opened by a browser, not fetched. It sets a cookie that ties the sign-in to the browser for ten
   * minutes. Afterwards the browser is at `return_to`, with either `code`, to be exchanged at `/api/auth/token-exchange`,
   * or `error`, the code of a problem.
   */
  @Get('providers/:slug/start')
  @Public()
  @RateLimit('provider_start')
  @Redirect()
  @ApiResponse({ status: 302, description: 'To the provider.' })
  startProviderSignIn(
    @Param('slug') slug: string,
    @Query() query: ReturnQueryDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RedirectTo> {
    return this.signIn.start(slug, query, request, reply);
  }

  /**
   * Takes the browser back from a provider.
   *
   * @remarks The redirect address to register at the provider. `state` works once, in the browser that began, for ten
   * minutes; else 400 `sign_in_expired`. Anything else that goes wrong is told to `return_to`, as `error`.
   */
  @Get('providers/:slug/callback')
  @Public()
  @Redirect()
  @ApiQuery({ name: 'state', required: false, description: 'What the provider was sent, unchanged.' })
  @ApiQuery({ name: 'code', required: false, description: 'What the provider gives, where it lets the user in.' })
  @ApiQuery({ name: 'iss', required: false, description: 'The issuer of the provider (RFC 9207).' })
  @ApiQuery({ name: 'error', required: false, description: 'Why the provider does not let the user in.' })
  @ApiResponse({ status: 302, description: 'To `return_to`, with `code`, `linked` or `error`.' })
  finishProviderSignIn(@Param('slug') slug: string, @Req() request: FastifyRequest): Promise<RedirectTo> {
    return this.signIn.finish(slug, request);
  }

  /**
   * Exchanges the code of a provider sign-in for tokens.
   *
   * @remarks The same answer as that of `/api/auth/login`. The code works once, for a minute, and only with the cookie of
   * the browser that began. Users with a second factor are asked for it, unless the provider says that it has been; then
   * the code may be brought again, with `mfa_code`, within five minutes.
   */
  @Post('token-exchange')
  @HttpCode(200)
  @Public()
  @RateLimit('login')
  @NoIdempotencyStore()
  @ApiOkResponse({ type: TokenResponseDto, description: 'The session is open.' })
  exchangeSignInCode(
    @Body() body: TokenExchangeDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponseDto> {
    return this.signIn.exchange(body, request, reply);
  }
}
