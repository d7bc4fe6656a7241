import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  IfMatch,
  Location,
  Paged,
  PageQueryDto,
  PatchBody,
  type PatchDocument,
  Patches,
  RateLimit,
  RequirePermission,
  SecretAnswer,
  VersionedResponse,
} from '#libs/http';
import { AuditRead } from '../audit/audit-read.decorator.js';
import {
  ClientCreateDto,
  ClientPageDto,
  ClientResponseDto,
  ClientRotateDto,
  ClientSecretDto,
  ClientWriteDto,
} from './client.dto.js';
import { CLIENT_LIST, Clients } from './clients.service.js';

@ApiTags('Service accounts')
@Controller('service-accounts/:slug/clients')
export class ClientsController {
  constructor(private readonly clients: Clients) {}

  /**
   * Lists the OAuth 2.0 clients of a service account.
   *
   * @remarks The newest first; those that were revoked or have ended too, for ninety days.
   */
  @Get()
  @RequirePermission('service-account:read')
  @AuditRead('service_account.client.list', 'ServiceAccount', 'slug')
  @Paged(CLIENT_LIST)
  listServiceAccountClients(@Param('slug') slug: string, @Query() query: PageQueryDto): Promise<ClientPageDto> {
    return this.clients.list(slug, query);
  }

  /**
   * Makes an OAuth 2.0 client for a service account.
   *
   * @remarks The secret is shown this once; with it the client asks for tokens at `POST /api/auth/token`. Asked as much as
   * making an API key: scopes that the account holds somewhere (422 `not_held`), a fresh proof (403
   * `fresh_proof_required`), and no account that may do more than the caller (403 `beyond_own_powers`).
   */
  @Post()
  @RequirePermission('service-account:write')
  @RateLimit('key_creation')
  @SecretAnswer()
  @Location('/api/service-accounts/{slug}/clients/{client_id}')
  @VersionedResponse()
  createServiceAccountClient(@Param('slug') slug: string, @Body() body: ClientCreateDto): Promise<ClientSecretDto> {
    return this.clients.create(slug, body);
  }

  /**
   * Reads an OAuth 2.0 client of a service account.
   *
   * @remarks Without its secret.
   */
  @Get(':client')
  @RequirePermission('service-account:read')
  @VersionedResponse()
  getServiceAccountClient(@Param('slug') slug: string, @Param('client') client: string): Promise<ClientResponseDto> {
    return this.clients.get(slug, client);
  }

  /**
   * Changes parts of an OAuth 2.0 client, by a merge patch or a JSON patch.
   *
   * @remarks Tokens that were given out lose at once what is taken from the client, and gain nothing. What lets it reach
   * further needs a session that was opened only just now (403 `fresh_proof_required`).
   */
  @Patch(':client')
  @RequirePermission('service-account:write')
  @Patches(ClientWriteDto)
  @VersionedResponse()
  updateServiceAccountClient(
    @Param('slug') slug: string,
    @Param('client') client: string,
    @PatchBody() patch: PatchDocument,
    @IfMatch() version: number | undefined,
  ): Promise<ClientResponseDto> {
    return this.clients.patch(slug, client, patch, { version });
  }

  /**
   * Gives an OAuth 2.0 client a new secret.
   *
   * @remarks Shown this once; the id stays, and tokens that were given out go on. With `overlap_seconds` the former secret
   * works that long besides.
   */
  @Post(':client/rotate')
  @HttpCode(200)
  @RequirePermission('service-account:write')
  @RateLimit('key_creation')
  @SecretAnswer()
  @VersionedResponse()
  rotateServiceAccountClient(
    @Param('slug') slug: string,
    @Param('client') client: string,
    @Body() body: ClientRotateDto,
  ): Promise<ClientSecretDto> {
    return this.clients.rotate(slug, client, body);
  }

  /**
   * Revokes an OAuth 2.0 client.
   *
   * @remarks Neither it nor its tokens are let in from the next request on, on every server.
   */
  @Delete(':client')
  @HttpCode(204)
  @RequirePermission('service-account:write')
  revokeServiceAccountClient(@Param('slug') slug: string, @Param('client') client: string): Promise<void> {
    return this.clients.revoke(slug, client);
  }
}
