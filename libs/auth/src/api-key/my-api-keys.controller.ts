import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  Authenticated,
  IfMatch,
  Location,
  Paged,
  PageQueryDto,
  PatchBody,
  type PatchDocument,
  Patches,
  RateLimit,
  SecretAnswer,
  VersionedResponse,
} from '#libs/http';
import {
  ApiKeyCreateDto,
  ApiKeyPageDto,
  ApiKeyResponseDto,
  ApiKeyRotateDto,
  ApiKeySecretDto,
  ApiKeyWriteDto,
} from './api-key.dto.js';
import { API_KEY_LIST } from './api-keys.service.js';
import { MyApiKeys } from './my-api-keys.service.js';

@ApiTags('API keys')
@Controller('me/api-keys')
export class MyApiKeysController {
  constructor(private readonly keys: MyApiKeys) {}

  /**
   * Lists the caller’s API keys.
   *
   * @remarks The newest first; those that were revoked or have ended too, for ninety days. For users who signed in.
   */
  @Get()
  @Authenticated()
  @Paged(API_KEY_LIST)
  listMyApiKeys(@Query() query: PageQueryDto): Promise<ApiKeyPageDto> {
    return this.keys.list(query);
  }

  /**
   * Makes an API key for the caller.
   *
   * @remarks The key is shown this once. Its scopes are permissions that the caller holds somewhere (422 `not_held`). Only
   * for users who signed in (403 `interactive_session_required`), with a fresh proof (403 `fresh_proof_required`). The
   * caller is told by mail.
   */
  @Post()
  @Authenticated()
  @RateLimit('key_creation')
  @SecretAnswer()
  @Location('/api/me/api-keys/{key_id}')
  @VersionedResponse()
  createMyApiKey(@Body() body: ApiKeyCreateDto): Promise<ApiKeySecretDto> {
    return this.keys.create(body);
  }

  /**
   * Reads one of the caller’s API keys.
   *
   * @remarks Without its secret. A key may read itself.
   */
  @Get(':key')
  @Authenticated()
  @VersionedResponse()
  getMyApiKey(@Param('key') key: string): Promise<ApiKeyResponseDto> {
    return this.keys.get(key);
  }

  /**
   * Changes parts of an API key of the caller, by a merge patch or a JSON patch.
   *
   * @remarks What lets it reach further, more scopes or a later end, needs a session that was opened only just now (403
   * `fresh_proof_required`).
   */
  @Patch(':key')
  @Authenticated()
  @Patches(ApiKeyWriteDto)
  @VersionedResponse()
  updateMyApiKey(
    @Param('key') key: string,
    @PatchBody() patch: PatchDocument,
    @IfMatch() version: number | undefined,
  ): Promise<ApiKeyResponseDto> {
    return this.keys.patch(key, patch, { version });
  }

  /**
   * Gives an API key of the caller a new secret.
   *
   * @remarks Shown this once; the id stays. With `overlap_seconds` the former secret works that long besides. Needs a
   * fresh proof (403 `fresh_proof_required`); only a service account’s key may do this by itself, to itself.
   */
  @Post(':key/rotate')
  @HttpCode(200)
  @Authenticated()
  @RateLimit('key_creation')
  @SecretAnswer()
  @VersionedResponse()
  rotateMyApiKey(@Param('key') key: string, @Body() body: ApiKeyRotateDto): Promise<ApiKeySecretDto> {
    return this.keys.rotate(key, body);
  }

  /**
   * Revokes an API key of the caller.
   *
   * @remarks It is refused from the next request on, on every server. A key may revoke itself.
   */
  @Delete(':key')
  @HttpCode(204)
  @Authenticated()
  revokeMyApiKey(@Param('key') key: string): Promise<void> {
    return this.keys.revoke(key);
  }
}
