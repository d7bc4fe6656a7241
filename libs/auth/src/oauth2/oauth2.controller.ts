import { Body, Controller, Get, Header, HttpCode, Post, Req } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Consumes, NoIdempotencyStore, OAuthErrors, Public } from '#libs/http';
import type { OAuthForm } from './client-secret.js';
import { ClientTokens } from './client-tokens.service.js';
import {
  AuthorizationServerDto,
  ClientTokenDto,
  TokenFormDto,
  TokenIntrospectionDto,
  TokenRequestDto,
  TokenRevocationDto,
} from './oauth2.dto.js';
import { ServerMetadata } from './server-metadata.service.js';

const FORM = 'application/x-www-form-urlencoded';

@ApiTags('OAuth 2.0')
@Controller('auth')
export class OAuth2Controller {
  constructor(private readonly tokens: ClientTokens) {}

  /**
   * Gives a client of a service account an access token.
   *
   * @remarks The client credentials grant of RFC 6749, section 4.4. The client shows itself by HTTP Basic or in the form.
   * Errors have the members of section 5.2 besides those of a problem document.
   */
  @Post('token')
  @HttpCode(200)
  @Public()
  @Consumes(FORM)
  @OAuthErrors()
  @NoIdempotencyStore()
  @Header('pragma', 'no-cache')
  @ApiConsumes(FORM)
  @ApiBody({ type: TokenRequestDto })
  @ApiOkResponse({ type: ClientTokenDto, description: 'The token.' })
  issueClientToken(@Req() request: FastifyRequest, @Body() form: OAuthForm = {}): Promise<ClientTokenDto> {
    return this.tokens.issue(request.headers.authorization, form);
  }

  /**
   * Takes an access token of the client back.
   *
   * @remarks RFC 7009. It is refused from the next request on, on every server. A token that is over, or was none, is
   * answered as one that was taken back; somebody else’s is 400 `unauthorized_client`.
   */
  @Post('revoke')
  @HttpCode(200)
  @Public()
  @Consumes(FORM)
  @OAuthErrors()
  @NoIdempotencyStore()
  @ApiConsumes(FORM)
  @ApiBody({ type: TokenFormDto })
  @ApiOkResponse({ type: TokenRevocationDto, description: 'The token is good for nothing.' })
  revokeClientToken(@Req() request: FastifyRequest, @Body() form: OAuthForm = {}): Promise<TokenRevocationDto> {
    return this.tokens.revoke(request.headers.authorization, form);
  }

  /**
   * Tells what a token or API key is good for.
   *
   * @remarks RFC 7662. A client is told about its own tokens, and with the scope `token:introspect`, where its account
   * holds that permission, about all. Of others it is told what it is told of a token that is no good: `active: false`.
   */
  @Post('introspect')
  @HttpCode(200)
  @Public()
  @Consumes(FORM)
  @OAuthErrors()
  @NoIdempotencyStore()
  @ApiConsumes(FORM)
  @ApiBody({ type: TokenFormDto })
  @ApiOkResponse({ type: TokenIntrospectionDto, description: 'What there is to tell.' })
  introspectToken(@Req() request: FastifyRequest, @Body() form: OAuthForm = {}): Promise<TokenIntrospectionDto> {
    return this.tokens.introspect(request.headers.authorization, form);
  }
}

@ApiTags('OAuth 2.0')
@Controller('.well-known')
export class AuthorizationServerController {
  constructor(private readonly metadata: ServerMetadata) {}

  /**
   * Tells clients where everything is.
   *
   * @remarks RFC 8414.
   */
  @Get('oauth-authorization-server')
  @Public()
  @Header('cache-control', 'public, max-age=60')
  getAuthorizationServer(@Req() request: FastifyRequest): Promise<AuthorizationServerDto> {
    return this.metadata.describe(request);
  }
}
