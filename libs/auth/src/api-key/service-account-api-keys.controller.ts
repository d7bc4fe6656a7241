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
import { Owners } from '../credential/owners.service.js';
import {
  ApiKeyCreateDto,
  ApiKeyPageDto,
  ApiKeyResponseDto,
  ApiKeyRotateDto,
  ApiKeySecretDto,
  ApiKeyWriteDto,
} from './api-key.dto.js';
import { API_KEY_LIST, ApiKeys } from './api-keys.service.js';

@ApiTags('Service accounts')
@Controller('service-accounts/:slug/api-keys')
export class ServiceAccountApiKeysController {
  constructor(
    private readonly keys: ApiKeys,
    private readonly owners: Owners,
  ) {}

  /**
   * Lists the API keys of a service account.
   *
   * @remarks The newest first; those that were revoked or have ended too, for ninety days.
   */
  @Get()
  @RequirePermission('service-account:read')
  @AuditRead('service_account.api_key.list', 'ServiceAccount', 'slug')
  @Paged(API_KEY_LIST)
  listServiceAccountApiKeys(@Param('slug') slug: string, @Query() query: PageQueryDto): Promise<ApiKeyPageDto> {
    return this.keys.list((reader) => this.owners.serviceAccount(reader, slug), query);
  }

  /**
   * Makes an API key for a service account.
   *
   * @remarks The key is shown this once. Its scopes are permissions that the account holds somewhere (422 `not_held`).
   * Users do this in person, with a fresh proof (403 `fresh_proof_required`); a service account does it within the scopes
   * and the life of its own key. Not for accounts that may do more than the caller (403 `beyond_own_powers`).
   */
  @Post()
  @RequirePermission('service-account:write')
  @RateLimit('key_creation')
  @SecretAnswer()
  @Location('/api/service-accounts/{slug}/api-keys/{key_id}')
  @VersionedResponse()
  createServiceAccountApiKey(@Param('slug') slug: string, @Body() body: ApiKeyCreateDto): Promise<ApiKeySecretDto> {
    return this.keys.create((tx) => this.owners.lockServiceAccount(tx, slug), body);
  }

  /**
   * Reads an API key of a service account.
   *
   * @remarks Without its secret.
   */
  @Get(':key')
  @RequirePermission('service-account:read')
  @VersionedResponse()
  getServiceAccountApiKey(@Param('slug') slug: string, @Param('key') key: string): Promise<ApiKeyResponseDto> {
    return this.keys.get((reader) => this.owners.serviceAccount(reader, slug), key);
  }

  /**
   * Changes parts of an API key of a service account, by a merge patch or a JSON patch.
   *
   * @remarks What lets it reach further, more scopes or a later end, needs a session that was opened only just now (403
   * `fresh_proof_required`). `requests_per_minute` is set by administrators.
   */
  @Patch(':key')
  @RequirePermission('service-account:write')
  @Patches(ApiKeyWriteDto)
  @VersionedResponse()
  updateServiceAccountApiKey(
    @Param('slug') slug: string,
    @Param('key') key: string,
    @PatchBody() patch: PatchDocument,
    @IfMatch() version: number | undefined,
  ): Promise<ApiKeyResponseDto> {
    return this.keys.patch((tx) => this.owners.lockServiceAccount(tx, slug), key, patch, { version });
  }

  /**
   * Gives an API key of a service account a new secret.
   *
   * @remarks Shown this once; the id stays. With `overlap_seconds` the former secret works that long besides. Asked as
   * much as making a key. (A service account’s key renews itself at `POST /me/api-keys/{key}/rotate`.)
   */
  @Post(':key/rotate')
  @HttpCode(200)
  @RequirePermission('service-account:write')
  @RateLimit('key_creation')
  @SecretAnswer()
  @VersionedResponse()
  rotateServiceAccountApiKey(
    @Param('slug') slug: string,
    @Param('key') key: string,
    @Body() body: ApiKeyRotateDto,
  ): Promise<ApiKeySecretDto> {
    return this.keys.rotate((tx) => this.owners.lockServiceAccount(tx, slug), key, body);
  }

  /**
   * Revokes an API key of a service account.
   *
   * @remarks It is refused from the next request on, on every server.
   */
  @Delete(':key')
  @HttpCode(204)
  @RequirePermission('service-account:write')
  revokeServiceAccountApiKey(@Param('slug') slug: string, @Param('key') key: string): Promise<void> {
    return this.keys.revoke((tx) => this.owners.lockServiceAccount(tx, slug), key);
  }
}
