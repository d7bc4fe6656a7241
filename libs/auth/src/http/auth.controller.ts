import { Body, Controller, Get, Header, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Authenticated, NoIdempotencyStore, Public, RateLimit } from '#libs/http';
import { JsonWebKeySetDto, LoginDto, LogoutDto, RefreshDto, TokenResponseDto } from './auth.dto.js';
import { AuthHttpService } from './auth-http.service.js';
import { WithoutSecondFactor } from './without-second-factor.decorator.js';

@ApiTags('Authentication')
@Controller('auth')
export class AuthController {
  constructor(private readonly auth: AuthHttpService) {}

  @Post('login')
  @HttpCode(200)
  @Public()
  @RateLimit('login')
  @NoIdempotencyStore()
  @ApiOperation({
    summary: 'Signs in with e-mail and password',
    description:
      'Opens a session and answers its tokens. To use Swagger UI, paste `access_token` into its Authorize dialog. ' +
      'Where the account has a second factor, `mfa_code` is needed too (401 `mfa_required`). ' +
      'Wrong e-mail and wrong password are answered alike; a user with too many sessions loses the oldest.',
  })
  @ApiOkResponse({ type: TokenResponseDto, description: 'The session is open.' })
  login(
    @Body() body: LoginDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponseDto> {
    return this.auth.login(body, request, reply);
  }

  @Post('refresh')
  @HttpCode(200)
  @Public()
  @RateLimit('refresh')
  @NoIdempotencyStore()
  @ApiOperation({
    summary: 'Renews the tokens of a session',
    description:
      'Exchanges the refresh token for a new pair. Each refresh token works once: bringing a spent one ends the ' +
      'session, save that the client that spent it may repeat the call for a few seconds and gets the same pair. ' +
      'Without one in the body, that of the cookie is taken, from the pages that may have it (403 `foreign_origin`).',
  })
  @ApiOkResponse({ type: TokenResponseDto, description: 'The new tokens.' })
  refresh(
    @Body() body: RefreshDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponseDto> {
    return this.auth.refresh(body, request, reply);
  }

  @Post('logout')
  @HttpCode(204)
  @Authenticated()
  @WithoutSecondFactor(true)
  @NoIdempotencyStore()
  @ApiOperation({
    summary: 'Signs out',
    description: 'Ends this session, or with `all_sessions` every session of the caller, at once and on every server.',
  })
  @ApiNoContentResponse({ description: 'The session has ended.' })
  logout(
    @Body() body: LogoutDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    return this.auth.logout(body, request, reply);
  }
}

@ApiTags('Authentication')
@Controller('.well-known')
export class WellKnownController {
  constructor(private readonly auth: AuthHttpService) {}

  @Get('jwks.json')
  @Public()
  @Header('cache-control', 'public, max-age=60')
  @ApiOperation({
    summary: 'Reads the public keys of access tokens',
    description:
      'For services that verify access tokens themselves (RFC 7517). A key is listed for as long as it verifies.',
  })
  @ApiOkResponse({ type: JsonWebKeySetDto, description: 'The keys in force.' })
  getJsonWebKeySet(): Promise<JsonWebKeySetDto> {
    return this.auth.keys();
  }
}
