import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  IfMatch,
  Location,
  NoIdempotencyStore,
  Paged,
  PageQueryDto,
  PatchBody,
  type PatchDocument,
  Patches,
  RequirePermission,
  VersionedResponse,
} from '#libs/http';
import { OAuthProviderPageDto, OAuthProviderResponseDto, OAuthProviderWriteDto } from './oauth-provider.dto.js';
import { OAUTH_PROVIDER_LIST, OAuthProvidersService } from './oauth-providers.service.js';

@ApiTags('Sign-in providers')
@Controller('admin/oauth-providers')
export class OAuthProvidersController {
  constructor(private readonly providers: OAuthProvidersService) {}

  /**
   * Lists the sign-in providers, those that are switched off too.
   *
   * @remarks Sorted by name unless `sort` says otherwise.
   */
  @Get()
  @RequirePermission('oauth-providers:read')
  @Paged(OAUTH_PROVIDER_LIST)
  listOAuthProviders(@Query() query: PageQueryDto): Promise<OAuthProviderPageDto> {
    return this.providers.list(query);
  }

  /**
   * Creates a sign-in provider.
   *
   * @remarks Register the `callback_url` of the answer at the provider. The slug must be free (409 `already_exists`), and
   * the issuer at a public HTTPS address (422). Users can sign in with it at once, on every server.
   */
  @Post()
  @RequirePermission('oauth-providers:write')
  @NoIdempotencyStore()
  @Location('/api/admin/oauth-providers/{slug}')
  @VersionedResponse()
  createOAuthProvider(@Body() body: OAuthProviderWriteDto): Promise<OAuthProviderResponseDto> {
    return this.providers.create(body);
  }

  /**
   * Reads a sign-in provider.
   *
   * @remarks Its secret is never answered; `has_secret` says whether there is one.
   */
  @Get(':slug')
  @RequirePermission('oauth-providers:read')
  @VersionedResponse()
  getOAuthProvider(@Param('slug') slug: string): Promise<OAuthProviderResponseDto> {
    return this.providers.get(slug);
  }

  /**
   * Changes parts of a sign-in provider, by a merge patch or a JSON patch.
   *
   * @remarks It holds at once, on every server. Type and issuer stay while accounts of it are linked (409 `in_use`):
   * elsewhere the same account may be somebody else’s. Not what would leave no administrator a way in (409
   * `local_auth_needed`).
   */
  @Patch(':slug')
  @RequirePermission('oauth-providers:write')
  @Patches(OAuthProviderWriteDto)
  @VersionedResponse()
  updateOAuthProvider(
    @Param('slug') slug: string,
    @PatchBody() patch: PatchDocument,
    @IfMatch() version: number | undefined,
  ): Promise<OAuthProviderResponseDto> {
    return this.providers.patch(slug, patch, { version });
  }

  /**
   * Deletes a sign-in provider that no user has an account of.
   *
   * @remarks Else 409 `in_use`, with counts: switch it off instead.
   */
  @Delete(':slug')
  @HttpCode(204)
  @RequirePermission('oauth-providers:write')
  deleteOAuthProvider(@Param('slug') slug: string, @IfMatch() version: number | undefined): Promise<void> {
    return this.providers.delete(slug, { version });
  }
}
