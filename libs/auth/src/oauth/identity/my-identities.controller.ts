import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Authenticated, NoIdempotencyStore, Paged, PageQueryDto, RateLimit } from '#libs/http';
import { IdentityLinkAddressDto, IdentityLinkDto, IdentityPageDto } from './identity.dto.js';
import { IDENTITY_LIST, MyIdentities } from './my-identities.service.js';

@ApiTags('Me')
@Controller('me/identities')
export class MyIdentitiesController {
  constructor(private readonly identities: MyIdentities) {}

  /**
   * Lists the caller’s accounts at providers.
   *
   * @remarks The ones to sign in with, in the order they were linked.
   */
  @Get()
  @Authenticated()
  @Paged(IDENTITY_LIST)
  listMyIdentities(@Query() query: PageQueryDto): Promise<IdentityPageDto> {
    return this.identities.list(query);
  }

  /**
   * Begins to link an account at a provider to the caller.
   *
   * @remarks Answers where the browser goes; afterwards it is at `return_to`, with `linked` (the provider’s slug) or
   * `error`. Only for users who signed in within the last fifteen minutes (403 `fresh_sign_in_required`). A page calls it
   * with credentials included, for the cookie that ties the link to the browser.
   */
  @Post(':provider/link')
  @HttpCode(200)
  @Authenticated()
  @RateLimit('provider_start')
  @NoIdempotencyStore()
  linkMyIdentity(
    @Param('provider') provider: string,
    @Body() body: IdentityLinkDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<IdentityLinkAddressDto> {
    return this.identities.link(provider, body, request, reply);
  }

  /**
   * Unlinks an account at a provider from the caller.
   *
   * @remarks Never the last way in (409 `last_sign_in_method`), and only within fifteen minutes after signing in (403
   * `fresh_sign_in_required`).
   */
  @Delete(':id')
  @HttpCode(204)
  @Authenticated()
  unlinkMyIdentity(@Param('id') id: string): Promise<void> {
    return this.identities.unlink(id);
  }
}
